//! Control groups: limits that the kernel keeps on memory and processes, wherever a group can be made.
//!
//! Version 1 (one tree for each controller) and version 2 (one tree) are both used as they are found. A group is made
//! beneath the one that this process is in, so whatever limits that one has go on holding.

mod jobs;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

pub(crate) use self::jobs::{Delegated, JobGroup, ZygoteGroup, enter, make, started};

/// What a group may use, all its processes together.
#[derive(Debug, Clone, Copy, Default)]
pub struct GroupLimits {
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Processes and threads at once.
    pub processes: Option<u64>,
}

/// A control group of our own; removed when dropped, together with every process that is still in it.
#[derive(Debug)]
pub struct Group {
    /// One in each tree.
    folders: Vec<PathBuf>,
    version: u8,
    keeps_memory: bool,
    keeps_processes: bool,
}

/// Where groups can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The folder of the group that the new one is to lie in.
    folder: PathBuf,
    version: u8,
    memory: bool,
    processes: bool,
}

impl Group {
    /// Makes a group with as many of the limits as can be had here; the error says why there is none at all.
    pub fn make(limits: GroupLimits) -> io::Result<Self> {
        let mut group = Self::empty();
        let name = Self::name();
        let mut last_error = io::Error::other("no control group file system is mounted");
        for place in places()? {
            let wanted = place.memory && !group.keeps_memory && limits.memory_bytes.is_some()
                || place.processes && !group.keeps_processes && limits.processes.is_some();
            if wanted && let Err(error) = group.make_in(&place, &name, limits) {
                last_error = io::Error::new(error.kind(), format!("{}: {error}", place.folder.display()));
            }
        }
        if group.keeps_memory || group.keeps_processes { Ok(group) } else { Err(last_error) }
    }

    fn empty() -> Self {
        Self { folders: Vec::new(), version: 0, keeps_memory: false, keeps_processes: false }
    }

    /// A name that no other group has.
    fn name() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("otter-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }

    fn make_folder(&mut self, place: &Place, name: &str) -> io::Result<PathBuf> {
        if place.version == 2 {
            hand_down(place)?;
        }
        sweep(&place.folder);
        let folder = place.folder.join(name);
        fs::create_dir(&folder)?;
        self.folders.push(folder.clone());
        self.version = place.version;
        Ok(folder)
    }

    fn make_in(&mut self, place: &Place, name: &str, limits: GroupLimits) -> io::Result<()> {
        let folder = self.make_folder(place, name)?;
        if let Some(bytes) = limits.memory_bytes.filter(|_| place.memory && !self.keeps_memory) {
            let file = if place.version == 1 { "memory.limit_in_bytes" } else { "memory.max" };
            fs::write(folder.join(file), bytes.to_string())?;
            self.keeps_memory = true;
        }
        if let Some(count) = limits.processes.filter(|_| place.processes && !self.keeps_processes) {
            fs::write(folder.join("pids.max"), count.to_string())?;
            self.keeps_processes = true;
        }
        Ok(())
    }

    fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Moves a process into the group; what it forks from then on is in it as well.
    pub fn add(&self, pid: Pid) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), pid.to_string()))
    }

    /// How many of its processes the kernel has ended because all together had too much memory.
    #[must_use]
    pub fn out_of_memory_kills(&self) -> u64 {
        let read =
            |file: &str| self.folders.iter().find_map(|folder| fs::read_to_string(folder.join(file)).ok());
        let events = read("memory.events").or_else(|| read("memory.oom_control")).unwrap_or_default();
        kills(&events)
    }

    /// 1 or 2.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Whether the kernel limits the memory of the group.
    #[must_use]
    pub fn keeps_memory(&self) -> bool {
        self.keeps_memory
    }

    /// Whether the kernel limits the number of processes of the group.
    #[must_use]
    pub fn keeps_processes(&self) -> bool {
        self.keeps_processes
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in &self.folders {
            remove(folder);
        }
    }
}

/// The number of processes ended for lack of memory, in `memory.events` or `memory.oom_control`.
fn kills(events: &str) -> u64 {
    events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or(0)
}

/// Removes empty groups of processes like this one that were killed before they could.
fn sweep(folder: &Path) {
    let is_left = |name: &str| -> Option<bool> {
        let pid = name.strip_prefix("otter-")?.split('-').next()?.parse::<u32>().ok()?;
        Some(!Path::new(&format!("/proc/{pid}")).exists())
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().and_then(is_left) == Some(true) {
            // Only what is empty can be removed, so nothing that goes on is hit.
            let inner = fs::read_dir(entry.path()).into_iter().flatten().flatten();
            inner.for_each(|entry| fs::remove_dir(entry.path()).unwrap_or_default());
            fs::remove_dir(entry.path()).ok();
        }
    }
}

