//! A platform as it is registered here: whose users its users are, and for which courses it speaks.

use std::{collections::BTreeSet, str::FromStr};

use model::{AssignmentKey, Name, UserName};
use oidc::{LtiLaunch, LtiPlatform, LtiRole};

use crate::{
    api::problem::ApiError,
    passback::{KeptLaunch, KeptPlatform},
};

/// The custom parameter that says which assignment a link is for: `course/section/assignment`.
const ASSIGNMENT: &str = "otter_assignment";

/// A platform, and what the operator decided about it.
#[derive(Debug, Clone)]
pub struct LtiRegistration {
    /// What it is called here.
    pub name: Name,
    /// What its users' names begin with, so that those of two platforms never meet. The same for several registrations at
    /// one platform (one issuer), whose users are the same people.
    pub users: Name,
    /// Who it is.
    pub platform: LtiPlatform,
    /// What else its users' names are made of.
    pub user: UserClaim,
    /// The courses that its links may be for; all if it is empty.
    pub courses: BTreeSet<Name>,
}

/// What of a launch is the user's name here, behind the platform's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum UserClaim {
    /// What the platform calls them, for ever.
    #[default]
    Subject,
    /// Their address, as the platform tells it.
    Email,
    /// A custom parameter. Only for one that nobody but the platform's administrators can set: who sets it says who
    /// somebody is.
    Custom(String),
}

/// Why a text names no [`UserClaim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be `sub`, `email`, or `custom:NAME` with a custom parameter")]
pub struct UserClaimError;

impl FromStr for UserClaim {
    type Err = UserClaimError;

    fn from_str(text: &str) -> Result<Self, UserClaimError> {
        match (text, text.strip_prefix("custom:")) {
            ("" | "sub", _) => Ok(Self::Subject),
            ("email", _) => Ok(Self::Email),
            (_, Some(name)) if !name.is_empty() => Ok(Self::Custom(name.to_owned())),
            _ => Err(UserClaimError),
        }
    }
}

impl LtiRegistration {
    /// Who somebody is here: `campus:42`.
    pub(super) fn user(&self, launch: &LtiLaunch) -> Result<UserName, ApiError> {
        let (what, found) = match &self.user {
            UserClaim::Subject => ("`sub`".to_owned(), Some(&launch.subject)),
            UserClaim::Email => ("`email`".to_owned(), launch.email.as_ref()),
            UserClaim::Custom(name) => (format!("custom parameter `{name}`"), launch.custom.get(name)),
        };
        let found = found.filter(|found| !found.is_empty()).ok_or_else(|| {
            refused(format!("The platform's launch has no {what}, which is to say who you are. Tell those who set it up there."))
        })?;
        // A platform that does not know a variable leaves it as it is, for everybody.
        if matches!(self.user, UserClaim::Custom(_)) && found.starts_with('$') {
            return Err(refused(format!(
                "The platform has put nothing in place of the variable in the {what}, which is to say who you are. Tell those who set it up there."
            )));
        }
        format!("{}:{found}", self.users).parse().map_err(|problem| {
            refused(format!("The {what} of the platform's launch cannot be a user's name here: {problem}. Tell those who run this service."))
        })
    }

    /// The groups that somebody is in: who looks after the course from which they come is in its group of staff. What
    /// that means here is the operator's decision, because a link can say that it is for any assignment.
    pub(super) fn groups(&self, launch: &LtiLaunch) -> BTreeSet<String> {
        let course = launch.context_id.as_ref().filter(|_| launch.role == LtiRole::Staff);
        course.map(|course| format!("{}:{course}:staff", self.users)).into_iter().collect()
    }

    /// What is kept of a launch: where grades of its user go, and as what the user is known there. No name, no address.
    pub(super) fn kept(&self, launch: &LtiLaunch) -> KeptLaunch {
        let platform = KeptPlatform {
            line_item: launch.ags.as_ref().and_then(|ags| Some(ags.lineitem.as_ref()?.to_string())),
            token_url: self.platform.token_url.to_string(),
            client_id: self.platform.client_id.clone(),
            sub: launch.subject.clone(),
        };
        KeptLaunch { lti11: None, lti13: Some(platform) }
    }

