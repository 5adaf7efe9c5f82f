//! `results.json`: what otter-grader and the driver wrote. Written by a process that ran a submission's code, so it
//! may hold anything.

use std::{
    fs::File,
    io::{self, Read},
};

use judge::clean;
use model::{Case, Points, Question};
use rustix::{
    fs::{Mode, OFlags, ResolveFlags, openat2},
    io::Errno,
};
use serde::Deserialize;

/// More than any report needs: the driver cuts each message.
const LARGEST: u64 = 16 << 20;
/// More questions than any assignment has, and more cases than any question has. What holds more was not written by
/// otter-grader, and would keep the store busy for nothing.
const MOST_QUESTIONS: usize = 500;
const MOST_CASES: usize = 1000;

/// Why there are no results to read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// There is no such file, or it is none that otter-grader and the driver would have left.
    NotOtters,
    /// We could not read it.
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The parts of `results.json` that are read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Results {
    /// The total that the assignment's configuration defines.
    #[serde(default)]
    pub(super) score: Option<Points>,
    #[serde(default)]
    extra_data: ExtraData,
}

#[derive(Debug, Default, Deserialize)]
struct ExtraData {
    #[serde(default)]
    otter_service: Extra,
}

/// What the driver adds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    pub(super) otter_version: String,
    /// The questions that the autograder has.
    pub(super) outline: Vec<Outline>,
    /// The questions as they were judged.
    pub(super) questions: Option<Vec<Judged>>,
    pub(super) total: Points,
    pub(super) possible: Points,
    /// The notebook ran and left no results.
    pub(super) no_results: bool,
    /// Why otter-grader does not grade this submission.
    pub(super) rejected: Option<String>,
    /// The type of the exception that ended otter-grader.
    pub(super) failed: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Outline {
    pub(super) name: String,
    pub(super) max_score: Points,
}

#[derive(Debug, Deserialize)]
pub(super) struct Judged {
    name: String,
    score: Points,
    max_score: Points,
    cases: Vec<Case>,
}

impl Results {
    /// Reads `results/results.json` in `dir`, following no links on the way. The folder is one that was opened before
    /// the submission's code ran, so that no other can be put in its place.
    pub(super) fn read(dir: &File) -> Result<Self, ReadError> {
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat2(dir, "results/results.json", flags, Mode::empty(), inside) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV | Errno::NXIO) => {
                return Err(ReadError::NotOtters);
            }
            Err(error) => return Err(ReadError::Io(error.into())),
        };
        if !file.metadata()?.is_file() {
            return Err(ReadError::NotOtters);
        }
        let mut text = Vec::new();
        if file.take(LARGEST + 1).read_to_end(&mut text)? as u64 > LARGEST {
            return Err(ReadError::NotOtters);
        }
        let results: Self = serde_json::from_slice(&text).map_err(|_| ReadError::NotOtters)?;
        if results.is_absurd() { Err(ReadError::NotOtters) } else { Ok(results) }
    }

    fn is_absurd(&self) -> bool {
        let Extra { outline, questions, .. } = self.extra();
        let judged = questions.as_deref().unwrap_or_default();
        outline.len().max(judged.len()) > MOST_QUESTIONS || judged.iter().any(|q| q.cases.len() > MOST_CASES)
    }

    pub(super) fn extra(&self) -> &Extra {
        &self.extra_data.otter_service
    }

    pub(super) fn into_extra(self) -> Extra {
        self.extra_data.otter_service
    }
}

impl Extra {
    /// Whether there are no results because of what the submission's code did: it ended the kernel, or what it left as
    /// results is not otter-grader's.
    pub(super) fn was_the_submissions_doing(&self) -> bool {
        self.no_results || matches!(self.failed.as_deref(), Some("DeadKernelError" | "TypeError"))
    }
}

impl Judged {
    /// The question as it goes into the report: points rounded as otter-grader reports them, messages cut and without
    /// control characters.
    pub(super) fn into_question(self) -> Question {
        let clean = |case: Case| Case {
            name: clean(&case.name),
            message: case.message.as_deref().map(clean),
            hint: case.hint.as_deref().map(clean),
            ..case
        };
        Question {
            name: judge::clean(&self.name),
            score: self.score.rounded(),
            max_score: self.max_score.rounded(),
            cases: self.cases.into_iter().map(clean).collect(),
        }
    }
}

impl Outline {
    /// A question of which nothing was earned.
    pub(super) fn into_question(self) -> Question {
        let max_score = self.max_score.rounded();
        Question { name: clean(&self.name), score: Points::ZERO, max_score, cases: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, path::Path};

    use super::*;

    fn in_folder(write: impl FnOnce(&Path)) -> Result<Results, ReadError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("results")).unwrap();
        write(&dir.path().join("results/results.json"));
        Results::read(&File::open(dir.path()).unwrap())
    }

    #[test]
    fn what_otter_and_the_driver_wrote_is_read() {
        let text = r#"{"tests": [], "score": 10, "extra_data": {"otter_service": {"otter_version": "7.0.0", "total": 2,
            "possible": 3, "questions": [{"name": "q1", "score": 0.6666666, "max_score": 1, "cases": [
                {"name": "q1 - 1", "hidden": false, "passed": true, "points": 0.5, "message": "\u001b[31mred\u001b[0m\u0007", "hint": null}]}]}}}"#;
        let results = in_folder(|path| std::fs::write(path, text).unwrap()).unwrap();
        assert_eq!(results.score.map(Points::get), Some(10.0));
        let question = results.into_extra().questions.unwrap().remove(0).into_question();
        assert_eq!(question.score.to_string(), "0.66667");
        assert_eq!(question.cases[0].message.as_deref(), Some("red"));
    }

    #[test]
    fn links_pipes_and_lies_are_refused() {
        assert!(in_folder(|path| symlink("/etc/passwd", path).unwrap()).is_err());
        assert!(in_folder(|path| std::fs::create_dir(path).unwrap()).is_err());
        assert!(
            in_folder(|path| {
                std::fs::remove_dir(path.parent().unwrap()).unwrap();
                symlink("/", path.parent().unwrap()).unwrap();
            })
            .is_err()
        );
        assert!(in_folder(|_| {}).is_err());
        assert!(in_folder(|path| std::fs::write(path, r#"{"score": NaN}"#).unwrap()).is_err());
        assert!(in_folder(|path| std::fs::write(path, r#"{"score": 1e999}"#).unwrap()).is_err());
        assert!(in_folder(|path| std::fs::write(path, "").unwrap()).is_err());
        let many =
            r#"{"name": "q", "max_score": 1},"#.repeat(MOST_QUESTIONS) + r#"{"name": "q", "max_score": 1}"#;
        let many = format!(r#"{{"extra_data": {{"otter_service": {{"outline": [{many}]}}}}}}"#);
        assert!(in_folder(|path| std::fs::write(path, many).unwrap()).is_err());
        assert!(in_folder(|path| File::create(path).unwrap().set_len(LARGEST + 1).unwrap()).is_err());
        // A pipe that nobody writes to must not be waited for.
        let fifo = |path: &Path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        assert!(in_folder(fifo).is_err());
    }
}
