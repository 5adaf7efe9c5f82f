//! Problems: what went wrong, where, and what to do, as `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::Refusal;
use serde::Serialize;
use store::StoreError;

/// The body of a problem response.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
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

impl Problem {
    fn new(slug: &str, title: &'static str, detail: impl Into<String>, advice: &'static str) -> Self {
        Self {
            r#type: format!("urn:otter-service:problem:{slug}"),
            title,
            status: 0,
            detail: detail.into(),
            advice,
        }
    }

    /// A defect of ours. Says nothing of its cause.
    pub(crate) fn internal() -> Self {
        Self::new(
            "internal",
            "Internal error",
            "The service met a defect of its own.",
            "Try again; if it happens again, tell the course staff.",
        )
    }

    /// The response with this body.
    pub(crate) fn into_response_with(mut self, status: StatusCode) -> Response {
        self.status = status.as_u16();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

/// Everything an API request can end in that is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The submission is not acceptable.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such thing, or not the user's.
    #[error("no such {0}")]
    NotFound(&'static str),
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
    /// The store is away or broken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task of ours ended without a result.
    #[error("a task failed")]
    Task,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => {
                let status = match &refusal {
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
                };
                Problem::new(refusal.slug(), "Submission not accepted", refusal.to_string(), refusal.advice())
                    .into_response_with(status)
            }
            Self::NotFound(what) => Problem::new(
                "not-found",
                "Not found",
                format!("There is no such {what}, or it is not yours."),
                "Check the id; the list of your submissions has the right ones.",
            )
            .into_response_with(StatusCode::NOT_FOUND),
            Self::NoSuchPath => Problem::new(
                "no-such-path",
                "Not found",
                "Nothing is served at this path.",
                "See the API reference for the paths there are.",
            )
            .into_response_with(StatusCode::NOT_FOUND),
            Self::Query(problem) => Problem::new(
                "bad-query",
                "Bad query",
                problem,
                "See the API reference for the parameters of this path.",
            )
            .into_response_with(StatusCode::BAD_REQUEST),
            Self::Method => Problem::new(
                "method",
                "Method not allowed",
                "This path exists, but not for this method.",
                "See the API reference for the methods of each path.",
            )
            .into_response_with(StatusCode::METHOD_NOT_ALLOWED),
            Self::CrossSite => Problem::new(
                "cross-site",
                "Refused",
                "The request was started by a page of another site.",
                "Submit from the notebook or from this service's own pages.",
            )
            .into_response_with(StatusCode::FORBIDDEN),
            Self::BrokenBody => Problem::new(
                "broken-body",
                "Submission not accepted",
                "The connection broke off before the whole submission had arrived, so nothing was kept.",
                "Submit again.",
            )
            .into_response_with(StatusCode::BAD_REQUEST),
            Self::Store(StoreError::Unavailable(error)) => {
                tracing::error!(error = %error, "the store is not available");
                unavailable()
            }
            Self::Store(error) => {
                tracing::error!(%error, "the store failed");
                Problem::internal().into_response_with(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Task => Problem::internal().into_response_with(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// Seconds after which a client may try again.
const RETRY_AFTER: &str = "10";

fn unavailable() -> Response {
    let mut response = Problem::new(
        "unavailable",
        "Not available now",
        "The service cannot reach its store at the moment. If you were submitting: it was not accepted.",
        "Try again in a minute. What was accepted before is safe.",
    )
    .into_response_with(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    response
}
