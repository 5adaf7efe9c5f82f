//! Problems: what went wrong, where, and what to do, as `application/problem+json` (RFC 9457).

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use materials::MaterialsError;
use model::Refusal;
use serde::Serialize;
use store::StoreError;

use crate::pressure::{Full, NoRoom};

/// Seconds after which a client may try again when the store is away.
const RETRY_AFTER_S: u64 = 10;
/// How often requests log that the store is away.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Everything an API request can end in that is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The submission is not acceptable.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such thing, or not the user's.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The submission is there, but its notebook as it was run is not.
    #[error("no executed notebook")]
    NotExecuted,
    /// It waits to be graded, or is being graded.
    #[error("not finished")]
    NotFinished,
    /// The notebook was removed, because it was older than the operator keeps it.
    #[error("the notebook was removed")]
    NotebookGone,
    /// No such page.
    #[error("no such path")]
    NoSuchPath,
    /// The query string is not what the path takes.
    #[error("bad query: {0}")]
    Query(String),
    /// The path exists, for another method.
    #[error("method not allowed")]
    Method,
    /// A write that another site's page started.
    #[error("cross-site request")]
    CrossSite,
    /// The body stopped coming.
    #[error("the request's body broke off")]
    BrokenBody,
    /// The course's materials have never been here yet, or are broken from the start.
    #[error(transparent)]
    Materials(MaterialsError),
    /// A webhook without the signature that it should have.
    #[error("a webhook's signature is missing or wrong")]
    BadSignature,
    /// A webhook that says it is a push and is none.
    #[error("not a push")]
    NotAPush,
    /// As many submissions wait as may.
    #[error("the queue is full")]
    QueueFull(Full),
    /// The store is away or broken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task of ours ended without a result.
    #[error("a task failed")]
    Task,
}

