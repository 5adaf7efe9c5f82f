//! `POST {prefix}/`: accept a submission.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use model::{AssignmentSettings, GradePolicy, Notebook, NotebookHash, Submission, SubmissionId, UserName};
use serde::{Deserialize, Serialize};
use store::NewSubmission;

use super::{admission, problem::ApiError};
use crate::{
    app::App,
    extract::{self, Body, Sender},
    identity::{Caller, WayIn, client::Client},
    pages::sign_in::begin,
    passback::remember,
};

/// What the Python service said, for clients that show the answer to people.
const SENTENCE: &str =
    "Your submission is being graded and will be posted to the gradebook once it is finished running!";

/// The longest path of a notebook that is looked at, in bytes.
const LONGEST_PATH: usize = 4096;

/// The answer to a client that asks for JSON.
#[derive(Serialize)]
struct Accepted {
    id: SubmissionId,
    receipt: String,
    status_url: String,
    events_url: String,
    page_url: String,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// For whom, if not for oneself.
    user: Option<UserName>,
}

/// A notebook that came, and when.
pub(crate) struct Received {
    pub(crate) body: Bytes,
    pub(crate) at: Timestamp,
    /// Where the client says that the notebook is, within its user's files: a hint, no more.
    pub(crate) path: Option<String>,
}

pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    sender: Sender,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let user = match admit(&app, &sender, wanted) {
        Ok(user) => user,
        Err(problem) => {
            extract::drain(request.into_body()).await;
            return Err(problem);
        }
    };
    let Body(body, _held) = Body::from_request(request, &app).await?;
    let path = headers.get("x-otter-notebook-path").and_then(|path| path.to_str().ok());
    let path = path.filter(|path| path.len() <= LONGEST_PATH).map(ToOwned::to_owned);
    let received = Received { body, at: app.clock.now(), path };
    match (sender, user) {
        (Sender::Known(caller), Some(user)) if user != caller.user => {
            accept(&app, &user, Some(&caller), &headers, received).await
        }
        (Sender::Known(caller), _) => accept(&app, &caller.user, None, &headers, received).await,
        (Sender::Page(client), _) => ask_who(&app, client, received).await,
    }
}

/// Refuses what can be refused before the notebook is read; says for whom it is, if not for oneself.
fn admit(
    app: &App,
    sender: &Sender,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Option<UserName>, ApiError> {
    let Query(Wanted { user }) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    match sender {
        // Whoever sends it: the members of staff who do so in another's name are limited as themselves.
        Sender::Known(caller) => app.door.limits.submission(&caller.user, app.clock.now())?,
        // In whose name somebody may send is not known before who they are.
        Sender::Page(_) if user.is_some() => return Err(ApiError::NotSignedIn),
        Sender::Page(_) => {}
    }
    Ok(user)
}

/// Keeps a notebook aside and sends the browser to the hub, which says who it is on the way back.
async fn ask_who(app: &App, client: Client, received: Received) -> Result<Response, ApiError> {
    let (flow, response) = begin::begin(app, client, None).await?;
    app.door.stash.put(&flow, client.address, received).map_err(|_| ApiError::StashFull)?;
    Ok(response)
}

/// Accepts a user's submission; whether they come too often was asked before. `by` is the member of the course's staff who
/// sends it in the user's name, which the audit trail says.
pub(crate) async fn accept(
    app: &Arc<App>,
    user: &UserName,
    by: Option<&Caller>,
    headers: &HeaderMap,
    received: Received,
) -> Result<Response, ApiError> {
    let room = app.pressure.admit(&app.workshop).await?;
    let (service, user, path) = (Arc::clone(app), user.clone(), received.path.clone());
    // Parsing and hashing a large notebook takes longer than a task may hold up others.
    let (new, assignment) =
        tokio::task::spawn_blocking(move || look(&service, user, &received)).await.map_err(|panic| {
            tracing::error!(%panic, "a submission could not be looked at");
            ApiError::Task
        })??;

    let submission = new.submission.clone();
    if let Some(by) = by {
        if !by.courses(app).contains(&submission.key.course) {
            return Err(ApiError::NotFound("course of whose staff you are"));
        }
        app.store.audit(&by.entry(app, "submit", &submission)).await?;
    }
    // Goes on when the client goes away.
    let keeping = tokio::spawn(keep(Arc::clone(app), new, assignment));
    let accepted = keeping.await.map_err(|_| ApiError::Task)??;
    room.fill(accepted.superseded.len());
    remember_launch(app, &submission, path);

    let id = submission.id;
    let status_url = app.url(&format!("api/v1/submissions/{id}"));
    let location = HeaderValue::from_str(&status_url).expect("the prefix and the id are plain text");
    let answer = if asks_for_json(headers) {
        let answer = Accepted {
            id,
            receipt: app.receipt_key.sign(&submission),
            events_url: format!("{status_url}/events"),
            page_url: app.url(&format!("submissions/{id}")),
            status_url,
        };
        Json(answer).into_response()
    } else {
        SENTENCE.into_response()
    };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], answer).into_response())
}

/// Finds out by which launch the user came, as long as it is the last one: where the grade goes follows from it.
fn remember_launch(app: &Arc<App>, submission: &Submission, path: Option<String>) {
    if let WayIn::Hub(hub) = &app.door.way_in {
        let (app, hub, submission) = (Arc::clone(app), Arc::clone(hub), submission.clone());
        tokio::spawn(async move {
            remember(&app.workshop, &hub, &submission.user, &submission.key, path.as_deref()).await;
        });
    }
}

/// Reads the notebook, and refuses what is none or comes too late.
fn look(
    app: &App,
    user: UserName,
    received: &Received,
) -> Result<(NewSubmission, AssignmentSettings), ApiError> {
    let notebook = Notebook::from_request(&received.body, app.settings.notebook_limits)?;
    let assignment = app.materials.assignment(&notebook.key)?;
    admission::in_time(&assignment, received.at)?;
    let submission = Submission {
        id: SubmissionId::new(&*app.clock, &*app.entropy),
        user,
        received_at: received.at,
        sha256: NotebookHash::of(notebook.bytes),
        size_bytes: notebook.bytes.len() as u64,
        key: notebook.key,
    };
    // Under `best` each one may be the one that counts.
    let policy = app.rules.policy(&submission.key.course, &assignment);
    let supersedes = app.settings.skip_superseded && policy == GradePolicy::Latest;
    Ok((NewSubmission { submission, notebook: notebook.bytes.to_vec(), supersedes }, assignment))
}

/// Whether the client names JSON among what it accepts. `*/*`, which every browser's `fetch` sends, does not count.
fn asks_for_json(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|range| {
        let media_type = range.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/json")
            || media_type.to_ascii_lowercase().ends_with("+json")
    })
}

/// Keeps a submission if the user has an attempt left, and tells who waits for it.
async fn keep(
    app: Arc<App>,
    new: NewSubmission,
    assignment: AssignmentSettings,
) -> Result<store::Accepted, ApiError> {
    let submission = new.submission.clone();
    let attempt = admission::attempt(&app, &submission.user, &submission.key, &assignment).await?;
    let accepted = app.store.accept(new).await?;
    drop(attempt);
    app.news.job();
    for skipped in &accepted.superseded {
        tracing::info!(submission = %skipped, newer = %submission.id, "submission skipped: a newer one came before its turn");
        app.news.event(*skipped);
    }
    tracing::info!(
        submission = %submission.id, user = %submission.user, assignment = %submission.key,
        bytes = submission.size_bytes, position = accepted.position, "submission accepted"
    );
    Ok(accepted)
}
