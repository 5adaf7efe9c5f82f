//! Where a browser goes after signing in.

use outbound::Url;
use thiserror::Error;

/// A page of this service to go to after signing in: a path below the service's prefix, perhaps with a query. Never
/// another site, whatever the text was (open redirects).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPath(String);

/// Why a text is no [`NextPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NextError {
    /// It leads to another site or another part of this one.
    #[error("it does not lead to a page of this service")]
    Elsewhere,
    /// More than [`NextPath::MAX`] characters.
    #[error("it has more than {} characters", NextPath::MAX)]
    TooLong,
}

/// A site that stands for whichever one the browser is at.
const HERE: &str = "http://here.invalid";

impl NextPath {
    /// The most characters it has; it travels in a URL.
    pub const MAX: usize = 1024;

    /// Takes a path that is below `prefix`, read as browsers read it.
    pub fn parse(text: &str, prefix: &str) -> Result<Self, NextError> {
        // Browsers take `\` for `/`, and leave out tabs and line ends: such a text was not written by this service.
        if !text.starts_with('/') || text.contains(|c: char| c == '\\' || c.is_control()) {
            return Err(NextError::Elsewhere);
        }
        let here = Url::parse(HERE).expect("the constant is a URL");
        let url = here.join(text).map_err(|_| NextError::Elsewhere)?;
        if url.origin() != here.origin() || !url.username().is_empty() || url.password().is_some() {
            return Err(NextError::Elsewhere);
        }
        // Without `..`, which is resolved now.
        let path = url.path();
        // `/.//x` becomes `//x`, which is another site to a browser; where everything is served at `/` nothing else catches it.
        if path.starts_with("//") {
            return Err(NextError::Elsewhere);
        }
        if path != prefix.trim_end_matches('/') && !path.starts_with(prefix) {
            return Err(NextError::Elsewhere);
        }
        let next = url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        if next.len() > Self::MAX {
            return Err(NextError::TooLong);
        }
        Ok(Self(next))
    }

    /// The service's first page.
    #[must_use]
    pub fn first(prefix: &str) -> Self {
        Self(prefix.to_owned())
    }

    /// What was signed, which was a [`NextPath`] then.
    pub(crate) fn trusted(text: String) -> Self {
        Self(text)
    }

    /// For a `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "/services/otter_grade/";

    #[test]
    fn pages_of_this_service() {
        for (text, page) in [
            ("/services/otter_grade/", "/services/otter_grade/"),
            ("/services/otter_grade", "/services/otter_grade"),
            (
                "/services/otter_grade/staff?course=88e&x=//evil",
                "/services/otter_grade/staff?course=88e&x=//evil",
            ),
            ("/services/otter_grade/a/../b#c", "/services/otter_grade/b"),
            ("/services/otter_grade/\u{e9}", "/services/otter_grade/%C3%A9"),
        ] {
            assert_eq!(NextPath::parse(text, PREFIX).unwrap().as_str(), page);
        }
        assert_eq!(NextPath::parse("/x", "/").unwrap().as_str(), "/x");
        assert_eq!(NextPath::first(PREFIX).as_str(), PREFIX);
    }

    #[test]
    fn other_places() {
        for text in [
            "",
            "services/otter_grade/",
            "https://evil.example/services/otter_grade/",
            "//evil.example/services/otter_grade/",
            "///evil.example",
            "/\\evil.example/services/otter_grade/",
            "/\t/evil.example",
            "/services/otter_grade/\r\nSet-Cookie: a=b",
            "/services/otter_grade/../../hub/logout",
            "/services/otter_grade/%2e%2e/%2E./hub/logout",
            "/services/otter_grade2/",
            "/services/otter_gradex",
            "/hub/logout",
            "/",
            "//here.invalid@evil.example/services/otter_grade/",
            "javascript:alert(1)",
        ] {
            assert_eq!(NextPath::parse(text, PREFIX), Err(NextError::Elsewhere), "{text:?}");
        }
        assert_eq!(NextPath::parse("/.//evil.example/", "/"), Err(NextError::Elsewhere));
        let long = format!("{PREFIX}{}", "x".repeat(1024));
        assert_eq!(NextPath::parse(&long, PREFIX), Err(NextError::TooLong));
    }

    proptest! {
        #[test]
        fn a_browser_stays_with_the_service(
            text in r"(/services/otter_grade/|//|/\.//|/)?([a-z./\\%@:?#\t ]|%2e|%2f|\.\./|evil\.example){0,20}",
            prefix in prop_oneof![Just(PREFIX), Just("/")],
        ) {
            if let Ok(next) = NextPath::parse(&text, prefix) {
                let page = Url::parse("https://hub.example.edu/hub/x").unwrap().join(next.as_str()).unwrap();
                prop_assert_eq!(page.host_str(), Some("hub.example.edu"));
                prop_assert!(page.path().starts_with(prefix.trim_end_matches('/')));
                prop_assert!(next.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(NextPath::parse(next.as_str(), prefix), Ok(next.clone()));
            }
        }
    }
}
