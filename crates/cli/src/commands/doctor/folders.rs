//! The data folder.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use rustix::fs::statvfs;

use super::{check::Check, nearest};

/// Below so many bytes it is time to make room.
const LITTLE: u64 = 2 << 30;

pub(super) fn data(dir: &Path) -> Vec<Check> {
    const NAME: &str = "data folder";
    let there = nearest(dir);
    let is_running = File::open(dir.join("lock"))
        .is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    let state = match (dir.is_dir(), is_running) {
        (_, true) => "a service is using it",
        (true, false) => "no service is using it",
        (false, false) => "made at the first start",
    };
    let found = format!("{}, {state}", dir.display());
    let writable = match tempfile::tempfile_in(&there) {
        Ok(_) => Check::ok(NAME, found),
        Err(error) => Check::failure(NAME, found).because(
            format!("nothing can be written in {}: {error}", there.display()),
            "start the service as the folder's owner, or name another folder (`data.dir`)",
        ),
    };
    vec![writable, disk(&there)]
}

fn disk(folder: &Path) -> Check {
    const NAME: &str = "disk";
    let Ok(space) = statvfs(folder) else {
        return Check::warning(NAME, format!("the free space of {} cannot be found out", folder.display()));
    };
    let (free, inodes) = (space.f_bavail * space.f_frsize, space.f_favail);
    let found = format!("{:.1} GiB free for the data folder", gib(free));
    if free < LITTLE || (inodes < 100_000 && space.f_files > 0) {
        let why = format!("{:.1} GiB and {inodes} files are left", gib(free));
        return Check::warning(NAME, found)
            .because(why, "free some space; `otter-service environment list` shows what environments take");
    }
    Check::ok(NAME, found)
}

/// For people.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
pub(super) fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// The number in the only line of a file of the kernel.
pub(super) fn number_in(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn a_data_folder_that_is_not_there_yet_is_looked_at_where_it_will_be() {
        let dir = tempfile::tempdir().unwrap();
        let checks = data(&dir.path().join("a/b"));
        assert_eq!(checks[0].state, State::Ok, "{checks:?}");
        assert!(checks[0].found.ends_with("made at the first start"), "{checks:?}");
        assert_eq!(data(Path::new("/proc/none"))[0].state, State::Failure);
    }
}
