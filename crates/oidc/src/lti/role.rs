//! What somebody is in the course from which they come (LTI 1.3, A.2).

use serde::{Deserialize, Serialize};

/// What somebody is in the course from which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LtiRole {
    /// They teach there, or help to.
    Staff,
    /// Everybody else.
    Learner,
}

/// Where the names of roles in a course are.
const MEMBERSHIP: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership";
/// The roles in a course of those who see others' work; the kinds of each are below it, `…/Instructor#Grader`.
const STAFF: [&str; 2] = ["Instructor", "Administrator"];

impl LtiRole {
    /// Only roles in this course count: who teaches another one, or works at the institution, may be a student here.
    /// Kinds of instructor (`TeachingAssistant`, `Grader`) count for those who are not learners too: edX calls learners
    /// so whom the course lets help in its forum.
    pub(crate) fn of<'a>(roles: impl IntoIterator<Item = &'a str>) -> Self {
        let kinds: Vec<_> = roles.into_iter().map(Kind::of).collect();
        let has = |kind| kinds.contains(&kind);
        let is_staff = has(Kind::Teaches) || (has(Kind::Helps) && !has(Kind::Learns));
        if is_staff { Self::Staff } else { Self::Learner }
    }
}

/// What one of the roles says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Teaches,
    Helps,
    Learns,
    Other,
}

impl Kind {
    fn of(role: &str) -> Self {
        // The short form is of a role in a course.
        let (vocabulary, name) = role.split_once('#').unwrap_or((MEMBERSHIP, role));
        match (vocabulary.strip_prefix(MEMBERSHIP), name) {
            (Some(""), name) if STAFF.contains(&name) => Self::Teaches,
            (Some(""), "Learner") => Self::Learns,
            (Some(of), _) if of.strip_prefix('/').is_some_and(|of| STAFF.contains(&of)) => Self::Helps,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> LtiRole {
        LtiRole::of([name])
    }

    #[test]
    fn who_teaches_the_course_is_staff() {
        for name in [
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Administrator",
            "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
            "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#Grader",
            "Instructor",
        ] {
            assert_eq!(role(name), LtiRole::Staff, "{name}");
        }
    }

    #[test]
    fn who_teaches_elsewhere_is_not() {
        for name in [
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor",
            "http://purl.imsglobal.org/vocab/lis/v2/membership/Learner#Instructor",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
            "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
            "http://purl.imsglobal.org/vocab/lis/v2/membership#InstructorX",
            "http://purl.imsglobal.org/vocab/lis/v2/membership/InstructorX#TeachingAssistant",
            "http://evil.example/membership#Instructor",
            "instructor",
            "",
        ] {
            assert_eq!(role(name), LtiRole::Learner, "{name}");
        }
        assert_eq!(LtiRole::of([]), LtiRole::Learner);
        let learner = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner";
        let helper = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant";
        assert_eq!(LtiRole::of([learner, helper]), LtiRole::Learner);
        assert_eq!(LtiRole::of([helper, "Learner"]), LtiRole::Learner);
        assert_eq!(LtiRole::of([learner, "Instructor"]), LtiRole::Staff);
        assert_eq!(LtiRole::of(["x", "Instructor"]), LtiRole::Staff);
    }
}
