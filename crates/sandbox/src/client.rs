//! The service's side: start a supervisor, listen, hear the end.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use crate::{
    protocol::{Ending, Request, Said},
    supervise::COMMAND,
};

/// The executable that can act as a supervisor: its `main` hands over to [`crate::dispatch`].
#[derive(Debug, Clone)]
pub struct Supervisor {
    program: PathBuf,
}

/// The program could not be run; nothing is known of it.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The supervisor could not be started or spoken to.
    #[error("the supervisor process failed: {0}")]
    Supervisor(#[from] std::io::Error),
    /// It ended without a word, killed from outside (out of memory?).
    #[error(
        "the supervisor process ended before the program did; was it killed, for lack of memory perhaps?"
    )]
    Gone,
    /// The program could not be started.
    #[error("the program could not be started: {0}")]
    Program(String),
}

impl Supervisor {
    /// The program that runs now. Works after its file was replaced by an upgrade.
    #[must_use]
    pub fn this_program() -> Self {
        Self::at("/proc/self/exe")
    }

    /// Another executable with the same entry.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Runs the program to its end and hands each line of its standard output to `on_line` at once.
    ///
    /// Dropping the future ends the program and all its descendants.
    pub async fn run(
        &self,
        request: &Request,
        mut on_line: impl FnMut(&str),
    ) -> Result<Ending, SandboxError> {
        let mut supervisor = Command::new(&self.program)
            .arg(COMMAND)
            .env_clear()
            // Not in our process group: Ctrl-C is for the service, which then lets its work end.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdin = supervisor.stdin.take().ok_or(SandboxError::Gone)?;
        let mut said = BufReader::new(supervisor.stdout.take().ok_or(SandboxError::Gone)?).lines();

        let mut line = serde_json::to_vec(request).map_err(std::io::Error::other)?;
        line.push(b'\n');
        stdin.write_all(&line).await?;
        let mut ending = Err(SandboxError::Gone);
        while let Some(line) = said.next_line().await? {
            match serde_json::from_str(&line).map_err(std::io::Error::other)? {
                Said::Line(line) => on_line(&line),
                Said::Ended(ended) => ending = Ok(ended),
                Said::Failed(why) => ending = Err(SandboxError::Program(why)),
            }
        }
        // Held open until now: the supervisor takes its closing as the order to end everything.
        drop(stdin);
        supervisor.wait().await?;
        ending
    }
}
