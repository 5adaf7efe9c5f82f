//! What is said about one assignment.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use crate::{grade::GradePolicy, names::Name};

use super::Section;

/// Everything that `course-config.json` says about one assignment. What it leaves out is `None`: the service's
/// configuration decides.
#[derive(Debug, Clone, PartialEq)]
pub struct AssignmentSettings {
    /// The course run in the learning platform.
    pub course_id: String,
    /// The assignment's block in the learning platform.
    pub block_id: String,
    /// The folder of the autograders, relative to the materials' root.
    pub subpath_to_zips: String,
    /// The name of the environment in which notebooks run.
    pub environment: Option<String>,
    /// Which submission counts.
    pub grade_policy: Option<GradePolicy>,
    /// How many submissions of a user are graded.
    pub attempts: Option<NonZeroU32>,
    /// Until when work is on time.
    pub due: Option<Timestamp>,
    /// What becomes of work that comes after `due`; `None`: it is refused.
    pub late: Option<Late>,
    /// How much of the report students see.
    pub visibility: Visibility,
    /// The URL of the assignment's line item in the learning platform (LTI 1.3).
    pub lineitem: Option<String>,
}

/// Work after the due date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Late {
    /// Until when it is taken; `None`: for ever.
    pub until: Option<Timestamp>,
    /// Which part of its points it earns, from 0 to 1.
    pub credit: f64,
}

/// How much of the report students see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// What otter-grader shows: points of all cases, and messages as each case says.
    #[default]
    All,
    /// Points and messages of public cases only, and no total that hidden cases flow into.
    Public,
}

/// What is said of a setting that can also be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Said<T> {
    /// It is not there.
    #[default]
    Silent,
    /// `null`: there is none, whatever the section says.
    Nothing,
    /// This.
    This(T),
}

impl<T> Said<T> {
    /// This over what the section says.
    fn over(self, section: Self) -> Option<T> {
        match (self, section) {
            (Self::This(own), _) => Some(own),
            (Self::Silent, Self::This(of_section)) => Some(of_section),
            _ => None,
        }
    }
}

/// What a section says for all its assignments, or `settings` for one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Own {
    pub(super) environment: Option<String>,
    pub(super) grade_policy: Option<GradePolicy>,
    pub(super) attempts: Said<NonZeroU32>,
    pub(super) due: Option<Timestamp>,
    pub(super) late: Said<LateRule>,
    pub(super) visibility: Option<Visibility>,
    pub(super) lineitem: Option<String>,
}

/// `late` as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LateRule {
    /// Days of 24 hours after `due`; `None`: without end.
    pub(super) days: Option<f64>,
    pub(super) credit: f64,
}

impl LateRule {
    fn after(self, due: Timestamp) -> Late {
        let span = |days: f64| SignedDuration::try_from_secs_f64(days * 86_400.0).ok();
        let until = self.days.map(|days| {
            let end = span(days).and_then(|span| due.checked_add(span).ok());
            end.unwrap_or(Timestamp::MAX)
        });
        Late { until, credit: self.credit }
    }
}

impl Section {
    /// What holds for an assignment of this section; `None` if it has no such assignment.
    pub(super) fn resolve(&self, assignment: &Name) -> Option<AssignmentSettings> {
        let block_id = self.assignments.get(assignment)?.clone();
        let own = self.settings.get(assignment).cloned().unwrap_or_default();
        let all = &self.for_all;
        let late = own.late.over(all.late);
        Some(AssignmentSettings {
            course_id: self.course_id.clone(),
            block_id,
            subpath_to_zips: self.subpath_to_zips.clone(),
            environment: own.environment.or_else(|| all.environment.clone()),
            grade_policy: own.grade_policy.or(all.grade_policy),
            attempts: own.attempts.over(all.attempts),
            due: own.due,
            late: own.due.and_then(|due| late.map(|late| late.after(due))),
            visibility: own.visibility.or(all.visibility).unwrap_or_default(),
            lineitem: own.lineitem,
        })
    }
}
