//! Problems: what went wrong, where, and what to do, as `application/problem+json` (RFC 9457).

pub(crate) mod log;
mod words;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hub::HubError;
use materials::MaterialsError;
use model::Refusal;
use oidc::OidcError;
use serde::Serialize;
use store::StoreError;

use crate::{
    identity::limits::TooMany,
    intake,
    pressure::{Full, NoRoom},
};

/// Seconds after which a client may try again when the store is away.
const RETRY_AFTER_S: u64 = 10;
/// And when the stash is full: as long as a submission waits there.
const STASH_S: u64 = 120;

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
    /// The grade is on its way already, or a newer one took its place.
    #[error("not to be sent again")]
    NotSendable,
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
    /// A browser came by a name that is not this service's.
    #[error("another host's name")]
    OtherHost,
    /// Nobody is signed in.
    #[error("not signed in")]
    NotSignedIn,
    /// A token that proves nothing, or a header that names nobody.
    #[error("bad token: {problem}")]
    BadToken {
        /// What is wrong with it.
        problem: String,
    },
    /// The hub's roles do not let this user in.
    #[error("the hub's roles do not let {user} in")]
    NoAccess {
        /// Who was refused.
        user: String,
        /// The lines for the hub's configuration that would change that.
        snippet: String,
    },
    /// The hub cannot say who it is.
    #[error(transparent)]
    HubAway(HubError),
    /// The provider cannot say who it is.
    #[error(transparent)]
    ProviderAway(OidcError),
    /// The way back from signing in is not one that leads here.
    #[error("{0}")]
    SignIn(String),
    /// A launch from a learning platform that does not count.
    #[error("{0}")]
    Launch(String),
    /// A learning platform does not say with which keys it signs.
    #[error(transparent)]
    PlatformAway(OidcError),
    /// There is no sign-in for people.
    #[error("no sign-in in browsers")]
    NoSignIn,
    /// A form that no page of this session has, or none at all.
    #[error("an old form")]
    OldForm,
    /// What only forms send, where JSON is expected.
    #[error("not JSON")]
    NotJson,
    /// Too often.
    #[error("too many requests")]
    TooMany(TooMany),
    /// Too much waits for sign-ins.
    #[error("too many submissions wait for their users to sign in")]
    StashFull,
    /// What waited for its user's sign-in is gone.
    #[error("the submission that waited for this sign-in is gone")]
    StashGone,
    /// Too much is arriving.
    #[error("too many submissions arrive at once")]
    IntakeFull,
    /// The body comes too slowly.
    #[error("the request's body took too long")]
    SlowBody,
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
            Self::NotFinished | Self::NotSendable => StatusCode::CONFLICT,
            Self::NotebookGone => StatusCode::GONE,
            Self::NotSignedIn | Self::BadToken { .. } | Self::BadSignature => StatusCode::UNAUTHORIZED,
            Self::Query(_) | Self::BrokenBody | Self::NotAPush | Self::SignIn(_) | Self::Launch(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::CrossSite | Self::OtherHost | Self::NoAccess { .. } | Self::NoSignIn | Self::OldForm => {
                StatusCode::FORBIDDEN
            }
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::QueueFull(_)
            | Self::Materials(_)
            | Self::HubAway(_)
            | Self::ProviderAway(_)
            | Self::PlatformAway(_)
            | Self::StashFull
            | Self::StashGone
            | Self::IntakeFull
            | Self::Store(StoreError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Task => StatusCode::INTERNAL_SERVER_ERROR,
        }
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

impl ApiError {
    /// Why nobody is launched from a learning platform.
    pub(crate) fn of_launch(error: OidcError) -> Self {
        match error {
            OidcError::Refused { .. } => Self::Launch(error.to_string()),
            error => Self::PlatformAway(error),
        }
    }
}

impl From<OidcError> for ApiError {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Refused { .. } => Self::SignIn(error.to_string()),
            error => Self::ProviderAway(error),
        }
    }
}

impl From<TooMany> for ApiError {
    fn from(many: TooMany) -> Self {
        Self::TooMany(many)
    }
}

impl From<intake::NoRoom> for ApiError {
    fn from(_: intake::NoRoom) -> Self {
        Self::IntakeFull
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
    /// Lines for the hub's configuration (an extension member).
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<String>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Store(error) => log::store(error),
            Self::Materials(error) => tracing::error!(%error, "a submission was not accepted"),
            Self::HubAway(error) => log::identity(error),
            Self::ProviderAway(error) | Self::PlatformAway(error) => log::identity(error),
            _ => {}
        }
        let status = self.status();
        let (slug, title, detail, advice) = self.words();
        let r#type = format!("urn:otter-service:problem:{slug}");
        let snippet = if let Self::NoAccess { snippet, .. } = &self { Some(snippet.clone()) } else { None };
        let problem = Problem { r#type, title, status: status.as_u16(), detail, advice, snippet };
        let body = serde_json::to_vec(&problem).expect("texts and a number always serialize");
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        let after = match (&self, status) {
            (Self::QueueFull(full), _) => Some(full.retry_after_s),
            (Self::TooMany(many), _) => Some(many.retry_after_s),
            (Self::StashFull, _) => Some(STASH_S),
            // The same request never ends otherwise.
            (Self::StashGone, _) => None,
            (_, StatusCode::SERVICE_UNAVAILABLE) => Some(RETRY_AFTER_S),
            _ => None,
        };
        if let Some(after) = after {
            response.headers_mut().insert(header::RETRY_AFTER, after.into());
        }
        if matches!(self, Self::NotSignedIn | Self::BadToken { .. }) {
            // RFC 6750, 3.
            let challenge = HeaderValue::from_static("Bearer realm=\"otter-service\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
