//! `POST {prefix}/`: accept a submission.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{AssignmentSettings, GradePolicy, Notebook, NotebookHash, Submission, SubmissionId};
use serde::Serialize;
use store::NewSubmission;

use super::{admission, problem::ApiError};
use crate::{
    app::App,
    extract::{Body, CurrentUser},
};

/// What the Python service said, for clients that show the answer to people.
const SENTENCE: &str =
    "Your submission is being graded and will be posted to the gradebook once it is finished running!";

/// The answer to a client that asks for JSON.
#[derive(Serialize)]
struct Accepted {
    id: SubmissionId,
    receipt: String,
    status_url: String,
    events_url: String,
    page_url: String,
}

pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let room = app.pressure.admit(&app.workshop).await?;
    let service = Arc::clone(&app);
    // Parsing and hashing a large notebook takes longer than a task may hold up others.
    let (new, assignment) = tokio::task::spawn_blocking(move || {
        let notebook = Notebook::from_request(&body, service.settings.notebook_limits)?;
        let assignment = service.materials.assignment(&notebook.key)?;
        let received_at = service.clock.now();
        admission::in_time(&assignment, received_at)?;
        let submission = Submission {
            id: SubmissionId::new(&*service.clock, &*service.entropy),
            user,
            received_at,
            sha256: NotebookHash::of(notebook.bytes),
            size_bytes: notebook.bytes.len() as u64,
            key: notebook.key,
        };
        // Under `best` each one may be the one that counts.
        let policy = service.rules.policy(&submission.key.course, &assignment);
        let supersedes = service.settings.skip_superseded && policy == GradePolicy::Latest;
        let new = NewSubmission { submission, notebook: notebook.bytes.to_vec(), supersedes };
        Ok::<_, ApiError>((new, assignment))
    })
    .await
    .map_err(|panic| {
        tracing::error!(%panic, "a submission could not be looked at");
        ApiError::Task
    })??;

    let submission = new.submission.clone();
    // Goes on when the client goes away.
    let keeping = tokio::spawn(keep(Arc::clone(&app), new, assignment));
    let accepted = keeping.await.map_err(|_| ApiError::Task)??;
    room.fill(accepted.superseded.len());

    let id = submission.id;
    let status_url = app.url(&format!("api/v1/submissions/{id}"));
    let location = HeaderValue::from_str(&status_url).expect("the prefix and the id are plain text");
    let answer = if asks_for_json(&headers) {
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
