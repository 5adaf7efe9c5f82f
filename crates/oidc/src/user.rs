//! Who signed in.

use std::collections::BTreeSet;

use model::UserName;
use serde_json::Value;

use crate::{
    claims::text,
    error::{OidcError, plain},
    jwt::Claims,
    settings::OidcSettings,
};

/// Somebody who signed in at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcUser {
    /// Their name here, from the claim that is configured.
    pub name: UserName,
    /// Their groups, from the claim that is configured.
    pub groups: BTreeSet<String>,
    /// What the provider itself calls them, for ever (`sub`).
    pub subject: String,
}

/// What a source of claims says about the user's name.
enum Found {
    Name(String),
    /// An address that the provider has not checked: anybody could have given it.
    NotVerified,
    Nothing,
}

/// Whether the ID token leaves out what is asked for, so that the provider's userinfo is to be asked.
pub(crate) fn is_incomplete(settings: &OidcSettings, claims: &Claims) -> bool {
    let has_groups = settings.groups_claim.as_ref().is_none_or(|claim| claims.contains_key(claim));
    !has_groups || !matches!(find_name(&settings.user_claim, claims), Found::Name(_))
}

impl OidcUser {
    /// From the claims of the ID token and, where it was asked, of the userinfo, which is of the same subject.
    pub(crate) fn read(
        settings: &OidcSettings,
        subject: String,
        token: &Claims,
        userinfo: Option<&Claims>,
    ) -> Result<Self, OidcError> {
        let name = name(&settings.user_claim, [Some(token), userinfo].into_iter().flatten())?;
        let groups = match &settings.groups_claim {
            // Who is in no group often has no such claim.
            Some(claim) => {
                let value = token.get(claim).or_else(|| userinfo?.get(claim));
                value.map_or_else(|| Ok(BTreeSet::new()), |value| groups(claim, value))?
            }
            None => BTreeSet::new(),
        };
        Ok(Self { name, groups, subject })
    }
}

fn name<'a>(claim: &str, sources: impl Iterator<Item = &'a Claims>) -> Result<UserName, OidcError> {
    let mut is_unverified = false;
    for source in sources {
        match find_name(claim, source) {
            Found::Name(name) => {
                return name.parse().map_err(|problem| {
                    OidcError::refused(format!(
                        "The provider calls you `{}` (`{claim}`), which cannot be a user's name here: {problem}. Ask whoever runs this service to take another claim.",
                        plain(&name)
                    ))
                });
            }
            Found::NotVerified => is_unverified = true,
            Found::Nothing => (),
        }
    }
    Err(if is_unverified {
        OidcError::refused(
            "The provider has not verified your e-mail address, so it does not say who you are. Verify it there, then sign in again.",
        )
    } else {
        OidcError::misconfigured(format!(
            "The provider does not say the claim `{claim}`, which is to be the user's name. Ask for a scope with it (`email`, `profile`), or take another claim."
        ))
    })
}

fn find_name(claim: &str, claims: &Claims) -> Found {
    let name = match claims.get(claim) {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => text(claims, claim).map(str::to_owned),
    };
    match name {
        None => Found::Nothing,
        Some(_) if claim == "email" && !is_true(claims.get("email_verified")) => Found::NotVerified,
        Some(name) => Found::Name(name),
    }
}

/// Some providers write it as a text.
fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.and_then(Value::as_str) == Some("true")
}

