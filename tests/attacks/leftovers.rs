//! What is left when the program has ended.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    sys::{
        prctl::set_child_subreaper,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// Processes whose parents end become this process's children from now on, so that it finds every one that is left.
pub(crate) fn adopt_orphans() {
    set_child_subreaper(true).unwrap();
}

/// The processes that are left: children of this process that it did not start itself. They get a moment to end, and
/// are ended after that.
pub(crate) fn processes() -> Option<String> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        if alive().is_empty() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let first = alive();
    let first_ones: Vec<_> = first.iter().take(3).map(|pid| command(pid.as_raw())).collect();
    // What makes new ones all the time is ended in the end as well.
    while began.elapsed() < Duration::from_secs(30) {
        let left = alive();
        if left.is_empty() {
            break;
        }
        for pid in left {
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).ok();
        }
    }
    Some(format!("{} processes were left running, among them {first_ones:?}", first.len()))
}

/// Those of them that have not ended; the others are buried.
fn alive() -> Vec<Pid> {
    let is_alive = |pid: &Pid| {
        let state = waitpid(*pid, Some(WaitPidFlag::WNOHANG));
        matches!(state, Ok(WaitStatus::StillAlive))
    };
    orphans().into_iter().filter(is_alive).collect()
}

fn orphans() -> Vec<Pid> {
    let own = std::process::id();
    let numbers =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_orphan = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        // What the tests start themselves beside the program.
        let is_ours = stat.contains("(sleep)") && command(*pid).contains("86400");
        parent.and_then(|parent| parent.parse().ok()) == Some(own) && !is_ours
    };
    numbers.filter(is_orphan).map(Pid::from_raw).collect()
}

fn command(pid: i32) -> String {
    let text = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&text).replace('\0', " ")
}

/// The files in a folder that should be empty.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect()
}
