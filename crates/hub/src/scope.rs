//! Permissions, as JupyterHub writes them (<https://jupyterhub.readthedocs.io/en/stable/rbac/scopes.html>).

use std::{collections::BTreeSet, fmt, str::FromStr};

use thiserror::Error;

/// A permission: `access:services`, or for a part of it only `access:services!service=otter_grade`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    base: String,
    /// To what it is restricted: `user`, `group`, `server` or `service`, and which.
    filter: Option<(String, String)>,
}

/// Why a text is no [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no scope of JupyterHub's; one is `access:services` or `access:services!service=NAME`")]
pub struct ScopeError {
    text: String,
}

impl Scope {
    /// The permission to use a service.
    #[must_use]
    pub fn access_to_service(name: &str) -> Self {
        Self { base: "access:services".into(), filter: Some(("service".into(), name.into())) }
    }

    /// The permission to use all servers of a user.
    #[must_use]
    pub fn access_to_servers_of(user: &str) -> Self {
        Self { base: "access:servers".into(), filter: Some(("user".into(), user.into())) }
    }

    /// What it is without its restriction.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// To what kind of thing it is restricted (`user`, `group`, `server`, `service`), and to which one.
    #[must_use]
    pub fn filter(&self) -> Option<(&str, &str)> {
        self.filter.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()))
    }

    /// Whether who has this has `needed`: the same, or without restriction, or for the user whose server it is.
    ///
    /// As JupyterHub's own `check_scopes`, which does not ask who is in a group either: `!group=…` is only itself.
    #[must_use]
    pub fn grants(&self, needed: &Self) -> bool {
        if self.base != needed.base {
            return false;
        }
        match (self.filter(), needed.filter()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(("user", user)), Some(("server", server))) => {
                server.split_once('/').map_or(server, |parts| parts.0) == user
            }
            (Some(has), Some(needed)) => has == needed,
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let bad = || ScopeError { text: text.to_owned() };
        let (base, filter) = match text.split_once('!') {
            Some((base, filter)) => (base, Some(filter.split_once('=').ok_or_else(bad)?)),
            None => (text, None),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ":_-*".contains(c);
        let is_base = !base.is_empty() && base.chars().all(is_plain);
        let is_filter = filter
            .is_none_or(|(kind, name)| !kind.is_empty() && kind.chars().all(is_plain) && !name.is_empty());
        if !is_base || !is_filter {
            return Err(bad());
        }
        Ok(Self { base: base.into(), filter: filter.map(|(kind, name)| (kind.into(), name.into())) })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.filter {
            Some((kind, name)) => write!(f, "{}!{kind}={name}", self.base),
            None => f.write_str(&self.base),
        }
    }
}

/// What somebody may do, or any one thing that is needed. Shown as a list with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Of what the hub says; what is no scope there grants nothing.
    #[must_use]
    pub fn lenient<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().filter_map(|text| text.parse().ok()).collect())
    }

    /// Whether they grant that one.
    #[must_use]
    pub fn grant(&self, needed: &Scope) -> bool {
        self.0.iter().any(|scope| scope.grants(needed))
    }

    /// Whether they grant one of those; never if there is none of those. As at the hub, where a scope is among those
    /// without restriction, the same with one counts by its very name only.
    #[must_use]
    pub fn grant_any(&self, needed: &Self) -> bool {
        needed.iter().any(|one| {
            let whole = Scope { base: one.base.clone(), filter: None };
            if needed.0.contains(&whole) {
                self.0.contains(&whole) || self.0.contains(one)
            } else {
                self.grant(one)
            }
        })
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grants(has: &[&str], needed: &str) -> bool {
        Scopes::lenient(has.iter().copied()).grant(&needed.parse().unwrap())
    }

    #[test]
    fn who_may_use_a_service() {
        let needed = "access:services!service=otter_grade";
        assert_eq!(Scope::access_to_service("otter_grade").to_string(), needed);
        assert!(grants(&[needed], needed));
        assert!(grants(&["self", "access:services"], needed));
        for has in [
            "access:services!service=otter",
            "access:services!service=otter_grade2",
            "access:services!group=otter_grade",
            "access:services!user=otter_grade",
            "access:servers",
            "access:service",
            "read:services!service=otter_grade",
            "inherit",
        ] {
            assert!(!grants(&[has], needed), "{has}");
        }
        assert!(!grants(&[], needed));
        assert!(!grants(&[needed], "access:services"), "a part is not the whole");
    }

    #[test]
    fn a_user_has_their_servers() {
        assert!(grants(&["access:servers!user=ada"], "access:servers!server=ada/"));
        assert!(grants(&["access:servers!user=ada"], "access:servers!server=ada/lab"));
        assert!(!grants(&["access:servers!user=ada"], "access:servers!server=ada2/lab"));
        assert!(!grants(&["access:servers!server=ada/"], "access:servers!user=ada"));
    }

    #[test]
    fn nothing_is_granted_by_needing_nothing() {
        assert!(!Scopes::lenient(["access:services"]).grant_any(&Scopes::default()));
        assert!(Scopes::lenient(["b"]).grant_any(&Scopes::lenient(["a", "b!user=x"])));
        // What a hub tells a managed service that it needs.
        let either = Scopes::lenient(["access:services", "access:services!service=x"]);
        assert!(Scopes::lenient(["access:services!service=x"]).grant_any(&either));
        assert!(!Scopes::lenient(["access:services!service=y"]).grant_any(&either));
    }

    #[test]
    fn what_is_no_scope() {
        for text in ["", "!", "a!", "a!user", "a!user=", "a!=x", "a b", "a,b", "!user=x", "ä"] {
            assert!(text.parse::<Scope>().is_err(), "{text:?}");
        }
        assert_eq!(Scopes::lenient(["a!user", "b"]).to_string(), "b");
    }

    proptest! {
        #[test]
        fn it_is_written_as_it_was_read(text in "[a-z:*]{1,8}(!(user|group|server|service)=.{1,8})?") {
            if let Ok(scope) = text.parse::<Scope>() {
                prop_assert_eq!(scope.to_string(), text);
                prop_assert!(scope.grants(&scope));
            }
        }
    }
}
