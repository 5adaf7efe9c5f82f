//! What the service asks of the supervisor, and what it hears back: one JSON value a line.

use std::{path::PathBuf, time::Duration};

use jail::{Ceiling, Level, Network};
use model::{Limit, LimitHit};
use serde::{Deserialize, Serialize};

/// A program to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The program's path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Its working directory.
    pub dir: PathBuf,
    /// What it reads from its standard input.
    pub input: String,
    /// Whom it runs as; `None`: the same user as the service.
    pub user: Option<User>,
    /// What it may use.
    pub limits: Limits,
    /// Files and folders that it may read, besides the system's programs and libraries and its own installation.
    /// They are at the same paths as outside.
    #[serde(default)]
    pub readable: Vec<PathBuf>,
    /// Folders that it may write as well, as far as its user may. All else, but a `/tmp` and a `/dev/shm` that go with
    /// the run, is read-only or not there.
    #[serde(default)]
    pub writable: Vec<PathBuf>,
    /// What it can reach.
    #[serde(default)]
    pub network: Network,
    /// The highest level of isolation that is tried.
    #[serde(default)]
    pub ceiling: Ceiling,
}

/// A user and group to run as. Only root can change to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id. There are no supplementary groups.
    pub gid: u32,
}

/// What a program and all its descendants together may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall-clock time.
    pub wall: Duration,
    /// CPU time, all processes together.
    pub cpu: Duration,
    /// Memory in bytes, all processes together; one process that asks for more is refused it.
    pub memory_bytes: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// Bytes written to standard output and standard error together.
    pub output_bytes: u64,
    /// The size of one file in bytes.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_mins(2),
            cpu: Duration::from_mins(2),
            memory_bytes: 2 << 30,
            processes: 128,
            output_bytes: 16 << 20,
            file_bytes: 512 << 20,
        }
    }
}

impl Limits {
    /// The limit of this kind, with its value, for a report.
    #[must_use]
    pub fn hit(&self, limit: Limit) -> LimitHit {
        let value = match limit {
            Limit::WallSeconds | Limit::CellSeconds | Limit::CaseSeconds => self.wall.as_secs(),
            Limit::CpuSeconds => self.cpu.as_secs(),
            Limit::MemoryBytes => self.memory_bytes,
            Limit::Processes => self.processes,
            Limit::OutputBytes => self.output_bytes,
        };
        LimitHit { limit, value, cell: None }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// In which way.
    pub how: How,
    /// Wall-clock time.
    pub wall: Duration,
    /// CPU time, all processes together, as far as it could be counted.
    pub cpu: Duration,
    /// The most memory in bytes that all processes had together, as sampled.
    pub peak_memory_bytes: u64,
    /// The end of what was written to standard error. May hold what the submission's code printed: never log it
    /// after such code has run.
    pub stderr_tail: String,
    /// What kept the program apart.
    pub isolation: Level,
}

/// In which way a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The program ended with this code.
    Exited(i32),
    /// A signal ended the program.
    Signaled(i32),
    /// It met a limit and was ended.
    Limit(Limit),
    /// The service let go.
    Abandoned,
}

/// A line from the supervisor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// The program wrote this line to its standard output.
    Line(String),
    /// The run is over; the last line.
    Ended(Ending),
    /// The program could not be started; the last line.
    Failed(String),
}
