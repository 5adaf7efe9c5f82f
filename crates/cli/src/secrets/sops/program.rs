//! Runs a program with nothing of ours around it, for a limited time.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{self, Read},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// More than secrets and complaints need; what is beyond is read and thrown away.
const MAX_BYTES: u64 = 1 << 20;

/// What a program left.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs it with exactly these variables and no input; `None` if it was not ready in time, and is ended, with all that
/// it has started.
pub(super) fn run(
    program: &Path,
    args: impl Iterator<Item = OsString>,
    variables: &BTreeMap<String, String>,
    patience: Duration,
) -> io::Result<Option<Ended>> {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let began = Instant::now();
    // Pipes first: a child of its own that keeps them open is waited for as well, and ended with it.
    while !(stdout.is_finished() && stderr.is_finished() && child.try_wait()?.is_some()) {
        if began.elapsed() >= patience {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                kill_process_group(group, Signal::KILL).ok();
            }
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let read = |thread: thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    Ok(Some(Ended { status: child.wait()?, stdout: read(stdout), stderr: read(stderr) }))
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            (&mut pipe).take(MAX_BYTES).read_to_end(&mut bytes).ok();
            io::copy(&mut pipe, &mut io::sink()).ok();
        }
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, patience: Duration) -> Option<Ended> {
        let args = ["-c".into(), script.into()].into_iter();
        let variables = BTreeMap::from([("ONLY".to_owned(), "this".to_owned())]);
        run(Path::new("/bin/sh"), args, &variables, patience).unwrap()
    }

    #[test]
    fn it_has_only_the_variables_it_is_given_and_all_it_says_is_read() {
        let ended =
            sh("/usr/bin/env; head -c 3000000 /dev/zero >&2; exit 3", Duration::from_mins(1)).unwrap();
        let stdout = String::from_utf8(ended.stdout).unwrap();
        assert!(stdout.contains("ONLY=this") && !stdout.contains("HOME="), "{stdout}");
        assert_eq!((ended.status.code(), ended.stderr.len()), (Some(3), 1 << 20));
    }

    #[test]
    fn what_is_not_ready_in_time_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! >{}; wait", file.display());
        assert!(sh(&script, Duration::from_millis(500)).is_none());
        let child = std::fs::read_to_string(&file).unwrap();
        let pid = Pid::from_raw(child.trim().parse().unwrap()).unwrap();
        // It is dead at once, and gone as soon as somebody has reaped it.
        while rustix::process::test_kill_process(pid).is_ok() {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                break;
            }
            thread::yield_now();
        }
    }
}
