//! The data folder and the materials.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use materials::FolderMaterials;
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
        Ok(_) => Check::good(NAME, found),
        Err(error) => Check::bad(NAME, found).because(
            format!("nothing can be written in {}: {error}", there.display()),
            "start the service as the folder's owner, or name another folder (`data.dir`)",
        ),
    };
    vec![writable, disk(&there)]
}

fn disk(folder: &Path) -> Check {
    const NAME: &str = "disk";
    let Ok(space) = statvfs(folder) else {
        return Check::weak(NAME, format!("the free space of {} cannot be found out", folder.display()));
    };
    let (free, inodes) = (space.f_bavail * space.f_frsize, space.f_favail);
    let found = format!("{:.1} GiB free for the data folder", gib(free));
    if free < LITTLE || (inodes < 100_000 && space.f_files > 0) {
        let why = format!("{:.1} GiB and {inodes} files are left", gib(free));
        return Check::weak(NAME, found)
            .because(why, "free some space; `otter-service environment list` shows what environments take");
    }
    Check::good(NAME, found)
}

pub(super) fn materials(dir: &Path) -> Check {
    const NAME: &str = "materials";
    let opened = tempfile::tempdir().map_err(|error| error.to_string()).and_then(|cache| {
        let path = cache.path().join("cache");
        Ok((FolderMaterials::open(dir.to_owned(), path).map_err(|error| error.to_string())?, cache))
    });
    let (materials, _cache) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            return Check::bad(NAME, dir.display().to_string())
                .because(why, "name the folder with course-config.json (`materials.dir`)");
        }
    };
    let config = materials.course_config();
    let keys: Vec<_> = config.keys().map(|(key, _)| key).collect();
    let broken = keys.iter().filter_map(|key| materials.autograder(key).err()).map(|error| error.to_string());
    let broken: Vec<_> = broken.chain(materials.problems()).collect();
    let found = format!("{}, {} assignments", dir.display(), keys.len());
    let check = if broken.is_empty() { Check::good(NAME, found) } else { Check::weak(NAME, found) };
    broken.into_iter().fold(check, |check, why| check.because(why, ""))
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
        assert_eq!(checks[0].state, State::Good, "{checks:?}");
        assert!(checks[0].found.ends_with("made at the first start"), "{checks:?}");
        assert_eq!(data(Path::new("/proc/none"))[0].state, State::Bad);
    }

    #[test]
    fn materials_that_are_not_there_are_bad() {
        assert_eq!(materials(Path::new("/none")).state, State::Bad);
    }
}
