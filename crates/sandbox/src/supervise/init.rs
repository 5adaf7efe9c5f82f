//! The init: sets the limits that the kernel keeps, starts the program, and buries orphans until it ends.

use std::{
    fs,
    io::{self, BufRead, Write},
    os::unix::process::CommandExt,
    process::{Command, ExitCode, Stdio},
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        resource::{Resource, setrlimit},
        signal::{SigSet, Signal},
        stat::{Mode, umask},
        wait::{WaitStatus, wait},
    },
    unistd::{Pid, close, getpid, getuid},
};

use rustix::process::setpriority_process;

use crate::protocol::Request;

/// The second argument of the process.
pub(super) const ROLE: &str = "init";
/// The `nice` value of the program: the service that answers students goes first.
const PRIORITY: i32 = 5;
/// The exit code that says: the program could not be started, and standard error says why.
pub(super) const CANNOT_START: u8 = 254;
/// Exit codes from here on stand for signals, as in a shell.
pub(super) const SIGNAL_BASE: i32 = 128;

pub(super) fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            writeln!(io::stderr(), "{error}").ok();
            ExitCode::from(CANNOT_START)
        }
    }
}

fn run() -> io::Result<u8> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    // The program must not inherit what the supervisor has blocked.
    SigSet::empty().thread_set_mask()?;
    close_inherited()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let request: Request = serde_json::from_str(&line)?;

    setpriority_process(None, PRIORITY)?;
    umask(Mode::from_bits_truncate(0o077));
    set_limits(&request)?;
    prctl::set_no_new_privs()?;
    let mut command = Command::new(&request.program);
    command
        .args(&request.args)
        .env_clear()
        .envs(request.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&request.dir)
        .process_group(0)
        .stdin(Stdio::piped());
    if let Some(user) = request.user {
        // Changing the user id also empties the supplementary groups.
        command.uid(user.uid).gid(user.gid);
    }
    let mut program = command.spawn()?;
    let pid = Pid::from_raw(i32::try_from(program.id()).map_err(io::Error::other)?);
    if let Some(mut stdin) = program.stdin.take() {
        // A program that ends without reading is not our error.
        stdin.write_all(request.input.as_bytes()).ok();
    }
    bury_until(pid)
}

/// Waits for every child, for orphans come to the init, until the program itself has ended.
fn bury_until(program: Pid) -> io::Result<u8> {
    loop {
        let code = match wait() {
            Ok(WaitStatus::Exited(pid, code)) if pid == program => code,
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => SIGNAL_BASE + signal as i32,
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        };
        // The program's own exit must not be taken for a failure to start it.
        let code = if code == i32::from(CANNOT_START) { code - 1 } else { code };
        return Ok(u8::try_from(code).unwrap_or(u8::MAX));
    }
}

/// Closes whatever the service was started with beyond the three standard streams. (What the service itself opens is
/// never inherited.)
fn close_inherited() -> io::Result<()> {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|fd| fd.file_name().to_str()?.parse().ok())
        .collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // The folder that was just read is among them, and closed already.
        close(fd).ok();
    }
    Ok(())
}

fn set_limits(request: &Request) -> io::Result<()> {
    let limits = &request.limits;
    let mut all = vec![
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_DATA, limits.memory_bytes),
        (Resource::RLIMIT_FSIZE, limits.file_bytes),
        (Resource::RLIMIT_NOFILE, 1024),
    ];
    // The kernel counts processes per user, so this limit only fits a user that has no others: one of the run's own,
    // or the same one counted apart in a user namespace. Everywhere else the supervisor counts.
    let is_first_of_namespace = getpid().as_raw() == 1;
    if request.user.is_some() || (is_first_of_namespace && !getuid().is_root()) {
        all.push((Resource::RLIMIT_NPROC, limits.processes));
    }
    for (resource, value) in all {
        setrlimit(resource, value, value)?;
    }
    Ok(())
}
