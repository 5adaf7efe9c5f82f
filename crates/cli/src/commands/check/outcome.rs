//! All that was found, as the formats show it.

use std::process::ExitCode;

use model::Points;
use serde::Serialize;

use super::finding::{Finding, Level};

/// The code of findings that say that something could not be looked at.
pub(super) const NOT_CHECKED: &str = "not-checked";

/// The whole result.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    /// The version of this shape: goes up when a member changes its meaning or goes.
    pub(super) format: u32,
    /// What was looked at.
    pub(super) checked: String,
    pub(super) assignments: Vec<Sheet>,
    /// In the order of the assignments, those about none first.
    pub(super) findings: Vec<Finding>,
}

/// What an assignment is.
#[derive(Debug, Default, Serialize)]
pub(super) struct Sheet {
    /// `course/section/assignment`.
    pub(super) assignment: String,
    /// Its autograder, as seen from the folder in which the command was started.
    pub(super) autograder: String,
    /// What its tests are; absent when they could not be read.
    pub(super) tests: Option<Tests>,
    /// The notebooks that were tried.
    pub(super) runs: Vec<Run>,
}

/// The tests of an assignment.
#[derive(Debug, Serialize)]
pub(super) struct Tests {
    /// Which engine grades, and why, if not the warm one.
    pub(super) engine: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) engine_reason: Option<String>,
    /// The otter-grader and the Python of the environment.
    pub(super) otter_grader: String,
    pub(super) python: String,
    pub(super) points: Points,
    pub(super) questions: Vec<Question>,
}

#[derive(Debug, Serialize)]
pub(super) struct Question {
    pub(super) name: String,
    pub(super) points: Points,
    pub(super) public_cases: usize,
    pub(super) hidden_cases: usize,
}

/// A notebook that was tried.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    pub(super) notebook: String,
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) graded: Option<Graded>,
}

/// What came out.
#[derive(Debug, Serialize)]
pub(super) struct Graded {
    pub(super) score: Points,
    pub(super) max_score: Points,
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    /// An upper bound, as sampled while cells ran; absent where the run was too short to tell, or the engine does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peak_memory_bytes: Option<u64>,
}

impl Outcome {
    pub(super) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// 0: fine. 1: something is to be mended. 2: something could not be looked at, and nothing else is wrong.
    pub(super) fn exit_code(&self, strict: bool) -> ExitCode {
        let (unknown, known): (Vec<_>, Vec<_>) =
            self.findings.iter().partition(|finding| finding.code == NOT_CHECKED);
        let is_bad = |finding: &&Finding| match finding.level {
            Level::Error => true,
            Level::Warning => strict,
            Level::Note => false,
        };
        if known.into_iter().any(|finding| is_bad(&finding)) {
            return ExitCode::FAILURE;
        }
        if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An outcome with something of everything.
    pub(in super::super) fn sample() -> Outcome {
        let points = |points| Points::new(points).unwrap();
        let question = |name: &str, points, public_cases, hidden_cases| Question {
            name: name.to_owned(),
            points,
            public_cases,
            hidden_cases,
        };
        let graded = |score, peak| {
            let (score, max_score) = (points(score), points(3.5));
            Some(Graded { score, max_score, seconds: 1.25, cpu_seconds: 0.875, peak_memory_bytes: peak })
        };
        let run = |notebook: &str, kind, graded| Run { notebook: notebook.to_owned(), kind, graded };
        let tests = Tests {
            engine: "otter",
            engine_reason: Some("The assignment uses plugins of otter-grader.".into()),
            otter_grader: "7.0.0".into(),
            python: "3.11.7".into(),
            points: points(3.5),
            questions: vec![question("q1", points(3.5), 1, 2), question("q2", Points::ZERO, 0, 1)],
        };
        let lab = "8x/1/lab01";
        Outcome {
            format: 1,
            checked: "course".into(),
            assignments: vec![
                Sheet {
                    assignment: lab.into(),
                    autograder: "course/zips/lab01-autograder.zip".into(),
                    tests: Some(tests),
                    runs: vec![
                        run("dist/autograder/lab01.ipynb", "solution", graded(3.5, Some(90 << 20))),
                        run("dist/student/lab01.ipynb", "student", graded(0.0, None)),
                        run("dist/student/lab01-b.ipynb", "student", None),
                    ],
                },
                Sheet {
                    assignment: "8x/1/lab02".into(),
                    autograder: "course/zips/lab02-autograder.zip".into(),
                    ..Sheet::default()
                },
            ],
            findings: vec![
                Finding::error("config", "it is 100 % wrong:\nsee, there")
                    .in_file("a,b:c.json")
                    .in_line(Some(3)),
                Finding::warning("points-zero", "it gives no points.")
                    .fix("Give it points.")
                    .in_question("q2")
                    .in_file("course/zips/lab01-autograder.zip")
                    .of_assignment(lab),
                Finding::note("only-hidden", "all is hidden.").in_question("q2").of_assignment(lab),
                Finding::error("zip-missing", "there is no zip.")
                    .fix("Put it there.")
                    .of_assignment("8x/1/lab02"),
            ],
        }
    }

    #[test]
    fn exit_codes_tell_what_is_wrong_from_what_is_not_known() {
        let of = |findings: Vec<Finding>, strict| {
            format!("{:?}", Outcome { findings, ..sample() }.exit_code(strict))
        };
        let code = |code: u8| format!("{:?}", ExitCode::from(code));
        let unknown = || Finding::error(NOT_CHECKED, "");
        assert_eq!(of(vec![Finding::note("a", "")], true), code(0));
        assert_eq!(of(vec![Finding::warning("a", "")], false), code(0));
        assert_eq!(of(vec![Finding::warning("a", "")], true), code(1));
        assert_eq!(of(vec![unknown()], false), code(2));
        assert_eq!(of(vec![unknown(), Finding::error("a", "")], false), code(1));
    }
}
