//! `otter-service config`.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;

use crate::config::{self, Config, Sources};

/// The one that is published.
const COURSE_CONFIG_SCHEMA: &str = include_str!("../../../../docs/reference/course-config.schema.json");

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the documented default configuration file.
    Default,
    /// Print the JSON schema of course-config.json.
    Schema,
    /// Check the configuration as `serve` would read it, and name everything that is wrong.
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Default => print!("{}", config::DEFAULTS),
        Command::Schema => print!("{COURSE_CONFIG_SCHEMA}"),
        Command::Check { config } => {
            let config = Config::load(&Sources::given(config, &[]))?;
            for path in config.secrets.readable_by_others() {
                eprintln!("warning: every user of this machine may read the secret {}", path.display());
            }
            println!("The configuration is valid.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
