//! Looking at an installation before it is used.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use model::Limit;
use sandbox::{Ceiling, How, Level, Limits, Network, Request, Supervisor, User};
use serde::Deserialize;
use thiserror::Error;

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

/// `nobody`: may another user than the service's read all of it?
const NOBODY: User = User { uid: 65_534, gid: 65_534 };
const PROBE: &str = include_str!("probe.py");

/// What a probe found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) told: Told,
    pub(super) otter_version: String,
    /// Whom it could be run as: `nobody` where that is possible, else the service's own user.
    pub(super) user: Option<User>,
    pub(super) isolation: Level,
}

/// What the interpreter tells of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) python: String,
    packages: BTreeMap<String, Option<String>>,
    pub(super) prefix: PathBuf,
    pub(super) base_prefix: PathBuf,
    folders: Vec<PathBuf>,
    /// A hash over the installed packages.
    pub(super) installed: String,
}

impl Told {
    /// The folders, without those that lie in another.
    pub(super) fn outermost_folders(&self) -> Vec<PathBuf> {
        let mut folders = self.folders.clone();
        folders.retain(|folder| folder.is_absolute() && folder.is_dir());
        folders.sort();
        folders.dedup_by(|inner, outer| inner.starts_with(outer));
        folders
    }
}

/// Looks at the installation of an interpreter that is to grade in temporary folders inside `gradings`.
pub(super) async fn probe(
    python: &Path,
    supervisor: &Supervisor,
    gradings: &Path,
) -> Result<Found, ProbeError> {
    let as_other = if rustix::process::geteuid().is_root() {
        look(python, supervisor, gradings, Some(NOBODY)).await.ok()
    } else {
        None
    };
    let user = as_other.is_some().then_some(NOBODY);
    let (told, isolation) = match as_other {
        Some(found) => found,
        None => look(python, supervisor, gradings, None).await?,
    };
    let missing: Vec<_> =
        told.packages.iter().filter(|(_, found)| found.is_none()).map(|(name, _)| name.clone()).collect();
    if !missing.is_empty() {
        return Err(ProbeError::Lacks { python: python.to_owned(), missing });
    }
    let otter_version = told.packages.get("otter-grader").cloned().flatten().unwrap_or_default();
    if !["5.", "6.", "7."].iter().any(|major| otter_version.starts_with(major)) {
        return Err(ProbeError::Otter { python: python.to_owned(), found: otter_version });
    }
    Ok(Found { told, otter_version, user, isolation })
}

async fn look(
    python: &Path,
    supervisor: &Supervisor,
    gradings: &Path,
    user: Option<User>,
) -> Result<(Told, Level), ProbeError> {
    let no_python = |why: String| ProbeError::NoPython { python: python.to_owned(), why };
    let request = Request {
        program: python.to_owned(),
        args: vec!["-I".into(), "-c".into(), PROBE.into()],
        env: Vec::new(),
        dir: gradings.to_owned(),
        input: String::new(),
        user,
        limits: Limits { wall: Duration::from_secs(30), ..Limits::default() },
        // As a grading has it.
        readable: vec![gradings.to_owned()],
        writable: Vec::new(),
        network: Network::default(),
        ceiling: Ceiling::default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_inside_others_are_left_out() {
        let text = r#"{"python": "3", "packages": {}, "prefix": "/usr", "base_prefix": "/usr", "installed": "",
            "folders": ["/usr/bin", "/usr", "/etc", "/usr/lib", "/none", "lib", "/usr"]}"#;
        let told: Told = serde_json::from_str(text).unwrap();
        assert_eq!(told.outermost_folders(), [Path::new("/etc"), Path::new("/usr")]);
    }
}
