//! From the configuration to a Python environment that is there.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use grading::{Builder, Environment, Isolation, Supervisor};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Python;

/// What environments are built from when nothing else is said.
pub(crate) const DEFAULT_REQUIREMENTS: &str = include_str!("requirements.txt");

/// Where the environments of commands without a service are kept, for each user.
pub(crate) fn cache_dir() -> PathBuf {
    let home = || {
        std::env::var_os("HOME")
            .map_or_else(|| PathBuf::from("/var/cache"), |home| Path::new(&home).join(".cache"))
    };
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    cache.unwrap_or_else(home).join("otter-service")
}

/// The environment that is configured, built below `root` if it has to be, to grade in temporary folders inside
/// `gradings`. Tells on standard error what goes on.
pub(crate) async fn prepare(
    python: &Python,
    root: &Path,
    gradings: &Path,
    supervisor: &Supervisor,
) -> anyhow::Result<Environment> {
    let interpreter = match &python.interpreter {
        Some(interpreter) => absolute(interpreter)?,
        None => build(python, root).await?,
    };
    Ok(Environment::probe(interpreter, supervisor, gradings).await?)
}

/// An interpreter given as a path is made absolute without following links: a virtual environment's interpreter is a
/// link, and only under its own name does it find its packages.
fn absolute(interpreter: &Path) -> anyhow::Result<PathBuf> {
    if interpreter.components().count() > 1 {
        return Ok(std::path::absolute(interpreter)?);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(interpreter)).find(|path| path.is_file());
    found.with_context(|| format!("there is no program `{}` in $PATH", interpreter.display()))
}

/// What keeps submissions apart from the service less well than it could, and what to do.
pub(crate) fn weaknesses(environment: &Environment) -> Vec<&'static str> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut found = Vec::new();
    if is_root && !environment.can_run_as_others {
        found.push(
            "submissions run as root, because other users may not read the Python environment or reach the gradings' \
             folder; put both where everybody may pass, or start otter-service as another user",
        );
    }
    if !is_root {
        found.push(
            "submissions run as the same user as otter-service, so they can read its files; start it as root, and each \
             runs as a user of its own",
        );
    }
    if environment.isolation == Isolation::ProcessTree {
        found.push(
            "no PID namespace can be had here, so processes that a submission starts are found and ended one by one; \
             allow user namespaces",
        );
    }
    found
}

async fn build(python: &Python, root: &Path) -> anyhow::Result<PathBuf> {
    let requirements = match &python.requirements {
        Some(path) => {
            fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
        }
        None => DEFAULT_REQUIREMENTS.to_owned(),
    };
    let builder = Builder { root: std::path::absolute(root)?, base_python: python.base.clone() };
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")?);
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    let is_shown = !spinner.is_hidden();
    let interpreter = builder
        .build(&requirements, &mut |line| {
            if is_shown { spinner.set_message(line.trim().to_owned()) } else { eprintln!("{line}") }
        })
        .await;
    spinner.finish_and_clear();
    Ok(interpreter?)
}
