//! By which name a browser came, where that is all that stands between a page and what it may read.

use axum::http::{HeaderMap, header};

use crate::{api::problem::ApiError, identity::Door};

/// Refuses a name that is not known to be this service's.
pub(crate) fn require(door: &Door, headers: &HeaderMap) -> Result<(), ApiError> {
    let (Some(known), Some(host)) = (&door.hosts, headers.get(header::HOST)) else { return Ok(()) };
    let host = host.to_str().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        // An IPv6 address is not a name.
        Some(_) => return Ok(()),
        None => host.split(':').next().unwrap_or_default().to_ascii_lowercase(),
    };
    let is_address = name.parse::<std::net::Ipv4Addr>().is_ok();
    let is_local = name == "localhost" || name.ends_with(".localhost");
    if is_address || is_local || known.contains(&name) { Ok(()) } else { Err(ApiError::OtherHost) }
}

#[cfg(test)]
mod tests {
    use hub::StateKey;

    use super::*;
    use crate::identity::{SessionKey, WayIn};

    #[test]
    fn only_names_of_this_service_are_answered() {
        let way_in = WayIn::SingleUser("ada".parse().unwrap());
        let mut door = Door::new(way_in, SessionKey::of(&"s".into()), StateKey::of(&"s".into()));
        door.hosts = Some(vec!["grading.example.edu".into()]);
        let told = |door: &Door, host: &str| {
            require(door, &[(header::HOST, host.parse().unwrap())].into_iter().collect()).is_ok()
        };
        for host in
            ["127.0.0.1:10101", "[::1]:10101", "localhost", "Grading.example.edu:443", "a.localhost:1"]
        {
            assert!(told(&door, host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:10101", "127.0.0.1.evil.example", ""] {
            assert!(!told(&door, host), "{host}");
        }
        assert!(require(&door, &HeaderMap::new()).is_ok(), "no browser");
        door.hosts = None;
        assert!(told(&door, "evil.example"), "nobody asked for it");
    }
}