/// Removes a group when what is in it has ended; what has not after a while is ended.
fn remove(folder: &Path) {
    /// Steps of 5 ms, before and after.
    const PATIENCE: (u32, u32) = (100, 300);
    for step in 0..PATIENCE.1 {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            _ => return,
        }
        if step >= PATIENCE.0 {
            let pids = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
            // 0 stands for a process that this PID namespace does not see.
            for pid in pids.lines().filter_map(|pid| pid.parse().ok()).filter(|pid| *pid > 0) {
                kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Version 2: lets the groups in this one have the controllers.
fn hand_down(place: &Place) -> io::Result<()> {
    let file = place.folder.join("cgroup.subtree_control");
    let handed_down = fs::read_to_string(&file)?;
    for (wanted, name) in [(place.memory, "memory"), (place.processes, "pids")] {
        if wanted && !handed_down.split_whitespace().any(|controller| controller == name) {
            fs::write(&file, format!("+{name}"))?;
        }
    }
    Ok(())
}

fn places() -> io::Result<Vec<Place>> {
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let own = fs::read_to_string("/proc/self/cgroup")?;
    Ok(find(&mounts, &own, |folder| {
        fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default()
    }))
}

/// Reads `mountinfo` and `cgroup` of `/proc/self` (`proc_pid_mountinfo(5)`, `cgroups(7)`).
fn find(mounts: &str, own: &str, controllers: impl Fn(&Path) -> String) -> Vec<Place> {
    let mut places = Vec::new();
    for line in mounts.lines() {
        let Some((mount, filesystem)) = line.split_once(" - ") else { continue };
        let (mut mount, mut filesystem) = (mount.split(' ').skip(3), filesystem.split(' '));
        let (Some(root), Some(point), Some(kind)) = (mount.next(), mount.next(), filesystem.next()) else {
            continue;
        };
        let options = filesystem.nth(1).unwrap_or_default();
        let has = |name: &str| options.split(',').any(|option| option == name);
        let group = own.lines().find_map(|line| {
            let (names, path) = line.split_once(':')?.1.split_once(':')?;
            let is_it = match kind {
                "cgroup2" => names.is_empty(),
                "cgroup" => names.split(',').any(|name| matches!(name, "memory" | "pids") && has(name)),
                _ => false,
            };
            is_it.then_some(path)
        });
        let Some(group) = group else { continue };
        // A container may see the tree from its own group on, and yet be told the whole path.
        let within = Path::new(group).strip_prefix(root).unwrap_or(Path::new(""));
        let within = within.strip_prefix("/").unwrap_or(within);
        let folder = Path::new(point).join(within);
        if kind == "cgroup" {
            places.push(Place { folder, version: 1, memory: has("memory"), processes: has("pids") });
            continue;
        }
        // A group of version 2 that holds processes itself hands nothing down, but with systemd's `DelegateSubgroup=`
        // the one above it does.
        let above = (!within.as_os_str().is_empty()).then(|| folder.parent().map(Path::to_owned)).flatten();
        for folder in [Some(folder), above].into_iter().flatten() {
            let there = controllers(&folder);
            let has = |name: &str| there.split_whitespace().any(|controller| controller == name);
            let (memory, processes) = (has("memory"), has("pids"));
            if memory || processes {
                places.push(Place { folder, version: 2, memory, processes });
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_version_1_are_found() {
        let mounts = "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      31 20 0:27 / /sys/fs/cgroup/pids rw shared:7 - cgroup cgroup rw,pids\n\
                      32 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
        let own = "8:pids:/\n4:memory:/box/7\n0::/";
        let found = find(mounts, own, |_| "hugetlb".into());
        let folders: Vec<_> = found.iter().map(|place| place.folder.to_str().unwrap()).collect();
        assert_eq!(folders, ["/sys/fs/cgroup/memory/box/7", "/sys/fs/cgroup/pids/"]);
        assert!(found[0].memory && !found[0].processes && found[1].processes);
    }

    #[test]
    fn groups_of_version_2_are_found_with_the_one_above() {
        let mounts = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        let found = find(mounts, "0::/system.slice/otter.service/main", |_| "memory pids".into());
        let folders: Vec<_> = found.iter().map(|place| place.folder.to_str().unwrap()).collect();
        assert_eq!(
            folders,
            ["/sys/fs/cgroup/system.slice/otter.service/main", "/sys/fs/cgroup/system.slice/otter.service"]
        );
    }
}
