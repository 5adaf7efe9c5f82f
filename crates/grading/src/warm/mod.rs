//! Grades in a process that is warm, with the tests kept on this side of the jail.
//!
//! For each environment a *zygote* has imported what is expensive. For each submission it forks a process that closes
//! a jail around itself and runs the notebook's cells. At each `grader.check` that process forks a *snapshot* of the
//! moment. When the cells are done, everything but the snapshots is ended, and only then do the snapshots get to see
//! tests: they evaluate expressions, one case at a time, and what came out is compared here.
//!
//! ```text
//! notebook.rs   while cells run            ──▶ evaluate.rs, plan.rs   questions put to snapshots ──▶ outcome.rs   the report
//! zygotes.rs, zygote.rs, spec.rs, kit.rs   where processes come from
//! prepared.rs, inspect.rs   autograders, each read once
//! ```

mod clock;
mod evaluate;
mod imports;
mod inspect;
mod kit;
mod limits;
mod notebook;
mod outcome;
mod plan;
mod prepared;
mod roster;
mod snapshot;
mod sockets;
mod spec;
mod zygote;
mod zygotes;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use async_trait::async_trait;
use frames::{Job, Role, ToNotebook};
use model::{Fault, Step, ambient::Entropy};
use sandbox::Supervisor;
use serde::Deserialize;
use tokio::{sync::mpsc, task::spawn_blocking};

use self::{
    evaluate::Evaluation,
    notebook::Notebook,
    outcome::Outcome,
    prepared::{Autograders, Key, Prepared, ReadError},
    sockets::{Leash, has_hung_up},
    zygote::{RunningJob, Zygote},
    zygotes::Zygotes,
};
pub use self::{
    inspect::{InspectError, Inspection},
    limits::WarmLimits,
};
use crate::{
    engine::{Engine, Graded, Submitted, Work},
    environment::Environments,
};

const NAME: &str = "warm";
/// Bytes of one cell's output that are kept.
const CELL_OUTPUT_BYTES: u64 = 4 << 20;

/// Grades in a warm process; see the module. Cheap to clone.
#[derive(Clone)]
pub struct WarmEngine {
    environments: Arc<Environments>,
    zygotes: Arc<Zygotes>,
    autograders: Arc<Autograders>,
    limits: WarmLimits,
    entropy: Arc<dyn Entropy>,
}

/// Whether the warm engine can grade with an autograder.
pub(crate) enum Readiness {
    /// It can.
    Ready(Ready),
    /// It leaves this autograder to the otter engine; why, in a sentence.
    Declined(String),
    /// It does not work on this machine or in this environment; why, as part of a sentence.
    Unavailable(String),
}

/// All that a grading needs.
#[derive(Clone)]
pub(crate) struct Ready {
    prepared: Arc<Prepared>,
    zygote: Arc<Zygote>,
}

impl WarmEngine {
    /// Grades in an autograder's environment, under the limits. The runner's kit is laid out in `root`, where it stays. The warm
    /// processes together may use so many bytes of memory.
    #[must_use]
    pub fn new(
        environments: Arc<Environments>,
        supervisor: Supervisor,
        limits: WarmLimits,
        root: PathBuf,
        zygotes_memory_bytes: u64,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let zygotes = Arc::new(Zygotes::new(supervisor, root, zygotes_memory_bytes));
        Self { environments, zygotes, autograders: Arc::new(Autograders::new()), limits, entropy }
    }

    /// Gets ready for an autograder: a warm zygote, and the tests read.
    pub(crate) async fn prepare(&self, work: &Work) -> Result<Readiness, Fault> {
        let (zygotes, autograders, limits) =
            (Arc::clone(&self.zygotes), Arc::clone(&self.autograders), self.limits);
        let environment = self.environments.of(work).await?;
        let (folder, revision) = (work.autograder.clone(), work.revision.clone());
        let imports = match &work.submitted {
            Submitted::File { name, content } => imports::of(name, &String::from_utf8_lossy(content)),
            Submitted::Folder(_) => BTreeSet::new(),
        };
        blocking(move || {
            let zygote = match zygotes.of(&environment, &imports) {
                Ok(zygote) => zygote,
                Err(error) => return Ok(Readiness::Unavailable(error.to_string())),
            };
            let key = Key { revision, environment: environment.id.clone() };
            let prepared = match autograders.get(&key, &folder, &zygote, &limits) {
                Ok(prepared) => prepared,
                Err(ReadError::Broken(why)) => {
                    return Err(Fault::lasting(format!("the autograder is broken: {why}")));
                }
                // Where a job of our own making does not get through, no student's would.
                Err(error @ (ReadError::Zygote(_) | ReadError::Job(_))) => {
                    return Ok(Readiness::Unavailable(error.to_string()));
                }
                Err(error) => {
                    return Err(Fault::passing(format!("the autograder could not be read: {error}")));
                }
            };
            if let Some(why) = &prepared.bundle.broken {
                return Err(Fault::lasting(format!("the autograder is broken: {}", judge::clean(why))));
            }
            if !prepared.bundle.declined.is_empty() {
                return Ok(Readiness::Declined(prepared.bundle.declined.join(" ")));
            }
            Ok(Readiness::Ready(Ready { prepared, zygote }))
        })
        .await?
    }

