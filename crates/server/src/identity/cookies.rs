//! Cookies of this service: none of them is for scripts, for other sites, or for other parts of a hub.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{app::App, identity::client::Client};

/// The cookie of that name, if the browser sent one.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// How long a cookie is good for and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sent with what this service's own pages ask for, and when a link leads here. Seconds.
    Lax(u64),
    /// Sent also with what other sites' pages post here, which browsers do by https only. Seconds.
    CrossSite(u64),
    /// To be removed.
    Gone,
}

/// The header that sets a cookie. The value must be made of characters that cookies may have.
pub(crate) fn set(app: &App, client: Client, name: &str, value: &str, kind: Kind) -> HeaderValue {
    let prefix = &app.settings.prefix;
    let (max_age, same_site) = match kind {
        Kind::CrossSite(seconds) if client.is_secure => (seconds, "None"),
        Kind::Lax(seconds) | Kind::CrossSite(seconds) => (seconds, "Lax"),
        Kind::Gone => (0, "Lax"),
    };
    let secure = if client.is_secure { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path={prefix}; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}");
    HeaderValue::from_str(&text).expect("names, values and the prefix are plain text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "xa=1; a=2;b=3=4".parse().unwrap());
        headers.append(header::COOKIE, "c=5".parse().unwrap());
        let found = ["a", "b", "c", "xa", "d"].map(|name| read(&headers, name));
        assert_eq!(found, [Some("2"), Some("3=4"), Some("5"), Some("1"), None]);
    }
}
