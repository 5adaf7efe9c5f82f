//! What a grading found.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{course_config::Visibility, points::Points};

/// The end of a grading that judged the submission. (The other end is a [`Fault`].)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether everything ran, or what came in between.
    pub status: ReportStatus,
    /// What was earned: the sum over the questions.
    pub score: Points,
    /// What could be earned: the sum over the questions.
    pub max_score: Points,
    /// The assignment's own total where it defines one (`points_possible` or `score_threshold` of otter's
    /// configuration): what otter-grader shows as the score on Gradescope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_score: Option<Points>,
    /// Set when the submission came after its due date: what then counts of its points. The questions and the score say
    /// what it earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness: Option<Lateness>,
    /// Each question of the autograder, in the order of their names as people count (`q2` before `q10`).
    pub questions: Vec<Question>,
    /// Which engine graded, for instance `otter`.
    pub engine: String,
    /// Why this engine and no other, in one sentence; absent when it was asked for by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_reason: Option<String>,
    /// The grader's version, for instance `otter-grader 7.0.0`.
    pub engine_version: String,
    /// What kept the submission's code apart from the service.
    pub isolation: String,
    /// Wall-clock seconds that the grading took.
    pub seconds: f64,
    /// CPU-seconds that the grading took, all its processes together.
    pub cpu_seconds: f64,
    /// The limits that the submission's code met.
    pub limits: Vec<LimitHit>,
    /// What staff should look at. Never changes the score.
    pub flags: Vec<Flag>,
    /// What happened in one or two sentences for the student, unless everything ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// That a submission came after its due date, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lateness {
    /// When it was due.
    pub due: Timestamp,
    /// The part of its points that counts for the grade, from 0 to 1.
    pub credit: f64,
}

/// How far a grading came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// Every question was judged.
    Complete,
    /// A limit stopped it; questions that could not be judged have no points.
    Stopped,
    /// The submission's code brought the grading down; questions that could not be judged have no points.
    Crashed,
    /// It cannot be graded by this autograder at all (a notebook of another assignment, for instance).
    /// Such a report never becomes a grade.
    Rejected,
}

impl ReportStatus {
    /// Whether the report's score counts for the grade.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Rejected)
    }
}

/// One question: a test file of the autograder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The question's name, for instance `q1`.
    pub name: String,
    /// What was earned.
    pub score: Points,
    /// What could be earned.
    pub max_score: Points,
    /// Its test cases in the order in which they ran; empty when the question was not judged.
    pub cases: Vec<Case>,
}

/// One test case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The case's name, for instance `q1 - 2`.
    pub name: String,
    /// Hidden from the student: its outcome and its messages are for staff.
    pub hidden: bool,
    /// Whether it passed; absent where the reader may not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// What otter-grader says about it: the failing example, what was expected and what came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the assignment's author says about it: the success or the failure message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A limit that the submission's code met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitHit {
    /// Which one.
    pub limit: Limit,
    /// What it is set to, in the unit of [`Limit`].
    pub value: u64,
    /// The cell that met it, counted from 1 over the cells of the submitted notebook, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<u32>,
}

/// A limit on what a submission's code may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Wall-clock time in seconds, of the whole run.
    WallSeconds,
    /// Wall-clock time in seconds, of one cell.
    CellSeconds,
    /// Wall-clock time in seconds, of one test case.
    CaseSeconds,
    /// CPU time in seconds.
    CpuSeconds,
    /// Memory in bytes, all processes together.
    MemoryBytes,
    /// Processes and threads at once.
    Processes,
    /// Output in bytes.
    OutputBytes,
}

