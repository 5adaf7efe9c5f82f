//! One zygote, and the jobs it forks.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use frames::{Channel, FrameError, FromZygote, JobLimits, Role, Start, ToZygote};
use rustix::net::{Shutdown, shutdown};
use sandbox::Supervisor;
use tempfile::TempDir;

use crate::environment::EnvironmentInUse;

/// How long a zygote may take to import what it is told to.
const WARM_UP: Duration = Duration::from_mins(2);
/// How long a job's processes may take to be gone. On a busy machine, without a PID namespace, many take their time.
const END: Duration = Duration::from_mins(1);
/// How long it may take to fork.
const FORK: Duration = Duration::from_secs(20);

/// A warm Python that forks a runner for each job. Ends when dropped, and every job with it.
pub(super) struct Zygote {
    process: sandbox::Zygote,
    /// Its environment, which is not removed as long as this lives, and the folder of its jobs, which is removed with it.
    _held: (EnvironmentInUse, TempDir),
    /// Sends; the listening thread has its own handle.
    control: Mutex<Channel>,
    told: Arc<Told>,
    last_id: AtomicU64,
    /// Its otter-grader's version.
    pub(super) otter_version: String,
    /// What it used when it was ready, in bytes.
    memory_when_ready: u64,
}

/// What the zygote has told about its jobs.
#[derive(Default)]
struct Told {
    waiting: Mutex<HashMap<u64, Sender<FromZygote>>>,
    is_gone: AtomicBool,
}

/// A job that runs: the judge's ends of its sockets.
pub(super) struct RunningJob {
    pub(super) init: Channel,
    pub(super) notebook: Channel,
    told: Receiver<FromZygote>,
}

/// Why a zygote does not do its work; our failure.
#[derive(Debug, thiserror::Error)]
pub(super) enum ZygoteError {
    #[error("the zygote could not be started: {0}")]
    Start(io::Error),
    #[error("the zygote ended while it imported its modules{}", said(.0))]
    NotReady(String),
    #[error("the zygote cannot be reached: {0}")]
    Control(#[from] FrameError),
    #[error("the zygote could not fork: {0}")]
    Fork(String),
    #[error("the zygote ended")]
    Gone,
    #[error("{0}")]
    Io(#[from] io::Error),
}

fn said(stderr: &str) -> String {
    let last = stderr.trim().lines().last().unwrap_or_default();
    if last.is_empty() { String::new() } else { format!(": {last}") }
}

impl Zygote {
    /// Starts one and waits until it is warm. Blocks.
    pub(super) fn start(
        supervisor: &Supervisor,
        environment: &EnvironmentInUse,
        kit: &Path,
        root: &Path,
        wanted: &BTreeSet<String>,
    ) -> Result<Self, ZygoteError> {
        let scratch = TempDir::with_prefix_in("jobs-", root)?;
        let spec = super::spec::of(environment, kit, scratch.path().to_owned(), wanted);
        let process = sandbox::Zygote::start(supervisor, &spec).map_err(ZygoteError::Start)?;
        let control = process.control.try_clone()?;
        let deadline = super::clock::Deadline::after(WARM_UP);
        let ready = super::sockets::wait([&control], deadline)?[0].then(|| control.receive());
        let Some(Ok(FromZygote::Ready { otter, .. })) = ready else {
            return Err(ZygoteError::NotReady(process.stderr_tail()));
        };
        // That there are no namespaces, and why; what cannot be preloaded.
        for said in process.stderr_tail().lines() {
            tracing::warn!(environment = %environment.id, said, "a zygote is not as it could be");
        }
        let told = Arc::new(Told::default());
        let (listener, shared) = (control.try_clone()?, Arc::clone(&told));
        std::thread::Builder::new().name("zygote".into()).spawn(move || shared.listen(&listener))?;
        let memory_when_ready = process.memory_bytes();
        let (control, last_id) = (Mutex::new(control), AtomicU64::new(0));
        Ok(Self {
            process,
            _held: (environment.clone(), scratch),
            control,
            told,
            last_id,
            otter_version: otter,
            memory_when_ready,
        })
    }

    /// Forks a job.
    pub(super) fn job(
        &self,
        role: Role,
        limits: JobLimits,
        files: &OwnedFd,
    ) -> Result<RunningJob, ZygoteError> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let (init, jobs_init) = Channel::pair()?;
        let (notebook, jobs_notebook) = Channel::pair()?;
        let told = self.told.about(id);
        let start = ToZygote::Start(Start { id, role, limits });
        let descriptors = [jobs_init.as_fd(), jobs_notebook.as_fd(), files.as_fd()];
        self.control.lock().unwrap_or_else(PoisonError::into_inner).send_with(&start, &descriptors)?;
        match told.recv_timeout(FORK) {
            Ok(FromZygote::Started { .. }) => Ok(RunningJob { init, notebook, told }),
            Ok(FromZygote::NotStarted { why, .. }) => Err(ZygoteError::Fork(why)),
            _ => Err(ZygoteError::Gone),
        }
    }

    /// Whether it can take further jobs.
    pub(super) fn is_alive(&self) -> bool {
        !self.told.is_gone.load(Ordering::Acquire)
    }

    /// Bytes of memory it uses now.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.process.memory_bytes()
    }

    /// Whether it is no longer as it was when it was ready.
    pub(super) fn has_drifted(&self) -> bool {
        self.memory_bytes() > self.memory_when_ready + self.memory_when_ready / 4 + (16 << 20)
    }
}

impl Told {
    fn about(&self, id: u64) -> Receiver<FromZygote> {
        let (sender, receiver) = channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        // A zygote that went meanwhile wakes nobody any more.
        if self.is_gone.load(Ordering::Acquire) {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        receiver
    }

    fn listen(&self, control: &Channel) {
        while let Ok(message) = control.receive::<FromZygote>() {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let (id, is_last) = match &message {
                FromZygote::Started { id } => (*id, false),
                FromZygote::NotStarted { id, .. } | FromZygote::Ended { id, .. } => (*id, true),
                FromZygote::Ready { .. } => continue,
            };
            let sender = if is_last { waiting.remove(&id) } else { waiting.get(&id).cloned() };
            // Nobody waits for a job that was let go.
            sender.map(|sender| sender.send(message).ok());
        }
        self.is_gone.store(true, Ordering::Release);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl RunningJob {
    /// Lets the job end, waits until all its processes have, and gives their CPU time in seconds.
    pub(super) fn end(self) -> f64 {
        // Whoever else holds the init's socket: it is over now. An init that is gone has ended already.
        shutdown(&self.init, Shutdown::Both).ok();
        match self.told.recv_timeout(END) {
            Ok(FromZygote::Ended { cpu_s, .. }) => cpu_s,
            _ => 0.0,
        }
    }
}
