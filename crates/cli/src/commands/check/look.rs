//! Looking at one assignment: its zip, its tests, its notebooks.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use grading::{
    Engine, EngineChoice, Graded, InspectError, Submitted, WarmEngine, WarmLimits, Work, bundle::Bundle,
};
use materials::{Autograder, UnzipLimits};
use model::Fault;
use tempfile::TempDir;

use super::{
    bundle,
    finding::Finding,
    notebooks::{Kind, Notebook},
    outcome::{NOT_CHECKED, Run, Tests},
    source,
    subject::Assignment,
    support_files, trial,
};

/// What looks.
pub(super) struct Looker {
    pub(super) warm: WarmEngine,
    /// What grades.
    pub(super) engine: Arc<dyn Engine>,
    pub(super) choice: EngineChoice,
    pub(super) limits: WarmLimits,
    /// Where autograders are unpacked.
    pub(super) scratch: std::path::PathBuf,
}

/// An autograder that was read.
pub(super) struct Read {
    pub(super) bundle: Bundle,
    python: String,
    work: Work,
    _unpacked: TempDir,
}

impl Looker {
    /// Unpacks and reads an assignment's autograder. Absent where that is impossible, which the findings tell.
    pub(super) async fn read(&self, assignment: &Assignment) -> anyhow::Result<(Option<Read>, Vec<Finding>)> {
        let Some(autograder) = assignment.autograder.clone() else { return Ok((None, Vec::new())) };
        let (scratch, revision) = (self.scratch.clone(), autograder.revision().to_string());
        let unpacked = tokio::task::spawn_blocking(move || unpack(&autograder, &scratch)).await??;
        let unpacked = match unpacked {
            Ok(unpacked) => unpacked,
            Err(why) => {
                let found =
                    Finding::error("zip-unreadable", why).fix("Make the zip again with `otter assign`.");
                return Ok((None, vec![found]));
            }
        };
        let mut found = support_files::findings(unpacked.path());
        let submitted = Submitted::File { name: "none.py".into(), content: Vec::new() };
        let course = Some(assignment.key.course.to_string());
        let (environment, autograder) = (assignment.environment.clone(), unpacked.path().to_owned());
        let work = Work { submitted, autograder, revision, environment, course };
        match self.warm.inspect(&work).await {
            Ok(inspection) => {
                let bundle = inspection.bundle;
                found.extend(bundle::findings(&bundle, assignment.key.assignment.as_str()));
                let python = inspection.environment.python_version.clone();
                Ok((Some(Read { bundle, python, work, _unpacked: unpacked }), found))
            }
            Err(error) => {
                found.push(match error {
                    InspectError::Environment(why) => Finding::error(
                        "environment",
                        format!("there is no Python environment to grade it in: {why}."),
                    )
                    .fix("Mend what the environment is built from; `otter-service doctor` looks at environments."),
                    InspectError::Broken(why) => {
                        Finding::error("autograder-broken", format!("its tests cannot be read: {why}."))
                            .fix("Mend the test files, and make the zip again with `otter assign`.")
                    }
                    InspectError::Unavailable(why) => {
                        Finding::error(NOT_CHECKED, format!("its tests could not be read on this machine: {why}."))
                            .fix("`otter-service doctor` looks at this machine.")
                    }
                });
                Ok((None, found))
            }
        }
    }

    /// What the tests are.
    pub(super) fn tests(&self, read: &Read) -> Tests {
        let (points, questions) = bundle::questions(&read.bundle);
        let declined = !read.bundle.declined.is_empty();
        let engine = if declined || self.choice == EngineChoice::Otter { "otter" } else { "warm" };
        Tests {
            engine,
            engine_reason: declined.then(|| read.bundle.declined.join(" ")),
            otter_grader: read.bundle.otter.clone(),
            python: read.python.clone(),
            points,
            questions,
        }
    }

    /// Looks at an assignment's notebooks, and, if it may, runs those whose kind is known.
    pub(super) async fn run(
        &self,
        read: &Read,
        notebooks: &[&Notebook],
        may_run: bool,
    ) -> (Vec<Run>, Vec<Finding>) {
        let mut found = source::findings(&read.bundle, notebooks);
        let mut runs = Vec::new();
        let tried = notebooks.iter().filter(|notebook| notebook.kind != Kind::Unknown);
        for notebook in tried.filter(|_| may_run && read.bundle.broken.is_none()) {
            let graded = self.grade(read, notebook).await;
            let file = notebook.shown();
            let told = trial::findings(notebook.kind, &graded, &self.limits);
            found.extend(told.into_iter().map(|finding| finding.in_file(&file)));
            let graded = graded.ok().and_then(|graded| trial::numbers(&graded));
            runs.push(Run { notebook: file, kind: notebook.kind.word(), graded });
        }
        (runs, found)
    }

    async fn grade(&self, read: &Read, notebook: &Notebook) -> Result<Graded, Fault> {
        let submitted = Submitted::File { name: notebook.file_name(), content: notebook.content.clone() };
        let work = Work { submitted, ..read.work.clone() };
        self.engine.grade(&work, &mut |_| {}).await
    }
}

/// Unpacks it; the inner error is the archive's own.
fn unpack(autograder: &Autograder, scratch: &Path) -> anyhow::Result<Result<TempDir, String>> {
    let into = tempfile::tempdir_in(scratch).context("no temporary folder")?;
    match autograder.unzip(into.path(), &UnzipLimits::default()) {
        Ok(_) => Ok(Ok(into)),
        Err(error) if error.is_ours() => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}