impl fmt::Display for LimitHit {
    /// The limit as a student would say it: `the time limit of 60 seconds`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.value / (1024 * 1024);
        match self.limit {
            Limit::WallSeconds => write!(f, "the time limit of {} seconds", self.value),
            Limit::CellSeconds => write!(f, "the time limit of {} seconds for one cell", self.value),
            Limit::CaseSeconds => write!(f, "the time limit of {} seconds for one test case", self.value),
            Limit::CpuSeconds => write!(f, "the limit of {} seconds of computing time", self.value),
            Limit::MemoryBytes => write!(f, "the memory limit of {mib} MiB"),
            Limit::Processes => write!(f, "the limit of {} processes and threads", self.value),
            Limit::OutputBytes => write!(f, "the limit of {mib} MiB of output"),
        }?;
        self.cell.map_or(Ok(()), |cell| write!(f, " (cell {cell})"))
    }
}

/// Something staff should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// A short name of the kind.
    pub kind: String,
    /// The reason in one sentence.
    pub reason: String,
}

/// The end of a grading that could not judge the submission: our failure, never the student's, and never a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What went wrong, for the operator; no content of notebooks.
    pub message: String,
    /// Whether another try may end otherwise. A broken autograder stays broken until staff replaces it.
    pub retry: bool,
}

impl Fault {
    /// A fault that another try may not meet.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: true }
    }

    /// A fault that stays until somebody mends its cause.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: false }
    }
}

impl Report {
    /// What counts for the grade: the score, or of late work the part of it that is credited.
    #[must_use]
    pub fn counted(&self) -> Points {
        self.lateness.map_or(self.score, |late| self.score.part(late.credit))
    }

    /// The part of the points that counts, 0 to 1, rounded to four digits as otter-grader rounds
    /// `percent_correct`; `None` when there is nothing to earn or the report does not count.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let fraction = self.counted().fraction_of(self.max_score)?;
        // Printing rounds the exact binary value, as Python's `round` does.
        self.status.counts().then(|| format!("{fraction:.4}").parse().unwrap_or(fraction))
    }

    /// Sets the score and the maximum to the sums over the questions.
    #[must_use]
    pub fn summed(mut self) -> Self {
        self.score = self.questions.iter().map(|q| q.score).sum();
        self.max_score = self.questions.iter().map(|q| q.max_score).sum();
        self
    }

    /// The report as its student may read it: of hidden cases only that they exist, no flags, and times in whole seconds:
    /// code that has seen a hidden test could tell of it by the time it takes.
    ///
    /// Under [`Visibility::Public`] hidden cases are not there at all, nor questions that have no others, and what was
    /// earned and could be earned are sums over the public cases.
    #[must_use]
    pub fn for_student(mut self, visibility: Visibility) -> Self {
        if visibility == Visibility::Public {
            self.reported_score = None;
            self.questions.retain(|question| {
                question.cases.is_empty() || question.cases.iter().any(|case| !case.hidden)
            });
            self.questions.iter_mut().for_each(Question::keep_public);
            self = self.summed();
        }
        self.flags.clear();
        (self.seconds, self.cpu_seconds) = (self.seconds.ceil(), self.cpu_seconds.ceil());
        for case in self.questions.iter_mut().flat_map(|q| &mut q.cases).filter(|case| case.hidden) {
            (case.passed, case.points, case.message, case.hint) = (None, None, None, None);
        }
        self
    }
}

