//! `GET {prefix}/`: one's submissions.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use model::{Name, SubmissionId, UserName, Visibility};
use serde::Deserialize;
use store::{Filter, Page, PassbackState, Scope, StoreError};

use super::{
    error,
    render::{self, Frame},
    row::Row,
};
use crate::{
    api::{
        problem::ApiError,
        submissions::{Line, load},
    },
    app::App,
    extract::Staff,
    identity::Caller,
};

/// How many submissions a page holds.
const ROWS: u32 = 25;

#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    frame: Frame,
    rows: Vec<Row>,
    is_first: bool,
    /// The id after which the next page begins.
    older: Option<String>,
    /// The courses of this user's, as one of their staff, in which gradings have failed.
    failed: Vec<String>,
    /// Those in which grades did not reach the learning platform.
    undelivered: Vec<String>,
    /// All courses that this user looks after.
    courses: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    pub(super) before: Option<SubmissionId>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    staff: Option<Staff>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let before = match wanted {
        Ok(Query(wanted)) => wanted.before,
        Err(problem) => return error::page(&app, Some(&caller), ApiError::Query(problem.body_text())),
    };
    // One more than the page shows tells whether there is an older page.
    let lines = match load(&app, &caller.user, Page { before, limit: ROWS + 1 }).await {
        Ok(lines) => lines,
        Err(problem) => return error::page(&app, Some(&caller), problem),
    };
    let has_older = lines.len() > ROWS as usize;
    let lines = &lines[..lines.len().min(ROWS as usize)];
    let counting = match counting(&app, &caller.user, lines).await {
        Ok(counting) => counting,
        Err(problem) => return error::page(&app, Some(&caller), problem.into()),
    };
    let courses = staff.map(|staff| staff.courses(&app)).unwrap_or_default();
    let looked_at = if before.is_none() { courses.clone() } else { BTreeSet::new() };
    let (failed, undelivered) = match to_look_after(&app, looked_at).await {
        Ok(found) => found,
        Err(problem) => return error::page(&app, Some(&caller), problem.into()),
    };
    let older = lines.last().filter(|_| has_older).map(|line| line.submission.id.to_string());
    let rows = lines.iter().map(|line| Row::of(line, counting.contains(&line.submission.id))).collect();
    let index = Index {
        frame: Frame::of(&app, &caller),
        rows,
        is_first: before.is_none(),
        older,
        failed,
        undelivered,
        courses: courses.iter().map(ToString::to_string).collect(),
    };
    render::page(StatusCode::OK, &index)
}

/// The submissions that count for the assignments that these lines are about.
async fn counting(app: &App, user: &UserName, lines: &[Line]) -> Result<HashSet<SubmissionId>, StoreError> {
    let keys: BTreeSet<_> = lines.iter().map(|line| &line.submission.key).collect();
    let mut counting = HashSet::new();
    for key in keys {
        // Which one counts tells of hidden tests, too.
        if app.visibility(key) == Visibility::All {
            counting.extend(app.store.grade(user, key).await?.map(|grade| grade.submission));
        }
    }
    Ok(counting)
}

/// The courses in which gradings have failed, and those whose grades did not reach the learning platform.
async fn to_look_after(app: &App, courses: BTreeSet<Name>) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let (mut failed, mut undelivered) = (Vec::new(), Vec::new());
    for course in courses {
        let name = course.to_string();
        let scope = Scope::Course(course);
        if !app.store.submissions(&scope, &Filter::Failed, Page { before: None, limit: 1 }).await?.is_empty()
        {
            failed.push(name.clone());
        }
        let states = [PassbackState::Refused, PassbackState::GivenUp];
        if !app.store.deliveries(&scope, &states, Page { before: None, limit: 1 }).await?.is_empty() {
            undelivered.push(name);
        }
    }
    Ok((failed, undelivered))
}
