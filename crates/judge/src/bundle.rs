//! An autograder as data: what `otter_runner/bundle.py` writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An autograder, read with the otter-grader of its own environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// otter-grader's version.
    pub otter: String,
    /// The interpreter's version, for instance `3.11.7`.
    pub python: String,
    /// What the assignment's configuration says.
    pub config: Config,
    /// The test files in the order in which otter-grader runs them.
    pub questions: Vec<Question>,
    /// Why only otter-grader itself can grade with this autograder, each reason a sentence; empty when we can.
    pub declined: Vec<String>,
    /// Why nobody can grade with this autograder.
    #[serde(default)]
    pub broken: Option<String>,
}

/// The part of otter-grader's configuration (`otter_config.json`) that changes a grading.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The seed to set before each cell.
    pub seed: Option<i64>,
    /// The variable to set to the seed, instead of seeding numpy and random.
    pub seed_variable: Option<String>,
    /// The name that a notebook must carry in its metadata to be graded.
    pub assignment_name: Option<String>,
    /// What the total is scaled to.
    pub points_possible: Option<f64>,
    /// The part of the points from which on a submission has passed, and gets all of them; otherwise none.
    pub score_threshold: Option<f64>,
}

/// A test file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The name that reports show.
    pub name: String,
    /// The name that `grader.check` is called with: the file's, without its ending.
    pub check: String,
    /// Whether the points are earned only together, in this version of otter-grader.
    pub all_or_nothing: bool,
    /// For an exception-based test file, its source.
    #[serde(default)]
    pub module: Option<Module>,
    /// The test cases in the order in which they run.
    pub cases: Vec<Case>,
}

/// The source of an exception-based test file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// As it is run: the decorators of its test cases are blanked out, every line is where it was.
    pub source: String,
    /// The same with the functions of hidden cases blanked out; absent if there are none.
    #[serde(default)]
    pub public: Option<String>,
    /// As its author wrote it, for messages.
    pub original: String,
}

/// A test case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its name, for instance `q1 - 2`.
    pub name: String,
    /// Whether its outcome is hidden from students.
    pub hidden: bool,
    /// What it is worth, as otter-grader resolved it.
    pub points: f64,
    /// What its author says when it passes.
    #[serde(default)]
    pub success_message: Option<String>,
    /// What its author says when it fails.
    #[serde(default)]
    pub failure_message: Option<String>,
    /// What is run.
    pub body: Body,
    /// Literals of which each decides alone, for [decoys](Question::decoys); often none.
    #[serde(default)]
    pub literals: Vec<Literal>,
}

/// What a test case runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Doctest examples.
    Doctest(Vec<Example>),
    /// A function of the question's module.
    Function {
        /// Its name.
        name: String,
        /// Its parameters.
        params: Vec<String>,
    },
}

/// A doctest example, as Python's `doctest.DocTestParser` takes it from a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The source, ending in a newline.
    pub source: String,
    /// What it is to print: empty, or ending in a newline.
    pub want: String,
    /// The exception that it is to raise, ending in a newline.
    #[serde(default)]
    pub exc_msg: Option<String>,
    /// The options that its directives switch on and off, by name.
    #[serde(default)]
    pub options: BTreeMap<String, bool>,
}

/// A literal of a test case, and others such that no honest value passes with two of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Literal {
    /// Which of the case's examples it stands in; absent for a function, where it stands in the module.
    #[serde(default)]
    pub example: Option<usize>,
    /// Where it begins and ends in that source, in bytes.
    pub literal: (usize, usize),
    /// Where the expression begins and ends that it decides.
    pub expression: (usize, usize),
    /// What may stand in its place, one as plausible as the other.
    pub others: Vec<String>,
    /// How likely it is at most that a wrong answer passes with a given one of them.
    pub likelihood: f64,
}

impl Bundle {
    /// The names that `grader.check` may be called with.
    #[must_use]
    pub fn check_names(&self) -> Vec<String> {
        self.questions.iter().map(|question| question.check.clone()).collect()
    }

    /// The index of the question that `grader.check` finds under a name.
    #[must_use]
    pub fn index_of(&self, check: &str) -> Option<usize> {
        self.questions.iter().position(|question| question.check == check)
    }

    /// Why a notebook cannot be graded here at all, for its student, given the assignment's name in its metadata.
    ///
    /// Only for notebooks; otter-grader does not ask scripts.
    #[must_use]
    pub fn rejection(&self, assignment_name: Option<&str>) -> Option<String> {
        let expected = self.config.assignment_name.as_deref().filter(|name| !name.is_empty())?;
        (assignment_name != Some(expected)).then(|| {
            let got = crate::clean(assignment_name.unwrap_or("None"));
            format!(
                "This notebook cannot be graded here. Received submission for assignment '{got}' (this is assignment \
                 '{expected}')."
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bundle;

    #[test]
    fn questions_are_found_by_the_name_of_their_file() {
        let bundle = bundle();
        assert_eq!(bundle.check_names(), ["q1_file", "q2"]);
        assert_eq!(bundle.index_of("q2"), Some(1));
        for unknown in ["q1", "../evil", ""] {
            assert_eq!(bundle.index_of(unknown), None);
        }
    }

    #[test]
    fn a_notebook_of_another_assignment_is_rejected() {
        let mut bundle = bundle();
        assert_eq!(bundle.rejection(None), None);
        bundle.config.assignment_name = Some("hw1".into());
        assert_eq!(bundle.rejection(Some("hw1")), None);
        assert_eq!(
            bundle.rejection(None).unwrap(),
            "This notebook cannot be graded here. Received submission for assignment 'None' (this is assignment 'hw1')."
        );
        assert!(bundle.rejection(Some("hw2\u{1b}[31m")).unwrap().contains("'hw2'"));
        bundle.config.assignment_name = Some(String::new());
        assert_eq!(bundle.rejection(Some("hw2")), None);
    }

    #[test]
    fn what_the_python_side_writes_is_read() {
        let bundle = bundle();
        let text = serde_json::to_string(&bundle).unwrap();
        assert_eq!(serde_json::from_str::<Bundle>(&text).unwrap(), bundle);
    }
}
