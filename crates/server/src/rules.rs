//! What follows from a report, for each assignment.

use std::collections::BTreeMap;

use model::{AssignmentKey, AssignmentSettings, GradePolicy, Lateness, Name, Submission};
use store::{Delivery, Effects};

/// What the operator chose about grades, for all courses and for some.
///
/// What a course's own `course-config.json` says of an assignment goes first, then what is said here of the course.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which submission counts.
    pub policy: GradePolicy,
    /// What becomes of new grades.
    pub delivery: Delivery,
    /// What is said of some courses.
    pub courses: BTreeMap<Name, CourseRules>,
}

/// What the operator chose for one course. What is left out is as for all courses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseRules {
    /// Which submission counts.
    pub policy: Option<GradePolicy>,
    /// Whether grades are posted to the learning platform, where that is done at all.
    pub passback: Option<bool>,
}

impl Rules {
    /// Which submission counts for an assignment.
    pub(crate) fn policy(&self, course: &Name, assignment: &AssignmentSettings) -> GradePolicy {
        let of_course = || self.courses.get(course).and_then(|course| course.policy);
        assignment.grade_policy.or_else(of_course).unwrap_or(self.policy)
    }

    /// Whether grades of a course are kept and not sent, on purpose.
    pub(crate) fn is_withheld(&self, course: &Name) -> bool {
        let of_course = self.courses.get(course).and_then(|course| course.passback);
        self.delivery == Delivery::Withheld || of_course == Some(false)
    }

    /// What follows from a report for an assignment.
    pub(crate) fn effects(&self, key: &AssignmentKey, assignment: &AssignmentSettings) -> Effects {
        let delivery = match self.delivery {
            Delivery::Due if self.is_withheld(&key.course) => Delivery::Withheld,
            delivery => delivery,
        };
        Effects { policy: self.policy(&key.course, assignment), delivery }
    }
}

/// What counts of a submission that came after its due date; `None` if it was on time.
///
/// One that was accepted, though it is later than the settings allow now, was accepted under others: it earns what the
/// last moment would have earned.
pub(crate) fn lateness(submission: &Submission, assignment: &AssignmentSettings) -> Option<Lateness> {
    let (due, late) = assignment.due.zip(assignment.late)?;
    (submission.received_at > due).then_some(Lateness { due, credit: late.credit })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{
        Late, NotebookHash, SubmissionId,
        ambient::{SystemClock, SystemEntropy},
    };

    use super::*;

    fn settings() -> AssignmentSettings {
        let config =
            r#"{"8x": {"1": {"course_id": "c", "subpath_to_zips": "z", "assignments": {"lab01": "b"}}}}"#;
        let config = model::CourseConfig::parse(config.as_bytes()).unwrap();
        config.assignment(&key()).unwrap()
    }

    fn key() -> AssignmentKey {
        let name = |text: &str| text.parse().unwrap();
        AssignmentKey { course: name("8x"), section: name("1"), assignment: name("lab01") }
    }

    #[test]
    fn the_nearest_word_counts() {
        let mut rules =
            Rules { policy: GradePolicy::Latest, delivery: Delivery::Due, courses: BTreeMap::new() };
        let mut said = settings();
        let told = |rules: &Rules, said: &AssignmentSettings| {
            let Effects { policy, delivery } = rules.effects(&key(), said);
            (policy, delivery)
        };
        assert_eq!(told(&rules, &said), (GradePolicy::Latest, Delivery::Due));
        let of_course = CourseRules { policy: Some(GradePolicy::Best), passback: Some(false) };
        rules.courses.insert(key().course, of_course);
        assert_eq!(told(&rules, &said), (GradePolicy::Best, Delivery::Withheld));
        said.grade_policy = Some(GradePolicy::Latest);
        assert_eq!(told(&rules, &said), (GradePolicy::Latest, Delivery::Withheld));
        rules.delivery = Delivery::Nowhere;
        assert_eq!(told(&rules, &said).1, Delivery::Nowhere);
    }

    #[test]
    fn late_is_what_comes_after_the_due_date() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let submission = |second| Submission {
            id: SubmissionId::new(&SystemClock, &SystemEntropy),
            user: "ada".parse().unwrap(),
            key: key(),
            received_at: at(second),
            sha256: NotebookHash::of(b"{}"),
            size_bytes: 2,
        };
        let mut said = settings();
        assert_eq!(lateness(&submission(100), &said), None);
        said.due = Some(at(100));
        assert_eq!(lateness(&submission(101), &said), None, "taken under other settings");
        said.late = Some(Late { until: Some(at(200)), credit: 0.5 });
        let half = Some(Lateness { due: at(100), credit: 0.5 });
        let late = [100, 101, 201].map(|second| lateness(&submission(second), &said));
        assert_eq!(late, [None, half, half]);
    }
}
