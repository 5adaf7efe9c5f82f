//! `GET {prefix}/`: one's submissions.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use model::SubmissionId;
use serde::Deserialize;
use store::Page;

use super::{
    error,
    render::{self, Frame},
    words,
};
use crate::{
    api::{
        problem::ApiError,
        submissions::{Line, load},
    },
    app::App,
    extract::CurrentUser,
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
}

struct Row {
    id: String,
    assignment: String,
    course: String,
    time: String,
    datetime: String,
    standing: words::Standing,
    score: Option<String>,
    percent: u8,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    before: Option<SubmissionId>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let before = match wanted {
        Ok(Query(wanted)) => wanted.before,
        Err(problem) => return error::page(&app, &user, ApiError::Query(problem.body_text())),
    };
    let lines = match load(&app, &user, Page { before, limit: ROWS }).await {
        Ok(lines) => lines,
        Err(problem) => return error::page(&app, &user, problem),
    };
    let older = (lines.len() == ROWS as usize)
        .then(|| lines.last().map(|line| line.submission.id.to_string()))
        .flatten();
    let rows = lines.iter().map(row).collect();
    render::page(
        StatusCode::OK,
        &Index { frame: Frame::of(&app, &user), rows, is_first: before.is_none(), older },
    )
}

fn row(line: &Line) -> Row {
    let points = line.score.zip(line.max_score);
    Row {
        id: line.submission.id.to_string(),
        assignment: line.submission.key.assignment.to_string(),
        course: format!("{} / {}", line.submission.key.course, line.submission.key.section),
        time: words::time(line.submission.received_at),
        datetime: line.submission.received_at.to_string(),
        standing: words::standing(line.status),
        score: points.map(|(score, max_score)| words::score(score, max_score)),
        percent: points.map_or(0, |(score, max_score)| words::percent(score, max_score)),
    }
}