fn groups(claim: &str, value: &Value) -> Result<BTreeSet<String>, OidcError> {
    let groups = match value {
        Value::Null => Some(BTreeSet::new()),
        Value::String(one) => Some(BTreeSet::from([one.clone()])),
        Value::Array(several) => several.iter().map(|group| group.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    groups.ok_or_else(|| {
        OidcError::misconfigured(format!(
            "The provider's claim `{claim}` is no list of texts, so it does not name groups. Let it be one, or take another claim."
        ))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        serde_json::from_value(value).unwrap()
    }

    fn settings(user: &str, groups: Option<&str>) -> OidcSettings {
        OidcSettings {
            issuer: "https://login.example.org".parse().unwrap(),
            client_id: "otter".into(),
            client_secret: None,
            scopes: Vec::new(),
            user_claim: user.into(),
            groups_claim: groups.map(str::to_owned),
            redirect_url: "https://grade.example.org/oauth_callback".parse().unwrap(),
            allow_private: false,
        }
    }

    fn named(user: &str, token: Value, userinfo: Value) -> Result<String, OidcError> {
        let (token, userinfo) = (claims(token), claims(userinfo));
        OidcUser::read(&settings(user, None), "s".into(), &token, Some(&userinfo))
            .map(|user| user.name.into())
    }

    #[test]
    fn an_address_counts_only_if_it_is_verified() {
        let ada = json!({"email": "ada@example.org", "email_verified": true});
        assert_eq!(named("email", ada.clone(), json!({})).unwrap(), "ada@example.org");
        assert_eq!(named("email", json!({}), ada.clone()).unwrap(), "ada@example.org");
        assert_eq!(named("email", json!({"email": "ada@example.org"}), ada).unwrap(), "ada@example.org");
        let text = json!({"email": "ada@example.org", "email_verified": "true"});
        assert!(named("email", text, json!({})).is_ok());
        for verified in [json!(false), json!("false"), json!(1), json!(null), json!([true])] {
            let claims = json!({"email": "ada@example.org", "email_verified": verified});
            let error = named("email", claims, json!({})).unwrap_err();
            assert!(matches!(error, OidcError::Refused { .. }), "{verified}: {error}");
        }
        // Each source vouches for its own address only.
        let mixed = named("email", json!({"email": "ada@example.org"}), json!({"email_verified": true}));
        assert!(mixed.is_err());
    }

    #[test]
    fn a_name_is_one() {
        assert_eq!(
            named("preferred_username", json!({"preferred_username": "ada"}), json!({})).unwrap(),
            "ada"
        );
        assert_eq!(named("uid", json!({"uid": 42}), json!({})).unwrap(), "42");
        let error = named("uid", json!({"uid": "a\nb"}), json!({})).unwrap_err();
        assert!(error.to_string().contains("`ab` (`uid`)"), "{error}");
        for odd in [json!({}), json!({"uid": ""}), json!({"uid": ["ada"]}), json!({"uid": {}})] {
            assert!(matches!(named("uid", odd, json!({})).unwrap_err(), OidcError::Misconfigured { .. }));
        }
    }

    #[test]
    fn groups_are_a_list_or_one() {
        let read = |value: Value| {
            let token = claims(json!({"uid": "ada", "groups": value}));
            OidcUser::read(&settings("uid", Some("groups")), "s".into(), &token, None).map(|user| user.groups)
        };
        assert_eq!(read(json!(["a", "b", "a"])).unwrap(), ["a".to_owned(), "b".into()].into());
        assert_eq!(read(json!("a")).unwrap(), ["a".to_owned()].into());
        assert_eq!(read(json!(null)).unwrap(), BTreeSet::new());
        assert!(read(json!({"a": 1})).is_err());
        assert!(read(json!(["a", 1])).is_err());
    }

    #[test]
    fn the_userinfo_is_asked_where_something_is_missing() {
        let token = |value| claims(value);
        assert!(!is_incomplete(&settings("uid", None), &token(json!({"uid": "ada"}))));
        assert!(is_incomplete(&settings("uid", None), &token(json!({}))));
        assert!(is_incomplete(&settings("email", None), &token(json!({"email": "a"}))));
        assert!(is_incomplete(&settings("uid", Some("groups")), &token(json!({"uid": "ada"}))));
        assert!(!is_incomplete(&settings("uid", Some("g")), &token(json!({"uid": "ada", "g": []}))));
    }
}
