//! Who is called.

use std::{fmt, str::FromStr};

use reqwest::Url;
use thiserror::Error;

/// Scheme, host and port of a URL: who is called, and how. Shown as a URL's beginning, `https://github.com`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    secure: bool,
    /// Lower case; an IP address in its shortest form, IPv6 in brackets.
    host: String,
    port: u16,
}

/// Why a text names no [`Site`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is no site that can be called: {problem}. Give it as `host`, `host:port` or `https://host:port`."
)]
pub struct SiteError {
    /// What was given.
    text: String,
    /// What is wrong with it.
    problem: String,
}

impl Site {
    /// Where a URL leads to; `None` unless it is an `http` or `https` URL.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = url.host_str().filter(|host| !host.is_empty())?;
        Some(Self { secure, host: host.to_owned(), port: url.port_or_known_default()? })
    }

    /// The host, as URLs have it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether what is said is encrypted and the other side proves who it is.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }
}

impl FromStr for Site {
    type Err = SiteError;

    /// `host`, `host:port` (both mean `https`), or a URL's beginning with its scheme.
    fn from_str(text: &str) -> Result<Self, SiteError> {
        let error =
            |problem: &str| SiteError { text: text.chars().take(200).collect(), problem: problem.into() };
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&full).map_err(|problem| error(&problem.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(error("it has a user name or password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(error("it has a path"));
        }
        Self::of(&url).ok_or_else(|| error("only http and https are spoken"))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_scheme_host_and_port() {
        let shown = |text: &str| text.parse::<Site>().unwrap().to_string();
        assert_eq!(shown("api.github.com"), "https://api.github.com");
        assert_eq!(shown("API.GitHub.com:443"), "https://api.github.com");
        assert_eq!(shown("https://ghe.example.edu:8443/"), "https://ghe.example.edu:8443");
        assert_eq!(shown("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(shown("http://0x7f.1:80"), "http://127.0.0.1");
        assert_eq!(shown("http://2130706433"), "http://127.0.0.1");
        assert_eq!(shown("[::1]:9"), "https://[::1]:9");
        assert_eq!(shown("bücher.example"), "https://xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_site() {
        for text in [
            "",
            "https://",
            "ftp://host",
            "file:///etc",
            "host/path",
            "user@host",
            "https://u:p@host",
            "a b",
            "h?q",
        ] {
            assert!(text.parse::<Site>().is_err(), "{text}");
        }
        let text = "user@host".parse::<Site>().unwrap_err().to_string();
        assert!(text.contains("user name") && text.contains("`host:port`"), "{text}");
    }
}