impl Question {
    /// Leaves out hidden cases and what they are worth. A case of which nobody knows what it is worth counts nothing.
    fn keep_public(&mut self) {
        if self.cases.iter().all(|case| !case.hidden) {
            return;
        }
        self.cases.retain(|case| !case.hidden);
        let worth = |case: &Case| case.points.unwrap_or_default();
        self.max_score = self.cases.iter().map(worth).sum();
        self.score = self.cases.iter().filter(|case| case.passed == Some(true)).map(worth).sum();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn report(score: f64, max_score: f64) -> Report {
        let points = |value| Points::new(value).unwrap();
        let case = |name: &str, hidden| Case {
            name: name.into(),
            hidden,
            passed: Some(true),
            points: Some(points(1.0)),
            message: Some("the answer is 42".into()),
            hint: Some("well done".into()),
        };
        Report {
            status: ReportStatus::Complete,
            score: points(score),
            max_score: points(max_score),
            reported_score: None,
            lateness: None,
            questions: vec![Question {
                name: "q1".into(),
                score: points(score),
                max_score: points(max_score),
                cases: vec![case("q1 - 1", false), case("q1 - 2", true)],
            }],
            engine: "otter".into(),
            engine_reason: None,
            engine_version: "otter-grader 7.0.0".into(),
            isolation: "processes".into(),
            seconds: 2.5,
            cpu_seconds: 2.25,
            limits: vec![],
            flags: vec![Flag { kind: "decoy".into(), reason: "it passed a wrong case".into() }],
            message: None,
        }
    }

    #[test]
    fn a_student_learns_nothing_of_hidden_cases_but_that_they_exist() {
        let seen = report(2.0, 3.0).for_student(Visibility::All);
        assert!(seen.flags.is_empty());
        assert_eq!((seen.seconds, seen.cpu_seconds), (3.0, 3.0));
        let [public, hidden] = &seen.questions[0].cases[..] else { panic!("two cases") };
        assert_eq!((public.passed, public.message.as_deref()), (Some(true), Some("the answer is 42")));
        assert_eq!(
            serde_json::to_value(hidden).unwrap(),
            serde_json::json!({"name": "q1 - 2", "hidden": true})
        );
    }

    #[test]
    fn where_only_public_cases_are_shown_no_number_tells_of_hidden_ones() {
        for hidden_points in [0.0, 1.5] {
            let seen = report(1.0 + hidden_points, 3.0).for_student(Visibility::Public);
            assert_eq!((seen.score.get(), seen.max_score.get()), (1.0, 1.0));
            assert_eq!((seen.questions[0].score.get(), seen.questions[0].cases.len()), (1.0, 1));
        }
        // A question of which all is hidden would look as if it had not been judged.
        let mut closed = report(2.0, 3.0);
        closed.questions[0].cases.remove(0);
        assert_eq!(closed.for_student(Visibility::Public).questions, []);
        // Nothing is hidden: the points are the question's own.
        let mut open = report(2.0, 3.0);
        open.questions[0].cases.pop();
        let seen = open.for_student(Visibility::Public);
        assert_eq!((seen.score.get(), seen.max_score.get()), (2.0, 3.0));
    }

    #[test]
    fn the_fraction_is_otters_percent_correct() {
        assert_eq!(report(2.0, 3.0).fraction(), Some(0.6667));
        assert_eq!(report(0.0, 0.0).fraction(), None);
        let rejected = Report { status: ReportStatus::Rejected, ..report(1.0, 1.0) };
        assert_eq!(rejected.fraction(), None);
    }

    #[test]
    fn of_late_work_a_part_counts() {
        let late = |credit| {
            let lateness = Some(Lateness { due: Timestamp::UNIX_EPOCH, credit });
            Report { lateness, ..report(2.0, 3.0) }
        };
        let points = |value| Points::new(value).unwrap();
        assert_eq!((late(0.5).counted(), late(0.5).fraction()), (points(1.0), Some(0.3333)));
        assert_eq!((late(0.0).counted(), late(0.0).fraction()), (Points::ZERO, Some(0.0)));
        assert_eq!(late(0.5).score, points(2.0));
        let written = serde_json::to_value(late(0.5)).unwrap()["lateness"].take();
        assert_eq!(written, serde_json::json!({"due": "1970-01-01T00:00:00Z", "credit": 0.5}));
    }

    #[test]
    fn the_wire_format_stays() {
        insta::assert_json_snapshot!(report(2.0, 3.0));
    }

    #[test]
    fn limits_read_as_a_student_would_say_them() {
        let say = |limit, value| LimitHit { limit, value, cell: None }.to_string();
        assert_eq!(say(Limit::WallSeconds, 60), "the time limit of 60 seconds");
        assert_eq!(say(Limit::MemoryBytes, 2 << 30), "the memory limit of 2048 MiB");
    }
}
