//! `GET {prefix}/courses/{course}/failed`: what could not be graded, for the course's staff, with a button for each.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use model::Event;
use store::{Page, Scope};

use super::{
    error,
    index::Wanted,
    listed::{answer, cut},
    render::Frame,
    words,
};
use crate::{
    api::{failed, problem::ApiError, regrade},
    app::App,
    extract::{Form, Id, Staff},
};

/// How many submissions a page holds.
const ROWS: u32 = 25;

#[derive(Template)]
#[template(path = "failed.html")]
struct FailedPage {
    frame: Frame,
    course: String,
    rows: Vec<Row>,
    is_first: bool,
    /// The id after which the next page begins.
    older: Option<String>,
}

struct Row {
    id: String,
    assignment: String,
    section: String,
    user: String,
    time: String,
    datetime: String,
    fault: String,
    history: Vec<Moment>,
}

/// Something that happened.
struct Moment {
    time: String,
    datetime: String,
    what: String,
    /// Who did it.
    actor: Option<String>,
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
) -> Result<FailedPage, ApiError> {
    let Query(Wanted { before }) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (course, scope) = staff.scope(app, course)?;
    let mut lines = failed::load(app, &scope, Page { before, limit: ROWS + 1 }).await?;
    let older = cut(&mut lines, ROWS, |line| line.submission.id);
    let mut rows = Vec::new();
    for line in lines {
        rows.push(row(app, &scope, line).await?);
    }
    let (frame, course) = (Frame::of(app, &staff.0), course.to_string());
    Ok(FailedPage { frame, course, rows, is_first: before.is_none(), older })
}

async fn row(app: &App, scope: &Scope, line: failed::Line) -> Result<Row, ApiError> {
    let failed::Line { submission, fault } = line;
    let events = app.store.events(scope, submission.id, 0).await?;
    Ok(Row {
        id: submission.id.to_string(),
        assignment: submission.key.assignment.to_string(),
        section: submission.key.section.to_string(),
        user: submission.user.to_string(),
        time: words::time(submission.received_at),
        datetime: submission.received_at.to_string(),
        fault: fault.map_or_else(|| "It is not known why.".into(), |fault| fault.message),
        history: events.into_iter().filter_map(moment).collect(),
    })
}

fn moment(event: Event) -> Option<Moment> {
    let what = words::step(&event.step)?;
    Some(Moment { time: words::time(event.at), datetime: event.at.to_string(), what, actor: event.actor })
}

/// `POST {prefix}/submissions/{id}/regrade`, and back to the list.
pub(crate) async fn again(State(app): State<Arc<App>>, staff: Staff, Id(id): Id, _: Form) -> Response {
    match regrade::again(&app, &staff, id).await {
        Ok(submission) => back(&app, submission.key.course.as_str()),
        Err(problem) => error::page(&app, Some(&staff.0), problem),
    }
}

/// `POST {prefix}/courses/{course}/failed`: all of them again, and back to the list.
pub(crate) async fn all_again(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    _: Form,
) -> Response {
    let (course, scope) = match staff.scope(&app, &course) {
        Ok(found) => found,
        Err(problem) => return error::page(&app, Some(&staff.0), problem),
    };
    let (service, caller) = (Arc::clone(&app), staff.0.clone());
    let asked =
        regrade::to_its_end(async move { regrade::failed(&service, &caller, &scope, None).await }).await;
    match asked {
        Ok(_) => back(&app, course.as_str()),
        Err(problem) => error::page(&app, Some(&staff.0), problem),
    }
}

fn back(app: &App, course: &str) -> Response {
    Redirect::to(&app.url(&format!("courses/{course}/failed"))).into_response()
}
