//! `otter-service environment`.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use grading::Supervisor;

use crate::{config::Python, environment};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build an environment, unless it is there, and print its interpreter's path.
    Build {
        /// What to install; the packages of a data-science course and otter-grader 7 if not given.
        #[arg(long, value_name = "FILE")]
        requirements: Option<PathBuf>,
        /// The Python to build with.
        #[arg(long, value_name = "INTERPRETER", default_value = "python3")]
        base_python: PathBuf,
        /// The folder that holds the environments; by default one in your cache folder.
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Build { requirements, base_python, root } = command;
    let python = Python { interpreter: None, requirements, base: base_python };
    let root = root.unwrap_or_else(default_root);
    let environment =
        environment::prepare(&python, &root, &std::env::temp_dir(), &Supervisor::this_program()).await?;
    println!("{}", environment.python.display());
    Ok(ExitCode::SUCCESS)
}

/// Where environments are kept when no service's configuration says so.
pub(crate) fn default_root() -> PathBuf {
    environment::cache_dir().join("environments")
}
