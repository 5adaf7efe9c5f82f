//! `otter-service config`.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;

use crate::config::{self, Config, Sources};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the documented default configuration file.
    Default,
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
        Command::Check { config } => {
            Config::load(&Sources::given(config, &[]))?;
            println!("The configuration is valid.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