    /// Grades with an autograder that is ready.
    pub(crate) async fn grade_ready(
        &self,
        ready: &Ready,
        work: &Work,
        on_step: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Graded, Fault> {
        let began = Instant::now();
        let outcome =
            Outcome { limits: self.limits, otter_version: ready.zygote.otter_version.clone(), began };
        let job = match task(ready, work, &self.limits) {
            Ok(job) => job,
            Err(message) => return Ok(outcome.rejected(message)),
        };
        let (tell, mut told) = mpsc::unbounded_channel();
        let (start, limits) = (ready.clone(), self.limits);
        let running = blocking(move || start.zygote.job(Role::Notebook, limits.job(), &start.prepared.files))
            .await?
            .map_err(|error| Fault::passing(error.to_string()))?;
        // Dropping this future ends the job.
        let leash = Leash::of(&running.init).map_err(|error| Fault::passing(error.to_string()))?;
        let (ready, entropy) = (ready.clone(), Arc::clone(&self.entropy));
        let mut conversation =
            spawn_blocking(move || converse(running, job, &ready, &outcome, &*entropy, &tell));
        let conversed = loop {
            tokio::select! {
                biased;
                Some(step) = told.recv() => on_step(step),
                conversed = &mut conversation => break conversed,
            }
        };
        drop(leash);
        conversed
            .map_err(|error| Fault::passing(format!("the conversation with the jail failed: {error}")))?
    }
}

/// The whole conversation of one job. Blocks.
fn converse(
    running: RunningJob,
    job: Job,
    ready: &Ready,
    outcome: &Outcome,
    entropy: &dyn Entropy,
    tell: &mpsc::UnboundedSender<Step>,
) -> Result<Graded, Fault> {
    let bundle = &ready.prepared.bundle;
    let passing = |error: &dyn std::fmt::Display| Fault::passing(error.to_string());
    let questions = job.questions.clone();
    let closed = Notebook::new(&running, &outcome.limits, &questions)
        .map_err(|error| passing(&error))?
        // Nobody listens any more when the grading was let go.
        .run(&ToNotebook::Job(job), &mut |step| drop(tell.send(step)))
        .map_err(|error| passing(&error))?;
    let notebook::Closed { taken, roster, hits, how, isolation, peak_memory_bytes } = closed;
    let evaluated = Evaluation::new(bundle, &outcome.limits, &running.init, entropy).run(taken);
    if let Some(why) = evaluated.gave_up {
        return Err(passing(&why));
    }
    // No code of a submission can end its init: whatever silenced the snapshots, it was not that.
    if has_hung_up(&running.init) || roster.has_lost() {
        return Err(passing(&"the job was lost while its tests ran"));
    }
    let cpu_seconds = running.end();
    let graded = outcome.of(bundle, how, hits, evaluated, isolation, cpu_seconds);
    Ok(Graded { peak_memory_bytes: Some(peak_memory_bytes).filter(|bytes| *bytes > 0), ..graded })
}

/// What the notebook process is to do, or why the submission cannot be graded here, for the student.
fn task(ready: &Ready, work: &Work, limits: &WarmLimits) -> Result<Job, String> {
    let bundle = &ready.prepared.bundle;
    let Submitted::File { name, content } = &work.submitted else {
        return Err("A zip file cannot be graded here.".into());
    };
    let content = std::str::from_utf8(content).map_err(|_| "The file is not text (UTF-8).".to_owned())?;
    if is_notebook(name)
        && let Some(message) = bundle.rejection(assignment_name(content).as_deref())
    {
        return Err(message);
    }
    Ok(Job {
        name: name.clone(),
        content: content.to_owned(),
        questions: bundle.check_names(),
        seed: bundle.config.seed,
        seed_variable: bundle.config.seed_variable.clone(),
        cell_output_bytes: CELL_OUTPUT_BYTES.min(limits.all.output_bytes),
        output_bytes: limits.all.output_bytes,
    })
}

/// Whether a submission of this name is a notebook, as otter-grader tells them from scripts.
fn is_notebook(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "ipynb")
}

/// The assignment that a notebook says it is of: what otter-grader puts into its metadata.
fn assignment_name(notebook: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Notebook {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        otter: Otter,
    }
    #[derive(Deserialize)]
    struct Otter {
        assignment_name: String,
    }
    // One that cannot be read has no name; that it cannot be read is found out when it is run.
    serde_json::from_str(notebook).ok().map(|notebook: Notebook| notebook.metadata.otter.assignment_name)
}

#[async_trait]
impl Engine for WarmEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn grade(&self, work: &Work, on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Graded, Fault> {
        match self.prepare(work).await? {
            Readiness::Ready(ready) => self.grade_ready(&ready, work, on_step).await,
            Readiness::Declined(why) => {
                Err(Fault::lasting(format!("the warm engine does not grade this: {why}")))
            }
            Readiness::Unavailable(why) => {
                Err(Fault::passing(format!("the warm engine is not available: {why}")))
            }
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    spawn_blocking(work).await.map_err(|error| Fault::passing(format!("a task failed: {error}")))
}
