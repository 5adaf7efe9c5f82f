//! A zygote without Python, and its stage, for this crate's tests: each job runs its text as a Python or shell program
//! whose output goes to the notebook socket.

use std::{
    os::{
        fd::{AsFd, FromRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Command, ExitCode, Stdio},
};

use frames::{Channel, FromZygote, Job, ToNotebook, ToZygote};
use jail::job::Side;
use nix::sys::wait::{WaitPidFlag, waitpid};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(jail::zygote::COMMAND) => jail::zygote::main(),
        _ => zygote(),
    }
}

fn zygote() -> ExitCode {
    #[expect(unsafe_code, reason = "the control socket is handed over by number")]
    // SAFETY: the stage has put it there, for us alone.
    let control = Channel::from(unsafe { OwnedFd::from_raw_fd(jail::zygote::CONTROL) });
    let ready = FromZygote::Ready { python: "none".into(), otter: "none".into() };
    if control.send(&ready).is_err() {
        return ExitCode::FAILURE;
    }
    let mut jobs = Vec::new();
    while let Ok((ToZygote::Start(start), fds)) = control.receive_with(1 << 20) {
        let Ok([init, notebook, files]) = <[OwnedFd; 3]>::try_from(fds) else { break };
        let said = match jail::job::start(&start.limits, init.into(), files, &[notebook.as_fd()]) {
            Ok(Side::Notebook) => run(notebook),
            Ok(Side::Zygote { pid }) => {
                jobs.push((pid, start.id));
                FromZygote::Started { id: start.id }
            }
            Err(error) => FromZygote::NotStarted { id: start.id, why: error.to_string() },
        };
        if control.send(&said).is_err() {
            break;
        }
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG))
            && status.pid().is_some()
        {}
    }
    ExitCode::SUCCESS
}

fn run(notebook: OwnedFd) -> ! {
    let notebook = Channel::from(notebook);
    if let Ok(ToNotebook::Job(Job { name, content, .. })) = notebook.receive() {
        let out = || Stdio::from(notebook.as_fd().try_clone_to_owned().expect("a descriptor is free"));
        let program = if name == "shell" { "/bin/bash" } else { "/usr/bin/python3" };
        let _failed = Command::new(program).arg("-c").arg(content).stdout(out()).stderr(out()).exec();
    }
    std::process::exit(1)
}
