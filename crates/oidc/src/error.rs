//! Why nobody is signed in.

use outbound::OutboundError;
use thiserror::Error;

/// Why nobody is signed in: whole sentences, for people. Shows no token, code or secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OidcError {
    /// The other side does not answer. It may, later.
    #[error("{problem} Try again later.")]
    Away {
        /// What is in the way.
        problem: String,
    },
    /// The other side says no, or what it says does not count. Beginning again may help.
    #[error("{problem}")]
    Refused {
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Does not pass by itself: whoever runs the service, or the other side, must change something.
    #[error("{problem} This is for whoever runs this service to mend.")]
    Misconfigured {
        /// What is wrong, and where.
        problem: String,
    },
}

impl OidcError {
    pub(crate) fn away(problem: impl Into<String>) -> Self {
        Self::Away { problem: problem.into() }
    }

    pub(crate) fn refused(problem: impl Into<String>) -> Self {
        Self::Refused { problem: problem.into() }
    }

    pub(crate) fn misconfigured(problem: impl Into<String>) -> Self {
        Self::Misconfigured { problem: problem.into() }
    }

    /// What a provider means by an `error` and its `error_description`, in the callback's query or the token endpoint's
    /// answer (RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core, 3.1.2.6). Who wrote them is not known in the first case,
    /// so only a few plain characters of them are shown.
    #[must_use]
    pub fn of_answer(error: &str, description: &str) -> Self {
        let words = match plain(description).as_str() {
            "" => format!("`{}`", plain(error)),
            description => format!("{description} (`{}`)", plain(error)),
        };
        match error {
            "access_denied" | "consent_required" | "interaction_required" | "login_required" => {
                Self::refused(format!(
                    "The sign-in was not completed at the provider: {words}. Sign in again."
                ))
            }
            "invalid_grant" => Self::refused(format!(
                "The provider does not take the code of this sign-in: {words}. It is good once and for a short time. Sign in again."
            )),
            "server_error" | "temporarily_unavailable" => {
                Self::away(format!("The provider cannot sign anybody in now: {words}."))
            }
            "invalid_client" | "unauthorized_client" => Self::misconfigured(format!(
                "The provider does not take this service as its client: {words}. The client's id and secret here and at the provider must be the same."
            )),
            _ => Self::misconfigured(format!(
                "The provider does not take what this service asks for: {words}. Compare the client at the provider (redirect URL, scopes) with what is configured here."
            )),
        }
    }

    /// A status that has no meaning of its own where it came.
    pub(crate) fn of_status(who: &str, status: u16) -> Self {
        match status {
            429 | 500.. => Self::away(format!("{who} cannot be asked now: it says {status}.")),
            300..400 => Self::misconfigured(format!(
                "{who} sends on to another address (status {status}), which is not followed. Give the address to which it leads."
            )),
            _ => Self::misconfigured(format!(
                "{who} says {status} to what it is asked. Is it the right address?"
            )),
        }
    }
}

impl From<OutboundError> for OidcError {
    fn from(error: OutboundError) -> Self {
        let problem = error.to_string();
        if error.is_passing() { Self::away(problem) } else { Self::misconfigured(problem) }
    }
}

/// Some of a stranger's words: no control characters, and not many.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_providers_say() {
        let of = |error| OidcError::of_answer(error, "in its words");
        assert!(matches!(of("access_denied"), OidcError::Refused { .. }));
        assert!(matches!(of("invalid_grant"), OidcError::Refused { .. }));
        assert!(matches!(of("temporarily_unavailable"), OidcError::Away { .. }));
        assert!(matches!(of("invalid_client"), OidcError::Misconfigured { .. }));
        assert!(matches!(of("invalid_scope"), OidcError::Misconfigured { .. }));
        assert!(of("invalid_grant").to_string().contains("in its words (`invalid_grant`)"));
        let text = OidcError::of_answer("x\r\ny", &"z\n".repeat(500)).to_string();
        assert!(!text.contains(['\r', '\n']) && text.len() < 600, "{text}");
    }

    #[test]
    fn a_status() {
        assert!(matches!(OidcError::of_status("It", 503), OidcError::Away { .. }));
        assert!(matches!(OidcError::of_status("It", 429), OidcError::Away { .. }));
        assert!(matches!(OidcError::of_status("It", 302), OidcError::Misconfigured { .. }));
        assert!(matches!(OidcError::of_status("It", 404), OidcError::Misconfigured { .. }));
    }
}
