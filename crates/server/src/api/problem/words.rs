//! What people and programs are told of a problem.

use store::StoreError;

use super::ApiError;
use crate::{identity::limits::TooMany, pressure::Full};

impl ApiError {
    /// The stable name of the kind, its title, what is wrong, and what to do.
    #[expect(clippy::too_many_lines, reason = "a table: each kind once")]
    pub(crate) fn words(&self) -> (&'static str, &'static str, String, &'static str) {
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
            Self::NotSendable => (
                "not-sendable",
                "Not sent again",
                "This grade is on its way already, or a newer one took its place.",
                "Look at the list of the course's deliveries for where each grade is.",
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
            Self::OtherHost => (
                "other-host",
                "Refused",
                "The request came by a name that is not known to be this service's.",
                "Use localhost or the address, or set server.public_url to where browsers find the service.",
            ),
            Self::NotSignedIn => (
                "not-signed-in",
                "Not signed in",
                "The request does not say whose it is.",
                "Send a token (`Authorization: Bearer TOKEN`), or sign in with a browser.",
            ),
            Self::BadToken { problem } => {
                let detail = format!("The token does not count: {problem}.");
                return ("bad-token", "Not signed in", detail, "Send a good token, or get a new one.");
            }
            Self::NoAccess { user, .. } => {
                let detail =
                    format!("The JupyterHub knows {user}, but its roles do not let them use this service.");
                let advice = "Those who run the hub must add the lines in `snippet` to its configuration.";
                return ("no-access", "Not permitted", detail, advice);
            }
            Self::HubAway(_) => (
                "hub-away",
                "Not available now",
                "The JupyterHub cannot say at the moment who you are. If you were submitting: it was not accepted.",
                "Try again in a minute. What was accepted before is safe.",
            ),
            Self::ProviderAway(_) => (
                "provider-away",
                "Not available now",
                "The sign-in provider cannot say at the moment who you are.",
                "Try again in a minute, and tell those who run this service if it stays like this.",
            ),
            Self::PlatformAway(_) => (
                "platform-away",
                "Not available now",
                "The learning platform's keys cannot be had at the moment, so nobody can be launched.",
                "Try again in a minute, and tell those who run this service if it stays like this.",
            ),
            Self::Launch(problem) => {
                return ("launch", "Not launched", problem.clone(), "Nothing was kept of this launch.");
            }
            Self::SignIn(problem) => {
                return (
                    "sign-in",
                    "Not signed in",
                    problem.clone(),
                    "Begin again at the service's first page.",
                );
            }
            Self::NoSignIn => (
                "no-sign-in",
                "No sign-in",
                "This service has no sign-in for browsers, only tokens for programs.",
                "Ask those who run it for a token, and send it as `Authorization: Bearer TOKEN`.",
            ),
            Self::OldForm => (
                "old-form",
                "Refused",
                "The page with this button is from an earlier sign-in.",
                "Load the page again, and then press the button.",
            ),
            Self::NotJson => (
                "not-json",
                "Refused",
                "The body is said to be a form or plain text.",
                "Send JSON, with the content type application/json.",
            ),
            Self::TooMany(TooMany { retry_after_s }) => {
                let detail = format!(
                    "Too many requests within a minute. The next one counts in {retry_after_s} seconds."
                );
                return ("too-many", "Too many requests", detail, "Wait that long, and then try again.");
            }
            Self::StashFull => (
                "stash-full",
                "Not available now",
                "Too many submissions wait for their users to be known. Yours was not accepted.",
                "Submit again in two minutes.",
            ),
            Self::StashGone => (
                "stash-gone",
                "Submission not accepted",
                "While you were being signed in, your submission was lost here: that took too long, or the service was started anew meanwhile. It was not accepted.",
                "Submit again.",
            ),
            Self::IntakeFull => (
                "intake-full",
                "Not available now",
                "So many submissions are arriving at this moment that there is no room for more. Yours was not accepted.",
                "Wait ten seconds, and submit again.",
            ),
            Self::SlowBody => (
                "slow-body",
                "Submission not accepted",
                "The submission took more than two minutes to arrive, so nothing was kept.",
                "Submit again, with a better connection or a smaller notebook: clear its outputs.",
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
