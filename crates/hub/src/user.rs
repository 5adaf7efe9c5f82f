//! Whose a token is.

use std::{collections::BTreeSet, fmt};

use model::UserName;
use serde::Deserialize;

use crate::{
    error::HubError,
    scope::{Scope, Scopes},
};

/// A user of the hub, as far as one of their tokens says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubUser {
    /// Their name at the hub.
    pub name: UserName,
    /// The groups they are in.
    pub groups: BTreeSet<String>,
    /// What this token may do: at most what the user may.
    pub scopes: Scopes,
    /// Whether they administer the hub.
    pub is_admin: bool,
    /// The sign-in at the hub that the token comes from, if it comes from one.
    pub session_id: Option<SessionId>,
}

/// The hub's name for a browser's sign-in. Who signs out at the hub ends all tokens of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId(String);

impl HubUser {
    /// Whether the token has a scope; one of a hub's own making, such as `custom:otter_grade:staff`, or any other.
    /// The hub knows the filters `!user=`, `!group=`, `!server=` and `!service=` for them, so a course is best said by
    /// the scope's name or by a group.
    #[must_use]
    pub fn has(&self, scope: &Scope) -> bool {
        self.scopes.grant(scope)
    }

    /// Whether the token is one that a server holds: its own, or that of a visitor's page. Code of others may run there, so
    /// it does not stand for the person. A person's own token is for all servers of theirs, even where somebody shares
    /// one with them; a server's is for that one, by name.
    #[must_use]
    pub fn is_held_by_a_server(&self) -> bool {
        let is_server = |scope: &Scope| scope.filter().is_some_and(|(kind, _)| kind == "server");
        self.scopes.iter().any(is_server) && !self.has(&Scope::access_to_servers_of(self.name.as_str()))
    }

    /// Whether they are in a group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.contains(group)
    }
}

impl SessionId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// What the hub answers to the question whose a token is.
#[derive(Deserialize)]
pub(crate) struct Owner {
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    session_id: Option<String>,
}

impl Owner {
    pub(crate) fn scopes(&self) -> Scopes {
        Scopes::lenient(self.scopes.iter().map(String::as_str))
    }

    /// The user, if it is one.
    pub(crate) fn into_user(self) -> Result<HubUser, HubError> {
        if self.kind != "user" {
            return Err(HubError::NotAUser { kind: self.kind, name: self.name });
        }
        let scopes = self.scopes();
        let name = self.name.parse().map_err(|problem| HubError::Nonsense {
            problem: format!("it names a user {:?}, and {problem}", self.name),
        })?;
        Ok(HubUser {
            name,
            groups: self.groups.into_iter().collect(),
            scopes,
            is_admin: self.admin,
            session_id: self.session_id.filter(|id| !id.is_empty()).map(SessionId),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(json: &str) -> Result<HubUser, HubError> {
        serde_json::from_str::<Owner>(json).unwrap().into_user()
    }

    #[test]
    fn a_user_as_the_hub_shows_one() {
        let user = user(
            r#"{"kind": "user", "name": "prof", "admin": false, "groups": ["instructors"], "roles": ["user"],
                "server": null, "session_id": "s3cret", "token_id": "a12",
                "scopes": ["access:services!service=otter_grade", "custom:otter_grade:staff"]}"#,
        )
        .unwrap();
        assert_eq!(user.name.as_str(), "prof");
        assert!(user.is_in("instructors") && !user.is_in("instructor") && !user.is_admin);
        assert!(user.has(&"custom:otter_grade:staff".parse().unwrap()));
        assert!(!user.has(&"custom:otter_grade".parse().unwrap()));
        assert_eq!(user.session_id.as_ref().unwrap().as_str(), "s3cret");
        assert!(!format!("{user:?}").contains("s3cret"));
    }

    #[test]
    fn a_servers_token_is_not_its_users() {
        let is_held = |scopes: &[&str]| {
            let owner = serde_json::json!({"kind": "user", "name": "prof", "scopes": scopes});
            serde_json::from_value::<Owner>(owner).unwrap().into_user().unwrap().is_held_by_a_server()
        };
        let service = "access:services!service=otter_grade";
        assert!(is_held(&["access:servers!server=prof/", "users:activity!user=prof", service]));
        assert!(
            is_held(&["access:servers!server=ada/lab", service]),
            "what prof's page left on ada's server"
        );
        assert!(is_held(&["access:servers!server=ada/", "access:servers!user=ada", service]));
        assert!(!is_held(&["access:servers!user=prof", "read:users!user=prof", service]));
        assert!(!is_held(&["access:servers!user=prof", "access:servers!server=ada/", service]), "shared");
        assert!(!is_held(&["access:servers", "access:servers!server=ada/", service]));
        assert!(!is_held(&[service]) && !is_held(&[]));
    }

    #[test]
    fn who_is_no_user() {
        let error = user(r#"{"kind": "service", "name": "ada", "admin": true}"#).unwrap_err();
        assert!(matches!(&error, HubError::NotAUser { kind, name } if kind == "service" && name == "ada"));
        assert!(matches!(user(r#"{"kind": "user", "name": "a\nb"}"#), Err(HubError::Nonsense { .. })));
        assert!(serde_json::from_str::<Owner>(r#"{"name": "ada"}"#).is_err());
    }
}
