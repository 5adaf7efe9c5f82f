//! How many processes there may be, and are, as the kernel counts them.
//!
//! The kernel counts a user's processes on the whole machine, and a limit on them (`RLIMIT_NPROC`) is about that number. In
//! a container `/proc` shows only a part of them: others may have the same user id. A limit that was made from what is
//! seen could then be met by a job before it has made its first process.

use std::{fs, io};

use nix::{
    errno::Errno,
    sys::resource::{Resource, getrlimit, rlim_t, setrlimit},
    unistd::getuid,
};

use crate::sys;

/// By how many the kernel's count may differ from what is seen, for those that come and go meanwhile.
const SLACK: u64 = 4;

/// Whether the kernel counts the processes of this user at all; it does not count root's.
pub(crate) fn are_counted() -> bool {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NPROC) else { return false };
    // This process is one already.
    let is_refused = setrlimit(Resource::RLIMIT_NPROC, 1, hard).is_ok() && sys::fork_nothing().is_err();
    setrlimit(Resource::RLIMIT_NPROC, soft, hard).is_ok() && is_refused
}

/// From here on this process may make another one only as long as its user has fewer than so many.
pub(crate) fn limit_own(limit: rlim_t) -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NPROC)?;
    Ok(setrlimit(Resource::RLIMIT_NPROC, limit.min(hard), hard)?)
}

/// Whether there is room for another one.
pub(crate) fn have_room() -> bool {
    !matches!(sys::fork_nothing(), Err(error) if is_refusal(&error))
}

fn is_refusal(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EAGAIN as i32)
}

/// Processes and threads of this user on the machine: what can be seen, or more where the kernel counts more.
pub(crate) fn of_this_user() -> io::Result<u64> {
    let seen = seen()?;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NPROC)?;
    let counted = counted(seen, hard, |limit| {
        limit_own(limit)?;
        match sys::fork_nothing() {
            Ok(()) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(error),
        }
    });
    setrlimit(Resource::RLIMIT_NPROC, soft, hard)?;
    counted
}

/// The number of processes, of which so many are seen, from whether another one can be made under a limit. Give or take
/// [`SLACK`].
fn counted(seen: u64, most: rlim_t, mut can_fork: impl FnMut(rlim_t) -> io::Result<bool>) -> io::Result<u64> {
    if can_fork(most.min(seen + SLACK))? {
        return Ok(seen);
    }
    let mut too_low = seen + SLACK;
    let mut enough = too_low * 2;
    while enough < most && !can_fork(enough)? {
        (too_low, enough) = (enough, enough.saturating_mul(2));
    }
    while enough - too_low > SLACK {
        let middle = too_low + (enough - too_low) / 2;
        if can_fork(most.min(middle))? {
            enough = middle;
        } else {
            too_low = middle;
        }
    }
    Ok(enough)
}

/// Processes and threads of this user, as far as they can be seen.
fn seen() -> io::Result<u64> {
    let own = format!("Uid:\t{}\t", getuid());
    let mut count = 0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let is_process = entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok());
        let Some(status) = is_process.then(|| fs::read(entry.path().join("status")).ok()).flatten() else {
            continue;
        };
        let status = String::from_utf8_lossy(&status);
        if status.contains(&own) {
            let threads =
                status.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse::<u64>().ok());
            count += threads.unwrap_or(1);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_counted_all_the_same() {
        for (seen, real) in [(10, 10), (10, 13), (10, 14), (10, 20), (10, 500), (0, 30_000), (40, 57)] {
            let mut asked = 0;
            let counted = counted(seen, rlim_t::MAX, |limit| {
                asked += 1;
                Ok(real < limit)
            });
            let counted = counted.unwrap();
            assert!(counted.abs_diff(real) <= SLACK, "{real}: {counted}");
            assert!(asked < 30, "{asked}");
        }
        assert!(counted(10, 100, |limit| Ok(limit > 100)).unwrap() >= 100, "at the hard limit");
    }

    #[test]
    fn this_process_is_one_of_its_user() {
        assert!(of_this_user().unwrap() >= 1);
    }
}
