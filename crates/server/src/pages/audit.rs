//! `GET {prefix}/courses/{course}/audit`: who did what to whose work in a course, for its staff.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use model::AuditId;
use serde::Deserialize;
use store::{AuditEntry, Page};

use super::{
    listed::{answer, cut},
    render::Frame,
    words,
};
use crate::{api::problem::ApiError, app::App, extract::Staff};

/// How many entries a page holds.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    course: String,
    rows: Vec<Row>,
    is_first: bool,
    /// The entry after which the next page begins.
    older: Option<String>,
}

struct Row {
    time: String,
    datetime: String,
    actor: String,
    what: What,
    /// To whose work.
    user: Option<String>,
    submission: Option<String>,
    address: Option<String>,
    detail: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    before: Option<AuditId>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    answer(&app, &staff, page(&app, &staff, &course, wanted).await)
}

async fn page(
    app: &App,
    staff: &Staff,
    course: &str,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<AuditPage, ApiError> {
    let Query(Wanted { before }) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (course, _) = staff.scope(app, course)?;
    let mut entries = app.store.audits(Some(&course), Page { before, limit: ROWS + 1 }).await?;
    let older = cut(&mut entries, ROWS, |entry| entry.id);
    Ok(AuditPage {
        frame: Frame::of(app, &staff.0),
        course: course.to_string(),
        rows: entries.into_iter().map(row).collect(),
        is_first: before.is_none(),
        older,
    })
}

fn row(entry: AuditEntry) -> Row {
    Row {
        time: words::time(entry.at),
        datetime: entry.at.to_string(),
        actor: entry.actor,
        what: what(&entry.action),
        user: entry.user.map(|user| user.to_string()),
        submission: entry.submission.map(|id| id.to_string()),
        address: entry.address,
        detail: entry.detail,
    }
}

/// What was done, as a sentence around the words that lead to the submission; the user follows.
struct What {
    before: String,
    link: &'static str,
    after: &'static str,
}

fn what(action: &str) -> What {
    let (before, link, after) = match action {
        "view" => ("looked at", "a submission", "by"),
        "submit" => ("submitted", "a notebook", "for"),
        "regrade" => ("asked for a new grading of", "a submission", "by"),
        "resend" => ("sent again the grade of", "a submission", "by"),
        "export" => ("exported", "all data", "of"),
        "erase" => ("erased", "all data", "of"),
        other => (other, "something", "of"),
    };
    What { before: before.to_owned(), link, after }
}
