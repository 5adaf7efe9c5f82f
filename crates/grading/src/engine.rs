//! What every engine does.

use std::{fmt, path::PathBuf, str::FromStr};

use async_trait::async_trait;
use model::{Fault, Report, Step};

/// One submission to grade.
#[derive(Debug, Clone)]
pub struct Work {
    /// What was submitted.
    pub submitted: Submitted,
    /// The unpacked autograder: a folder with `tests/`, `files/`, `otter_config.json`. Only read.
    pub autograder: PathBuf,
    /// Names the autograder's content: the same name, the same files.
    pub revision: String,
    /// The environment that the course's materials name for the assignment, if they do.
    pub environment: Option<String>,
    /// The course, where it is known: some have an environment of their own.
    pub course: Option<String>,
}

/// What was submitted.
#[derive(Debug, Clone)]
pub enum Submitted {
    /// A notebook (`.ipynb`) or a script (`.py`).
    File {
        /// Its name, one path component.
        name: String,
        /// Its content.
        content: Vec<u8>,
    },
    /// The content of a zip file, unpacked into this folder. Only read.
    Folder(PathBuf),
}

/// What a grading gives.
#[derive(Debug, Clone)]
pub struct Graded {
    /// What it found.
    pub report: Report,
    /// The notebook as it was executed, with its outputs (JSON, nbformat 4), where the engine keeps it. What hidden
    /// tests did is not in it.
    pub executed: Option<Vec<u8>>,
    /// The most memory in bytes that the processes had together while cells ran, beyond what was warm already, as
    /// sampled every 50 ms. An upper bound: what forks share is counted for each. Absent where nothing is known.
    pub peak_memory_bytes: Option<u64>,
}

impl From<Report> for Graded {
    fn from(report: Report) -> Self {
        Self { report, executed: None, peak_memory_bytes: None }
    }
}

/// Grades submissions, any number at a time.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// The engine's name in reports.
    fn name(&self) -> &'static str;

    /// Grades one submission, telling of its steps ([`Step::Cell`]) while it goes on.
    ///
    /// What the submission's code does ends in a report. A fault is ours or the autograder's, or may be: where the two
    /// cannot be told apart, it is a fault, which staff sees and which is nobody's zero. Dropping the future ends the
    /// submission's code.
    async fn grade(&self, work: &Work, on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Graded, Fault>;
}

/// Which engine grades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// The best one for the assignment: warm where it can, else otter.
    #[default]
    Auto,
    /// The warm engine, and a fault where it cannot.
    Warm,
    /// otter-grader's own `run_autograder`.
    Otter,
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "warm" => Ok(Self::Warm),
            "otter" => Ok(Self::Otter),
            _ => {
                Err(format!("there is no engine named {text:?}; the engines are `auto`, `warm` and `otter`"))
            }
        }
    }
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Warm => "warm",
            Self::Otter => "otter",
        })
    }
}