impl ApiError {
    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                Refusal::NotJson { .. } | Refusal::TooDeep { .. } | Refusal::NoNotebook => {
                    StatusCode::BAD_REQUEST
                }
                Refusal::NotANotebook { .. }
                | Refusal::NoMetadata
                | Refusal::IncompleteMetadata { .. }
                | Refusal::BadName { .. }
                | Refusal::NameNotText { .. }
                | Refusal::UnknownCourse { .. }
                | Refusal::UnknownSection { .. }
                | Refusal::UnknownAssignment { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                Refusal::TooLate { .. } | Refusal::NoAttemptsLeft { .. } => StatusCode::FORBIDDEN,
            },
            Self::NotFound(_) | Self::NotExecuted | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NotFinished => StatusCode::CONFLICT,
            Self::NotebookGone => StatusCode::GONE,
            Self::BadSignature => StatusCode::UNAUTHORIZED,
            Self::Query(_) | Self::BrokenBody | Self::NotAPush => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::QueueFull(_) | Self::Materials(_) | Self::Store(StoreError::Unavailable(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(_) | Self::Task => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable name of the kind, its title, what is wrong, and what to do.
    fn words(&self) -> (&'static str, &'static str, String, &'static str) {
        let (slug, title, detail, advice) = match self {
            Self::Refused(refusal) => {
                return (refusal.slug(), "Submission not accepted", refusal.to_string(), refusal.advice());
            }
            Self::NotFound(what) => {
                let detail = format!("There is no such {what}, or it is not yours.");
                let advice = "Check the id; the list of your submissions has the right ones.";
                return ("not-found", "Not found", detail, advice);
            }
            Self::Query(problem) => {
                let advice = "See the API reference for the parameters of this path.";
                return ("bad-query", "Bad query", problem.clone(), advice);
            }
            Self::NotExecuted => (
                "not-executed",
                "Not found",
                "There is no notebook as it was run: this submission is not graded yet, or its grading kept none.",
                "Try again when it is graded.",
            ),
            Self::NotFinished => (
                "not-finished",
                "Not finished",
                "This submission waits to be graded already, or is being graded.",
                "Wait for its end; then it can be graded again.",
            ),
            Self::NotebookGone => (
                "notebook-gone",
                "The notebook was removed",
                "This submission is older than this service keeps notebooks. Its report and its grade are still there.",
                "Submit the notebook again, if you still have it.",
            ),
            Self::NoSuchPath => (
                "no-such-path",
                "Not found",
                "Nothing is served at this path.",
                "See the API reference for the paths there are.",
            ),
            Self::Method => (
                "method",
                "Method not allowed",
                "This path exists, but not for this method.",
                "See the API reference for the methods of each path.",
            ),
            Self::CrossSite => (
                "cross-site",
                "Refused",
                "The request was started by a page of another site.",
                "Submit from the notebook or from this service's own pages.",
            ),
            Self::BrokenBody => (
                "broken-body",
                "Submission not accepted",
                "The connection broke off before the whole submission had arrived, so nothing was kept.",
                "Submit again.",
            ),
            Self::QueueFull(Full { retry_after_s }) => {
                let detail = format!(
                    "So many submissions wait to be graded that no more are taken in now. Yours was not accepted. There \
                     is likely to be room in {retry_after_s} seconds."
                );
                let advice =
                    "Submit again a little later. What was accepted before is safe and will be graded.";
                return ("queue-full", "The queue is full", detail, advice);
            }
            Self::Materials(_) => (
                "materials-away",
                "Not available now",
                "The service does not have the materials of this course yet. Your submission was not accepted.",
                "Try again in a minute, and tell the course staff if it stays like this.",
            ),
            Self::BadSignature => (
                "bad-signature",
                "Refused",
                "The request is not signed with the secret that this service shares with GitHub.",
                "Enter the same secret in the webhook's settings on GitHub and as github_webhook_secret here.",
            ),
            Self::NotAPush => (
                "not-a-push",
                "Not understood",
                "The body is not the JSON of a push event.",
                "Choose the content type application/json in the webhook's settings.",
            ),
            Self::Store(StoreError::Unavailable(_)) => (
                "unavailable",
                "Not available now",
                "The service cannot reach its store at the moment. If you were submitting: it was not accepted.",
                "Try again in a minute. What was accepted before is safe.",
            ),
            Self::Store(_) | Self::Task => (
                "internal",
                "Internal error",
                "The service met a defect of its own.",
                "Try again; if it happens again, tell the course staff.",
            ),
        };
        (slug, title, detail.to_owned(), advice)
    }
}

impl From<MaterialsError> for ApiError {
    fn from(error: MaterialsError) -> Self {
        match error {
            MaterialsError::NotConfigured { problem } => Self::Refused(problem),
            error => Self::Materials(error),
        }
    }
}

impl From<NoRoom> for ApiError {
    fn from(why: NoRoom) -> Self {
        match why {
            NoRoom::Full(full) => Self::QueueFull(full),
            NoRoom::StoreAway => {
                Self::Store(StoreError::Unavailable("it did not answer a moment ago".into()))
            }
        }
    }
}

/// A store that is away would fill the log with one line for each request.
fn log(error: &StoreError) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let source = std::error::Error::source(error).map(ToString::to_string);
    if matches!(error, StoreError::Unavailable(_)) {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < LOG_EVERY) {
            tracing::debug!(%error, source, "the store failed");
            return;
        }
        *last = Some(Instant::now());
    }
    tracing::error!(%error, source, "the store failed");
}

/// The body of the answer.
#[derive(Serialize)]
struct Problem {
    /// Names the kind of problem; stable.
    r#type: String,
    /// The kind in a few words.
    title: &'static str,
    /// The HTTP status again, for those who only keep the body.
    status: u16,
    /// What is wrong in this case.
    detail: String,
    /// What to do (an extension member).
    advice: &'static str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Store(error) => log(error),
            Self::Materials(error) => tracing::error!(%error, "a submission was not accepted"),
            _ => {}
        }
        let status = self.status();
        let (slug, title, detail, advice) = self.words();
        let r#type = format!("urn:otter-service:problem:{slug}");
        let problem = Problem { r#type, title, status: status.as_u16(), detail, advice };
        let body = serde_json::to_vec(&problem).expect("texts and a number always serialize");
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let after = if let Self::QueueFull(full) = self { full.retry_after_s } else { RETRY_AFTER_S };
            response.headers_mut().insert(header::RETRY_AFTER, after.into());
        }
        response
    }
}
