//! `GET {prefix}/courses/{course}/deliveries`: a course's grades on their way to the learning platform, for its staff,
//! with a button for each and one for all.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use store::{Page, PassbackRecord, PassbackState};

use super::{
    delivery::{self, Moment},
    error,
    listed::{answer, cut},
    render::Frame,
};
use crate::{
    api::{
        deliveries::{Standing, Wanted, states},
        problem::ApiError,
        resend,
    },
    app::App,
    extract::{Form, Id, Staff},
};

/// How many deliveries a page holds.
const ROWS: u32 = 25;

/// The lists there are: what each is called, its states, and what is said where it is empty.
const LISTS: [(&str, &str, &str); 5] = [
    (
        "Need you",
        "refused,given_up",
        "No grade of this course needs you: the learning platform took each, or will be asked.",
    ),
    ("On their way", "pending,sending", "No grade of this course is on its way."),
    ("Arrived", "posted", "The learning platform has no grade of this course from here yet."),
    ("Held back", "withheld", "No grade of this course is held back."),
    ("All", "all", "No grade of this course was ever to be sent."),
];

#[derive(Template)]
#[template(path = "deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    course: String,
    lists: Vec<List>,
    /// The states that are shown, as the query has them.
    state: String,
    empty: &'static str,
    /// What the button for all says, where there is one.
    all: Option<&'static str>,
    rows: Vec<Row>,
    is_first: bool,
    /// The delivery after which the next page begins.
    older: Option<String>,
}

/// A way to another list.
struct List {
    label: &'static str,
    state: &'static str,
    is_this: bool,
}

struct Row {
    submission: String,
    assignment: String,
    section: String,
    user: String,
    score: String,
    state: &'static str,
    class: &'static str,
    /// When it is tried again.
    retry: Option<Moment>,
    changed: Moment,
    tries: String,
    words: Option<String>,
    can_be_resent: bool,
    button: &'static str,
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
) -> Result<DeliveriesPage, ApiError> {
    let Query(wanted) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (course, scope) = staff.scope(app, course)?;
    let state = wanted.state.as_deref().unwrap_or(LISTS[0].1);
    let shown = of_list(state)?;
    let page = Page { before: wanted.before, limit: ROWS + 1 };
    let mut records = app.store.deliveries(&scope, &shown, page).await?;
    let older = cut(&mut records, ROWS, |record| record.passback.grading);
    let empty = LISTS.iter().find(|(_, states, _)| *states == state).map_or("Nothing here.", |list| list.2);
    let is_first = wanted.before.is_none();
    Ok(DeliveriesPage {
        frame: Frame::of(app, &staff.0),
        course: course.to_string(),
        lists: LISTS.map(|(label, each, _)| List { label, state: each, is_this: each == state }).into(),
        empty,
        all: for_all(&shown).filter(|_| is_first && !records.is_empty()),
        state: state.to_owned(),
        rows: records.into_iter().map(row).collect(),
        is_first,
        older,
    })
}

/// The states of a list; none: all of them.
fn of_list(state: &str) -> Result<Vec<PassbackState>, ApiError> {
    if state == "all" { Ok(vec![]) } else { states(state) }
}

/// What the button for all of these says, if sending all of them makes sense.
fn for_all(shown: &[PassbackState]) -> Option<&'static str> {
    let are = |states: &[PassbackState]| !shown.is_empty() && shown.iter().all(|one| states.contains(one));
    if are(&[PassbackState::Refused, PassbackState::GivenUp]) {
        Some("Send all again")
    } else if are(&[PassbackState::Withheld]) {
        Some("Send all of them")
    } else {
        None
    }
}

fn row(record: PassbackRecord) -> Row {
    let passback = record.passback.clone();
    let standing = Standing::of(record);
    let (state, class) = delivery::state(&standing);
    let is_over = matches!(
        standing.state,
        PassbackState::Refused | PassbackState::GivenUp | PassbackState::Withheld | PassbackState::Posted
    );
    Row {
        submission: passback.submission.to_string(),
        assignment: passback.key.assignment.to_string(),
        section: passback.key.section.to_string(),
        user: passback.user.to_string(),
        score: format!("{} of {}", passback.score, passback.max_score),
        state,
        class,
        retry: standing.retry_at.map(Moment::of),
        changed: Moment::of(standing.changed_at),
        tries: match standing.attempts {
            0 => "not tried yet".into(),
            1 => "1 try".into(),
            tries => format!("{tries} tries"),
        },
        words: standing.words.filter(|words| !words.is_empty()),
        can_be_resent: is_over,
        button: if standing.state == PassbackState::Withheld { "Send" } else { "Send again" },
    }
}

/// `POST {prefix}/submissions/{id}/resend`, and back to the list.
pub(crate) async fn again(State(app): State<Arc<App>>, staff: Staff, Id(id): Id, form: Form) -> Response {
    match resend::again(&app, &staff, id).await {
        Ok((submission, _)) => back(&app, submission.key.course.as_str(), &form),
        Err(problem) => error::page(&app, Some(&staff.0), problem),
    }
}

/// `POST {prefix}/courses/{course}/deliveries`: all of a list again, and back to it.
pub(crate) async fn all_again(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let (course, scope) = staff.scope(&app, &course)?;
        let chosen = of_list(form.fields.get("state").map_or("", String::as_str))?;
        resend::all_again(Arc::clone(&app), staff.0.clone(), scope, chosen).await?;
        Ok(course)
    };
    match done.await {
        Ok(course) => back(&app, course.as_str(), &form),
        Err(problem) => error::page(&app, Some(&staff.0), problem),
    }
}

fn back(app: &App, course: &str, form: &Form) -> Response {
    // Only a list that there is: what comes from a form leads nowhere else.
    let state = form.fields.get("state").and_then(|state| LISTS.iter().find(|(_, each, _)| each == state));
    let query = state.map(|(_, state, _)| format!("?state={state}")).unwrap_or_default();
    Redirect::to(&app.url(&format!("courses/{course}/deliveries{query}"))).into_response()
}
