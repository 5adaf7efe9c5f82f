//! What this machine can do, found out in a process with a single thread.

use std::{
    io::{self, Write},
    process::{Command, ExitCode, Stdio},
};

use jail::probe::{COMMAND, Probe};

use crate::client::Supervisor;

impl Supervisor {
    /// What this machine can do to keep programs apart. Blocks for some milliseconds.
    pub fn probe(&self) -> io::Result<Probe> {
        let said = Command::new(self.program()).arg(COMMAND).env_clear().stdin(Stdio::null()).output()?;
        Ok(serde_json::from_slice(&said.stdout)?)
    }
}

/// The `main` of that process.
pub(crate) fn main() -> ExitCode {
    let said = serde_json::to_vec(&jail::probe()).map_err(io::Error::other);
    match said.and_then(|text| io::stdout().write_all(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
