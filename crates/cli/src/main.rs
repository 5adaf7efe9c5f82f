//! `otter-service`: grades notebooks, as a service and from the command line.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

mod commands;
mod config;
mod engine;
mod environment;
mod logging;
mod place;
mod secrets;
mod service;

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
    /// Grade what a service has accepted, in a process of its own, on this machine or another.
    Worker(commands::worker::Args),
    /// Grade notebooks right here, without a service.
    Grade(commands::grade::Args),
    /// Submit notebooks to a running service and follow them to their grades.
    Submit(commands::submit::Args),
    /// Work with receipts of submissions.
    #[command(subcommand)]
    Receipt(commands::receipt::Command),
    /// Write a commented configuration to begin with.
    Init(commands::init::Args),
    /// Show the configuration.
    #[command(subcommand)]
    Config(commands::config::Command),
    /// Look at a course's materials as students will meet them, and say what is wrong and what to do.
    Check(Box<commands::check::Args>),
    /// Look at this machine and the configuration, and say what is missing and what to do.
    Doctor(commands::doctor::Args),
    /// Work with the Python environments that notebooks run in.
    #[command(subcommand)]
    Environment(commands::environment::Command),
    /// Bring the store's schema up to date, as the next start of the service would.
    Migrate(commands::migrate::Args),
    /// Copy everything between stores, and compare them.
    #[command(subcommand)]
    Store(commands::store::Command),
    /// Copy the service's SQLite file and its key to a folder, while it serves.
    Backup(commands::backup::Args),
    /// Put a backup in the place of the service's SQLite file, which is kept beside it. Stop the service first.
    Restore(commands::backup::RestoreArgs),
    /// Hand out or remove all that the store has of a user.
    #[command(subcommand)]
    User(commands::user::Command),
    /// Work with tokens, by which programs act for a user.
    #[command(subcommand)]
    Token(commands::token::Command),
}

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let Some(code) = sandbox::dispatch(&args) {
        return code;
    }
    store::use_ring();
    let cli = Cli::parse();
    if matches!(cli.command, Command::Serve(_) | Command::Worker(_) | Command::Grade(_) | Command::Check(_)) {
        service::allow_many_files();
    }
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
        Command::Worker(args) => commands::worker::run(args).await,
        Command::Grade(args) => commands::grade::run(args).await,
        Command::Submit(args) => commands::submit::run(args).await,
        Command::Receipt(command) => commands::receipt::run(command),
        Command::Init(args) => commands::init::run(&args),
        Command::Config(command) => commands::config::run(command),
        Command::Check(args) => commands::check::run(*args).await,
        Command::Doctor(args) => commands::doctor::run(args).await,
        Command::Environment(command) => commands::environment::run(command).await,
        Command::Migrate(args) => commands::migrate::run(args).await,
        Command::Store(command) => commands::store::run(command).await,
        Command::Backup(args) => commands::backup::run(args).await,
        Command::Restore(args) => commands::backup::restore(args).await,
        Command::User(command) => commands::user::run(command).await,
        Command::Token(command) => commands::token::run(command).await,
    }
}
