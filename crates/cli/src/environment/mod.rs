//! From the configuration to Python environments that are there.

mod weaknesses;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use grading::{EnvironmentInUse, EnvironmentPlan, Environments, Named, Recipe, Supervisor};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{self, Source};

pub(crate) use self::weaknesses::weaknesses;

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

/// All environments, and the one that is used where nothing else is said, built below `root` if it has to be, to grade
/// in temporary folders inside `gradings`. Tells on standard error what goes on.
pub(crate) async fn prepare(
    environments: &config::Environments,
    root: &Path,
    gradings: &Path,
    supervisor: &Supervisor,
) -> anyhow::Result<(Arc<Environments>, EnvironmentInUse)> {
    let (all, progress) = open(environments, root, gradings, supervisor)?;
    let standard = all.standard().await;
    progress.finish_and_clear();
    Ok((Arc::new(all), standard?))
}

/// All environments, none of them looked at yet, and a line in the terminal that tells of builds until it is finished.
pub(crate) fn open(
    environments: &config::Environments,
    root: &Path,
    gradings: &Path,
    supervisor: &Supervisor,
) -> anyhow::Result<(Environments, ProgressBar)> {
    let plan = plan(environments, root)?;
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")?);
    if !spinner.is_hidden() {
        spinner.enable_steady_tick(Duration::from_millis(120));
    }
    let shown = spinner.clone();
    let on_line = move |line: &str| {
        if shown.is_finished() {
            // The service runs: its log is no place for every line.
            tracing::debug!("{line}");
        } else if shown.is_hidden() {
            eprintln!("{line}");
        } else {
            shown.set_message(line.trim().to_owned());
        }
    };
    Ok((Environments::new(plan, supervisor.clone(), gradings.to_owned(), on_line), spinner))
}

/// Reads the files that the configuration names.
pub(crate) fn plan(environments: &config::Environments, root: &Path) -> anyhow::Result<EnvironmentPlan> {
    let named = environments.named.iter().map(|(name, named)| {
        let recipe = recipe(&named.source).with_context(|| format!("environments.{name}"))?;
        Ok((name.clone(), Named { recipe, courses: named.courses.clone() }))
    });
    Ok(EnvironmentPlan {
        root: std::path::absolute(root)?,
        standard: recipe(&environments.standard)?,
        named: named.collect::<anyhow::Result<_>>()?,
        from_autograder: environments.from_autograder,
        base_python: environments.base_python.clone(),
        max_bytes: environments.max_bytes,
    })
}

fn recipe(source: &Source) -> anyhow::Result<Recipe> {
    match source {
        Source::Interpreter(interpreter) => Ok(Recipe::Interpreter(absolute(interpreter)?)),
        Source::Requirements { file, base_python } => {
            let requirements = match file {
                Some(path) => {
                    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
                }
                None => DEFAULT_REQUIREMENTS.to_owned(),
            };
            Ok(Recipe::Build { requirements, base_python: base_python.clone(), may_run_code: true })
        }
    }
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
