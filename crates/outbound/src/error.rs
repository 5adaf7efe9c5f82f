//! Why a call did not succeed.

use std::{error::Error as _, io, net::IpAddr};

use thiserror::Error;

use crate::site::Site;

/// Why a call did not succeed. For operators. Names hosts, never paths, queries or headers, which may hold secrets.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// A host, port or scheme that is not on the list.
    #[error("{site} is not called, because it is not among the sites that the configuration names.")]
    NotAllowed {
        /// The URL's beginning.
        site: String,
    },
    /// A name or password in the URL.
    #[error("{site} is not called by a URL that has a user name or password in it. Give the URL without.")]
    UserInfo {
        /// Whom the URL means.
        site: Site,
    },
    /// An address of this machine or its network.
    #[error(
        "{host} is not called, because its address {address} is private: of this machine or its network. If that is right, add {host} to `allow_private`."
    )]
    PrivateAddress {
        /// The host.
        host: String,
        /// Where it is.
        address: IpAddr,
    },
    /// An address at which nothing is that the service has business with.
    #[error(
        "{host} is not called, because its address {address} is link-local, reserved or one of a cloud's metadata, which is never right. Correct the host or its entry in the DNS."
    )]
    ForbiddenAddress {
        /// The host.
        host: String,
        /// Where it is.
        address: IpAddr,
    },
    /// The name has no address, as far as is known now.
    #[error("The address of {host} cannot be found: {problem}. Check the name, the DNS and the network.")]
    Lookup {
        /// The host.
        host: String,
        /// What the resolver said.
        problem: io::Error,
    },
    /// There is no connection, or none that can be trusted.
    #[error("{site} cannot be reached: {problem}. Check the network, and its certificate if that is named.")]
    Connection {
        /// Who was called.
        site: Site,
        /// What went wrong.
        problem: String,
    },
    /// No answer, or not all of it, in time.
    #[error("{site} did not answer in time.")]
    TimedOut {
        /// Who was called.
        site: Site,
    },
    /// The answer broke off.
    #[error("The answer of {site} broke off: {problem}.")]
    Broken {
        /// Who was called.
        site: Site,
        /// What went wrong.
        problem: String,
    },
    /// The answer is larger than what is taken.
    #[error("The answer of {site} is larger than {limit_bytes} bytes.")]
    TooLarge {
        /// Who was called.
        site: Site,
        /// The most that is taken.
        limit_bytes: u64,
    },
    /// The answer is not the JSON that was expected. What it is instead may be secret.
    #[error("{site} answered something else than was expected: {problem}. Is it the right URL?")]
    Nonsense {
        /// Who was called.
        site: Site,
        /// In which way.
        problem: String,
    },
    /// Ours: what was received cannot be written.
    #[error("What {site} sent cannot be kept: {problem}. Check the disk's space and permissions.")]
    Keep {
        /// Who was called.
        site: Site,
        /// What the system said.
        problem: io::Error,
    },
    /// Ours: the request cannot be made.
    #[error("No request can be made: {problem}.")]
    Request {
        /// What is wrong.
        problem: String,
    },
}

impl OutboundError {
    /// Whether the same call may succeed later, with nothing changed here.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Lookup { .. } | Self::Connection { .. } | Self::TimedOut { .. } | Self::Broken { .. }
        )
    }

    /// What the client says, as one of ours.
    pub(crate) fn of(site: &Site, error: reqwest::Error) -> Self {
        // URLs may hold secrets: GitHub redirects to ones that do.
        let error = error.without_url();
        if let Some(refusal) = find_refusal(&error) {
            return refusal;
        }
        let site = site.clone();
        let problem = innermost(&error);
        if error.is_timeout() {
            Self::TimedOut { site }
        } else if error.is_builder() {
            Self::Request { problem }
        } else if error.is_body() || error.is_decode() {
            Self::Broken { site, problem }
        } else {
            Self::Connection { site, problem }
        }
    }

    /// The same again; for what comes out of the client by reference only. `None` for what the guard never says.
    fn again(&self) -> Option<Self> {
        let host = |host: &String| host.clone();
        Some(match self {
            Self::PrivateAddress { host: name, address } => {
                Self::PrivateAddress { host: host(name), address: *address }
            }
            Self::ForbiddenAddress { host: name, address } => {
                Self::ForbiddenAddress { host: host(name), address: *address }
            }
            Self::Lookup { host: name, problem } => {
                let problem = io::Error::new(problem.kind(), problem.to_string());
                Self::Lookup { host: host(name), problem }
            }
            _ => return None,
        })
    }
}

/// What the guard of the addresses said, which the client wraps.
fn find_refusal(error: &reqwest::Error) -> Option<OutboundError> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refusal) = inner.downcast_ref::<OutboundError>() {
            return refusal.again();
        }
        cause = inner.source();
    }
    None
}

/// The cause that says most; those around it say "error sending request".
fn innermost(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
