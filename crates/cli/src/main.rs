//! `otter-service`: grades notebooks, as a service and from the command line.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

mod commands;
mod config;
mod engine;
mod environment;
mod logging;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Grades Jupyter notebooks with a course's otter-grader autograders.
#[derive(Parser)]
#[command(name = "otter-service", version, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service: accept notebooks, grade them, show the grades.
    Serve(commands::serve::Args),
    /// Grade notebooks right here, without a service.
    Grade(commands::grade::Args),
    /// Submit notebooks to a running service and follow them to their grades.
    Submit(commands::submit::Args),
    /// Work with receipts of submissions.
    #[command(subcommand)]
    Receipt(commands::receipt::Command),
    /// Show the configuration.
    #[command(subcommand)]
    Config(commands::config::Command),
    /// Look at this machine and the configuration, and say what is missing and what to do.
    Doctor(commands::doctor::Args),
    /// Work with the Python environments that notebooks run in.
    #[command(subcommand)]
    Environment(commands::environment::Command),
}

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let Some(code) = sandbox::dispatch(&args) {
        return code;
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("otter-service: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("otter-service: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => commands::serve::run(args).await,
        Command::Grade(args) => commands::grade::run(args).await,
        Command::Submit(args) => commands::submit::run(args).await,
        Command::Receipt(command) => commands::receipt::run(command),
        Command::Config(command) => commands::config::run(command),
        Command::Doctor(args) => commands::doctor::run(args).await,
        Command::Environment(command) => commands::environment::run(command).await,
    }
}
