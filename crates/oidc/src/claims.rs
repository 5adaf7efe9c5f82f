//! What every ID token must say (OpenID Connect Core 1.0, 3.1.3.7; 1EdTech Security Framework 1.0, 5.1.3).

use jiff::Timestamp;
use serde_json::Value;

use crate::{error::plain, jwt::Claims};

/// Seconds by which the clocks of both sides may differ.
const LEEWAY_S: i64 = 60;

/// For whom a token must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// Made for this sign-in, so that no token of another one counts.
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

impl Expected<'_> {
    /// Whether a signed token is for this service, now and here. The error says what is wrong as the end of "The ID
    /// token …".
    pub(crate) fn check(&self, claims: &Claims) -> Result<(), String> {
        let issuer = text(claims, "iss").unwrap_or_default();
        if issuer != self.issuer {
            return Err(format!("is of the issuer `{}`, not of `{}`", plain(issuer), self.issuer));
        }
        self.check_audience(claims)?;
        let now_s = self.now.as_second();
        let until = seconds(claims, "exp").ok_or("does not say until when it is good (`exp`)")?;
        if until <= now_s.saturating_sub(LEEWAY_S) {
            return Err("has run out; the clocks of both machines must be right".into());
        }
        let made = seconds(claims, "iat").ok_or("does not say when it was made (`iat`)")?;
        let from = if claims.contains_key("nbf") { seconds(claims, "nbf").unwrap_or(i64::MAX) } else { made };
        if made.max(from) > now_s.saturating_add(LEEWAY_S) {
            return Err("is of the future; the clocks of both machines must be right".into());
        }
        if self.nonce.is_empty() || text(claims, "nonce") != Some(self.nonce) {
            return Err("belongs to another sign-in (`nonce`)".into());
        }
        Ok(())
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), String> {
        let audiences = audiences(claims);
        if !audiences.contains(&self.client_id) {
            return Err("is for another client (`aud`); compare the client id".into());
        }
        match claims.get("azp") {
            // Whom it was made for, of several.
            None if audiences.len() > 1 => {
                Err("is for several clients, and does not say for which (`azp`)".into())
            }
            Some(party) if party.as_str() != Some(self.client_id) => {
                Err("was made for another client (`azp`); compare the client id".into())
            }
            _ => Ok(()),
        }
    }
}

/// For whom a token is: one, or a list.
pub(crate) fn audiences(claims: &Claims) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A claim that is a text with something in it.
pub(crate) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A time as a number of seconds. Some write a fraction.
fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    let Value::Number(number) = claims.get(name)? else { return None };
    number.as_i64().or_else(|| number.to_string().split('.').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn good() -> Value {
        json!({"iss": "https://i", "aud": "me", "exp": NOW + 300, "iat": NOW - 1, "nonce": "n", "sub": "ada"})
    }

    fn check(change: impl FnOnce(&mut Claims)) -> Result<(), String> {
        let Value::Object(mut claims) = good() else { panic!() };
        change(&mut claims);
        let now = Timestamp::from_second(NOW).unwrap();
        Expected { issuer: "https://i", client_id: "me", nonce: "n", now }.check(&claims)
    }

    fn set(name: &'static str, value: Value) -> impl FnOnce(&mut Claims) {
        move |claims| drop(claims.insert(name.into(), value))
    }

    #[test]
    fn a_good_token() {
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(set("aud", json!(["me"]))), Ok(()));
        assert_eq!(check(set("azp", json!("me"))), Ok(()));
        assert_eq!(check(set("exp", json!(NOW - 59))), Ok(()));
        assert_eq!(check(set("exp", json!(1_800_000_000.5))), Ok(()));
        assert_eq!(check(set("iat", json!(NOW + 60))), Ok(()));
        assert_eq!(check(set("nbf", json!(NOW))), Ok(()));
        let several = |claims: &mut Claims| {
            claims.insert("aud".into(), json!(["account", "me"]));
            claims.insert("azp".into(), json!("me"));
        };
        assert_eq!(check(several), Ok(()));
    }

    #[test]
    fn each_claim_counts() {
        for (name, value) in [
            ("iss", json!("https://i/")),
            ("iss", json!("https://evil")),
            ("iss", json!(["https://i"])),
            ("aud", json!("you")),
            ("aud", json!(["you"])),
            ("aud", json!(["me", "you"])),
            ("aud", json!([])),
            ("aud", json!({"me": 1})),
            ("azp", json!("you")),
            ("azp", json!(null)),
            ("exp", json!(NOW - 60)),
            ("exp", json!("1900000000")),
            ("exp", json!(-1.5)),
            ("iat", json!(NOW + 61)),
            ("iat", json!(null)),
            ("nbf", json!(NOW + 61)),
            ("nbf", json!("x")),
            ("nonce", json!("m")),
            ("nonce", json!("")),
            ("nonce", json!(1)),
        ] {
            let shown = format!("{name} {value}");
            assert!(check(set(name, value)).is_err(), "{shown}");
        }
        for name in ["iss", "aud", "exp", "iat", "nonce"] {
            assert!(check(|claims| drop(claims.remove(name))).is_err(), "{name}");
        }
    }

    #[test]
    fn an_empty_nonce_is_none() {
        let Value::Object(mut claims) = good() else { panic!() };
        claims.insert("nonce".into(), json!(""));
        let now = Timestamp::from_second(NOW).unwrap();
        assert!(Expected { issuer: "https://i", client_id: "me", nonce: "", now }.check(&claims).is_err());
    }
}
