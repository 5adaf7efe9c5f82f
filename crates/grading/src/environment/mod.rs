//! The Python installation in which a course's notebooks run.

mod build;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use model::Limit;
use sandbox::{How, Isolation, Limits, Request, Supervisor, User};
use serde::Deserialize;
use thiserror::Error;

pub use build::{BuildError, Builder};

/// A Python installation that can grade: it has otter-grader and a kernel.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its interpreter.
    pub python: PathBuf,
    /// Its version, for instance `3.11.7`.
    pub python_version: String,
    /// Its otter-grader's version, for instance `7.0.0`.
    pub otter_version: String,
    /// Whether gradings can run as users of their own: the service is root, and others may read the installation and
    /// reach the gradings' folder.
    pub can_run_as_others: bool,
    /// How runs are kept together on this machine.
    pub isolation: Isolation,
}

/// Why an installation cannot grade.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The interpreter does not run.
    #[error("{python} cannot be used as a Python interpreter: {why}")]
    NoPython {
        /// As it was given.
        python: PathBuf,
        /// What came instead.
        why: String,
    },
    /// Packages are missing.
    #[error("the Python environment of {python} lacks {}; install {} there", missing.join(" and "), missing.join(" "))]
    Lacks {
        /// The interpreter.
        python: PathBuf,
        /// The missing packages.
        missing: Vec<String>,
    },
    /// otter-grader is too old.
    #[error("the Python environment of {python} has otter-grader {found}; versions 5, 6 and 7 can be used")]
    Otter {
        /// The interpreter.
        python: PathBuf,
        /// Its version.
        found: String,
    },
}

const PROBE: &str = "
import json, platform
from importlib.metadata import version, PackageNotFoundError
found = {}
for name in ('otter-grader', 'ipykernel', 'nbconvert'):
    try: found[name] = version(name)
    except PackageNotFoundError: found[name] = None
print(json.dumps({'python': platform.python_version(), 'packages': found}))
";

#[derive(Deserialize)]
struct Probed {
    python: String,
    packages: std::collections::BTreeMap<String, Option<String>>,
}

impl Environment {
    /// Looks at the installation of an interpreter that is to grade in temporary folders inside `root`.
    pub async fn probe(python: PathBuf, supervisor: &Supervisor, root: &Path) -> Result<Self, ProbeError> {
        let (probed, isolation) = look(&python, supervisor, root, None).await?;
        let missing: Vec<_> = probed
            .packages
            .iter()
            .filter(|(_, found)| found.is_none())
            .map(|(name, _)| name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(ProbeError::Lacks { python, missing });
        }
        let otter_version = probed.packages.get("otter-grader").cloned().flatten().unwrap_or_default();
        if !["5.", "6.", "7."].iter().any(|major| otter_version.starts_with(major)) {
            return Err(ProbeError::Otter { python, found: otter_version });
        }
        // `nobody`: may another user than the service's read all of it?
        let nobody = User { uid: 65_534, gid: 65_534 };
        let can_run_as_others = is_root() && look(&python, supervisor, root, Some(nobody)).await.is_ok();
        Ok(Self { python, python_version: probed.python, otter_version, can_run_as_others, isolation })
    }
}

/// Whether this process is root.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

async fn look(
    python: &Path,
    supervisor: &Supervisor,
    root: &Path,
    user: Option<User>,
) -> Result<(Probed, Isolation), ProbeError> {
    let no_python = |why: String| ProbeError::NoPython { python: python.to_owned(), why };
    let request = Request {
        program: python.to_owned(),
        args: vec!["-I".into(), "-c".into(), PROBE.into()],
        env: Vec::new(),
        dir: root.to_owned(),
        input: String::new(),
        user,
        limits: Limits { wall: Duration::from_secs(30), ..Limits::default() },
    };
    let mut found = None;
    let ending = supervisor
        .run(&request, |line| found = found.take().or_else(|| serde_json::from_str(line).ok()))
        .await
        .map_err(|error| no_python(error.to_string()))?;
    found.map(|found| (found, ending.isolation)).ok_or_else(|| {
        let said = ending.stderr_tail.lines().last().unwrap_or_default();
        no_python(match ending.how {
            How::Limit(Limit::WallSeconds) => "it did not answer within 30 seconds".into(),
            how => format!("it ended with {how:?} {said}"),
        })
    })
}
