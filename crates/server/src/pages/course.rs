//! `GET {prefix}/courses/{course}?user=NAME`: what came in for a course, for its staff.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use store::Page;

use super::{
    listed::{answer, cut},
    render::Frame,
    row::Row,
};
use crate::{
    api::{
        course::{Wanted, load},
        problem::ApiError,
        submissions::line,
    },
    app::App,
    extract::Staff,
};

/// How many submissions a page holds.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "course.html")]
struct CoursePage {
    frame: Frame,
    course: String,
    /// Whose are shown; everybody's if it is empty.
    user: String,
    rows: Vec<Row>,
    is_first: bool,
    /// The id after which the next page begins.
    older: Option<String>,
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
) -> Result<CoursePage, ApiError> {
    let (course, _) = staff.scope(app, course)?;
    // A form sends a field that was left empty, too, and anything may be typed: who is nobody has submitted nothing.
    let wanted = match wanted {
        Ok(Query(wanted)) => wanted,
        Err(_) => Wanted::default(),
    };
    let Wanted { user, before, .. } = wanted;
    let page = Page { before, limit: ROWS + 1 };
    let mut records = load(app, &course, user.as_ref(), page).await?;
    let older = cut(&mut records, ROWS, |record| record.submission.id);
    Ok(CoursePage {
        frame: Frame::of(app, &staff.0),
        course: course.to_string(),
        user: user.map(|user| user.to_string()).unwrap_or_default(),
        older,
        rows: records.into_iter().map(|record| Row::for_staff(&line(record, None))).collect(),
        is_first: before.is_none(),
    })
}
