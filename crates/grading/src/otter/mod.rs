//! otter-grader's own `run_autograder`, in a separate process.
//!
//! The submission's code shares its process with the tests and with otter-grader, so a notebook that sets out to forge
//! its grade can, and it reaches what its user on the machine reaches (see the book's security chapter). What this engine
//! promises is that it ends, as a whole and within its limits, and that nothing it leaves behind is run or believed by
//! the service. It is the engine for whatever a stricter one declines, and the reference for its scores.

mod judge;
mod results;
mod users;
mod workplace;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use model::{Fault, Step};
use sandbox::{Ceiling, Limits, Network, Request, Supervisor};
use serde::Deserialize;

use self::{
    judge::Run,
    users::{OwnUser, Users},
    workplace::Workplace,
};
use crate::{
    engine::{Engine, Graded, Work},
    environment::{Environment, Environments},
};

const NAME: &str = "otter";

/// Grades with otter-grader's own `run_autograder`.
pub struct OtterEngine {
    environments: Arc<Environments>,
    supervisor: Supervisor,
    limits: Limits,
    root: PathBuf,
    users: Users,
}

/// A line of progress from the driver.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Running { running: bool },
    Broken { broken: String },
    Fault { fault: String },
    OutputDropped { output_dropped: bool },
    Cell { cell: u32, of: u32 },
}

impl OtterEngine {
    /// Grades in an autograder's environment, under the limits, in temporary folders inside `root`.
    #[must_use]
    pub fn new(
        environments: Arc<Environments>,
        supervisor: Supervisor,
        limits: Limits,
        root: PathBuf,
    ) -> Self {
        Self { environments, supervisor, limits, root, users: Users::default() }
    }

    fn request(&self, environment: &Environment, place: &Workplace, user: Option<sandbox::User>) -> Request {
        let home = place.path().join("home");
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let bin = environment.python.parent().map(|bin| text(bin.to_owned())).unwrap_or_default();
        let one = "1".to_owned();
        Request {
            program: environment.python.clone(),
            args: vec![text(place.driver())],
            env: [
                ("PATH", format!("{bin}:/usr/local/bin:/usr/bin:/bin")),
                ("HOME", text(home.clone())),
                ("TMPDIR", text(place.path().join("tmp"))),
                ("LANG", "C.UTF-8".to_owned()),
                ("JUPYTER_RUNTIME_DIR", text(place.run())),
                ("JUPYTER_PLATFORM_DIRS", one.clone()),
                // One grading, one core: thread pools of the numeric libraries only contend with each other.
                ("OPENBLAS_NUM_THREADS", one.clone()),
                ("OMP_NUM_THREADS", one),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
            dir: home,
            input: serde_json::json!({ "dir": place.autograder(), "output_bytes": self.limits.output_bytes })
                .to_string(),
            user,
            limits: self.limits,
            readable: environment.folders.clone(),
            writable: vec![place.path().to_owned(), place.run()],
            // The kernel and otter-grader's log are spoken to over sockets.
            network: Network::Loopback,
            ceiling: Ceiling::default(),
        }
    }
}

#[async_trait]
impl Engine for OtterEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn grade(&self, work: &Work, on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Graded, Fault> {
        let environment = self.environments.of(work).await?;
        let own_user = if environment.can_run_as_others { self.users.take() } else { None };
        let user = own_user.as_ref().map(OwnUser::id);
        let (root, work) = (self.root.clone(), work.clone());
        let place = blocking(move || Workplace::lay_out(&root, &work, user)).await?.map_err(|error| {
            Fault::passing(format!("the grading's folder could not be laid out: {error}"))
        })?;

        let mut had_begun = false;
        let (mut broken, mut driver_fault, mut output_dropped) = (Vec::new(), None, false);
        let told = |line: &str| match serde_json::from_str(line) {
            Ok(Told::Running { running }) => had_begun |= running,
            // Only the driver can have said so: no code of the submission has run yet.
            Ok(Told::Broken { broken: sentence }) if !had_begun => broken.push(sentence),
            Ok(Told::Fault { fault }) => driver_fault = Some(fault),
            Ok(Told::OutputDropped { output_dropped: dropped }) => output_dropped |= dropped,
            Ok(Told::Cell { cell, of }) => on_step(Step::Cell { cell, of }),
            Ok(Told::Broken { .. }) | Err(_) => {}
        };
        let ending = self
            .supervisor
            .run(&self.request(&environment, &place, user), told)
            .await
            .map_err(|error| Fault::passing(error.to_string()))?;
        let isolation = ending.isolation.to_string();
        let limits = self.limits;
        blocking(move || {
            let run = Run {
                dir: place.opened(),
                ending,
                had_begun,
                broken,
                driver_fault,
                output_dropped,
                limits,
                isolation,
            };
            let judged = run.judge();
            // The folder goes before its user's id is free for another.
            drop(place);
            drop(own_user);
            judged.map(Graded::from)
        })
        .await?
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Fault::passing(format!("a file task failed: {error}")))
}
