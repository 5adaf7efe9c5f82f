//! Who looks after what.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use hub::{HubUser, Scope};
use model::{Name, NameError, UserName};
use thiserror::Error;

/// The hub's custom scope that makes somebody staff of every course; with `:COURSE` behind it, in lower case, of one.
const STAFF_SCOPE: &str = "custom:otter_grade:staff";

/// Somebody whom a configuration names: `ada`, or `group:data8-staff` for whoever is in that group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// A user.
    User(UserName),
    /// All users in a group of the hub or of the sign-in provider.
    Group(String),
}

/// Why a text names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MemberError {
    /// `group:` and nothing.
    #[error("a group needs a name after `group:`")]
    NoGroup,
    /// Not a user.
    #[error("{text:?} is not a user: {problem}")]
    NoUser {
        /// What was written.
        text: String,
        /// What is wrong with it.
        problem: NameError,
    },
}

impl FromStr for Member {
    type Err = MemberError;

    fn from_str(text: &str) -> Result<Self, MemberError> {
        match text.strip_prefix("group:") {
            Some("") => Err(MemberError::NoGroup),
            Some(group) => Ok(Self::Group(group.to_owned())),
            None => text
                .parse()
                .map(Self::User)
                .map_err(|problem| MemberError::NoUser { text: text.to_owned(), problem }),
        }
    }
}

/// Who looks after what, as configured. What the hub says comes on top: its administrators, and those who have its scope
/// `custom:otter_grade:staff`.
#[derive(Debug, Clone, Default)]
pub struct RoleRules {
    /// Who may do everything.
    pub administrators: Vec<Member>,
    /// Staff of every course.
    pub staff: Vec<Member>,
    /// Staff of some courses.
    pub courses: BTreeMap<Name, Vec<Member>>,
}

impl RoleRules {
    pub(crate) fn is_administrator(&self, user: &UserName, groups: &BTreeSet<String>) -> bool {
        has(&self.administrators, user, groups)
    }

    pub(crate) fn is_staff(
        &self,
        user: &UserName,
        groups: &BTreeSet<String>,
        hub: Option<&HubUser>,
        course: &Name,
    ) -> bool {
        let of_course = self.courses.get(course).map_or(&[][..], Vec::as_slice);
        has(&self.staff, user, groups)
            || has(of_course, user, groups)
            || hub.is_some_and(|user| has_scope(user, course))
    }

    /// Those of the groups that make any difference: a session need not remember the others.
    pub(crate) fn that_matter(&self, groups: BTreeSet<String>) -> BTreeSet<String> {
        let members = self.administrators.iter().chain(&self.staff).chain(self.courses.values().flatten());
        let named: BTreeSet<&str> = members
            .filter_map(|member| match member {
                Member::Group(group) => Some(group.as_str()),
                Member::User(_) => None,
            })
            .collect();
        groups.into_iter().filter(|group| named.contains(group.as_str())).collect()
    }
}

fn has(members: &[Member], user: &UserName, groups: &BTreeSet<String>) -> bool {
    members.iter().any(|member| match member {
        Member::User(name) => name == user,
        Member::Group(group) => groups.contains(group),
    })
}

/// Whether the token itself says so.
pub(super) fn has_scope(user: &HubUser, course: &Name) -> bool {
    let of_course = format!("{STAFF_SCOPE}:{}", course.as_str().to_ascii_lowercase());
    [STAFF_SCOPE, &of_course].iter().any(|scope| scope.parse::<Scope>().is_ok_and(|scope| user.has(&scope)))
}

#[cfg(test)]
mod tests {
    use hub::Scopes;

    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn staff_by_name_by_group_and_by_the_hubs_scope() {
        let members = |list: &[&str]| list.iter().map(|one| one.parse().unwrap()).collect::<Vec<Member>>();
        let rules = RoleRules {
            administrators: members(&["root"]),
            staff: members(&["group:all-staff"]),
            courses: [(name("88e"), members(&["ada", "group:data8"]))].into(),
        };
        let is_staff = |user: &str, group: &str, scope: Option<&str>, course: &str| {
            let user: UserName = user.parse().unwrap();
            let hub = scope.map(|scope| HubUser {
                name: user.clone(),
                groups: BTreeSet::new(),
                scopes: Scopes::lenient([scope]),
                is_admin: false,
                session_id: None,
            });
            rules.is_staff(&user, &[group.to_owned()].into(), hub.as_ref(), &name(course))
        };
        assert!(is_staff("ada", "", None, "88e") && !is_staff("ada", "", None, "8x"));
        assert!(is_staff("bob", "data8", None, "88e") && !is_staff("bob", "data8", None, "8x"));
        assert!(is_staff("bob", "all-staff", None, "8x"));
        assert!(!is_staff("data8", "", None, "88e") && !is_staff("group:data8", "", None, "88e"));
        assert!(is_staff("bob", "", Some("custom:otter_grade:staff"), "8X"));
        assert!(is_staff("bob", "", Some("custom:otter_grade:staff:8x"), "8X"));
        assert!(!is_staff("bob", "", Some("custom:otter_grade:staff:8x"), "88e"));
        assert!(!is_staff("bob", "", Some("custom:otter_grade:student"), "88e"));
        let root = "root".parse().unwrap();
        assert!(rules.is_administrator(&root, &BTreeSet::new()));
        let groups = ["data8", "choir"].map(str::to_owned).into();
        assert_eq!(rules.that_matter(groups), ["data8".to_owned()].into());
    }

    #[test]
    fn who_is_nobody() {
        assert_eq!("group:".parse::<Member>(), Err(MemberError::NoGroup));
        assert!("".parse::<Member>().unwrap_err().to_string().contains("it is empty"));
    }
}