    /// For which assignment somebody came, if the link says so.
    pub(super) fn assignment(&self, launch: &LtiLaunch) -> Result<Option<AssignmentKey>, ApiError> {
        let Some(text) = launch.custom.get(ASSIGNMENT) else { return Ok(None) };
        let parts: Vec<Name> = text.split('/').map_while(|part| part.parse().ok()).collect();
        let is_whole = text.split('/').count() == parts.len();
        let Some([course, section, assignment]) =
            is_whole.then(|| <[Name; 3]>::try_from(parts).ok()).flatten()
        else {
            return Err(refused(format!(
                "The link's custom parameter {ASSIGNMENT} does not name an assignment: it must be `course/section/assignment`, for instance `88e/1/lab01`. Tell those who made the link."
            )));
        };
        if !self.courses.is_empty() && !self.courses.contains(&course) {
            return Err(refused(format!(
                "Links of this platform may not be for the course `{course}`. Tell those who run this service."
            )));
        }
        Ok(Some(AssignmentKey { course, section, assignment }))
    }
}

fn refused(problem: String) -> ApiError {
    ApiError::Launch(problem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registration() -> LtiRegistration {
        let url = || "https://lms.example.org/".parse().unwrap();
        LtiRegistration {
            users: "campus".parse().unwrap(),
            name: "campus".parse().unwrap(),
            platform: LtiPlatform {
                issuer: "https://lms.example.org".into(),
                client_id: "otter".into(),
                deployment_ids: Vec::new(),
                auth_url: url(),
                token_url: url(),
                jwks_url: url(),
                allow_private: false,
            },
            user: UserClaim::Subject,
            courses: BTreeSet::new(),
        }
    }

    fn launch(change: &serde_json::Value) -> LtiLaunch {
        let mut launch = json!({
            "issuer": "https://lms.example.org", "client_id": "otter", "subject": "42", "deployment_id": "1",
            "role": "learner", "ags": null, "resource_link_id": "r", "context_id": "c+1", "custom": {"uid": "ada"},
            "target_link_uri": "https://grade.example.org/", "name": null, "email": "ada@example.org",
        });
        for (name, value) in change.as_object().unwrap() {
            launch[name] = value.clone();
        }
        serde_json::from_value(launch).unwrap()
    }

    #[test]
    fn users_of_two_platforms_never_meet() {
        let by = |claim: &str| {
            let registration = LtiRegistration { user: claim.parse().unwrap(), ..registration() };
            registration.user(&launch(&json!({}))).map(String::from).map_err(|error| error.to_string())
        };
        assert_eq!(by("sub").unwrap(), "campus:42");
        assert_eq!(by("email").unwrap(), "campus:ada@example.org");
        assert_eq!(by("custom:uid").unwrap(), "campus:ada");
        assert!(by("custom:other").unwrap_err().contains("custom parameter `other`"));
        assert!(registration().user(&launch(&json!({"subject": "x".repeat(250)}))).is_err());
        let registration = LtiRegistration { user: "custom:uid".parse().unwrap(), ..registration() };
        let unknown = registration.user(&launch(&json!({"custom": {"uid": "$User.username"}}))).unwrap_err();
        assert!(
            unknown.to_string().contains("in place of the variable in the custom parameter `uid`"),
            "{unknown}"
        );
        for text in ["name", "custom:", "custom", "Sub"] {
            assert!(text.parse::<UserClaim>().is_err(), "{text}");
        }
    }

    #[test]
    fn who_teaches_the_course_is_in_a_group_of_it() {
        assert!(registration().groups(&launch(&json!({}))).is_empty());
        let staff = registration().groups(&launch(&json!({"role": "staff"})));
        assert_eq!(staff, ["campus:c+1:staff".to_owned()].into());
        assert!(registration().groups(&launch(&json!({"role": "staff", "context_id": null}))).is_empty());
    }

    #[test]
    fn a_link_names_an_assignment_or_none() {
        let named = |text: &str, courses: &[&str]| {
            let courses = courses.iter().map(|course| course.parse().unwrap()).collect();
            let registration = LtiRegistration { courses, ..registration() };
            registration.assignment(&launch(&json!({"custom": {"otter_assignment": text}})))
        };
        assert_eq!(named("88e/1/lab01", &[]).unwrap().unwrap().to_string(), "88e/1/lab01");
        assert!(named("88e/1/lab01", &["88e"]).is_ok());
        assert!(named("88e/1/lab01", &["8x"]).is_err());
        for text in
            ["", "88e", "88e/1", "88e/1/lab01/x", "88e//lab01", "../1/lab01", "88e/1/lab 01", "/88e/1"]
        {
            assert!(named(text, &[]).is_err(), "{text}");
        }
        assert!(registration().assignment(&launch(&json!({}))).unwrap().is_none());
    }
}
