//! The processes of a jail, as its init sees them: who they are and what memory they have.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use nix::unistd::Pid;
use rustix::fs::{Dir, Mode, OFlags, open, openat, readlinkat};

/// All descendants of this process.
pub(crate) struct Family {
    /// A `/proc`. Not always that of our own PID namespace, so pids in it may be other ones.
    proc: OwnedFd,
    /// Our own pid there.
    own: i32,
}

/// A process at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its pid in our own PID namespace.
    pub(crate) pid: Pid,
    /// Its pid in the `/proc` that is read.
    there: i32,
    /// Its threads.
    pub(crate) threads: u64,
    /// Its anonymous and shared memory in bytes; what it shares with others counts in full.
    pub(crate) memory_bytes: u64,
    /// It has ended, and waits for its parent to ask.
    pub(crate) is_zombie: bool,
}

impl AsFd for Family {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.proc.as_fd()
    }
}

impl Family {
    /// Reads from this `/proc`, whatever will be mounted over it later.
    pub(crate) fn open(proc: &Path) -> io::Result<Self> {
        let proc = open(proc, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut family = Self { proc, own: 0 };
        family.find_self()?;
        Ok(family)
    }

    /// Which process "we" are; to be called again after a fork.
    pub(crate) fn find_self(&mut self) -> io::Result<()> {
        let own = readlinkat(&self.proc, "self", Vec::new())?;
        self.own = own.to_str().ok().and_then(|pid| pid.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(())
    }

    /// All that live now. Without a PID namespace of our own, one that just loses its parent can be missed; who must
    /// not miss any stops them and asks again.
    pub(crate) fn members(&self) -> Vec<Member> {
        let mut found = Vec::new();
        if self.own == 1 {
            // The first of a PID namespace: everyone else is a descendant.
            let pids = self.numbers(".").into_iter().filter(|pid| *pid != 1);
            found.extend(pids.filter_map(|pid| self.member(pid)));
            return found;
        }
        let mut to_visit = self.children(self.own);
        while let Some(pid) = to_visit.pop() {
            to_visit.extend(self.children(pid));
            found.extend(self.member(pid));
        }
        found
    }

    /// Memory in bytes, what is shared with others divided among all who have it; `None` if it cannot be told.
    pub(crate) fn share_of(&self, member: &Member) -> Option<u64> {
        let rollup = self.read(&format!("{}/smaps_rollup", member.there))?;
        Some((field(&rollup, "Pss_Anon:")? + field(&rollup, "Pss_Shmem:")?) * 1024)
    }

    /// What a member has in memory now, in bytes; none if it has ended.
    pub(crate) fn memory_of(&self, member: &Member) -> u64 {
        self.member(member.there).map_or(0, |now| now.memory_bytes)
    }

    /// Writes a file of the calling process itself. Not through the path `/proc`, where by now there may be none.
    pub(crate) fn write_own(&self, file: &str, text: &str) -> io::Result<()> {
        let file =
            openat(&self.proc, format!("self/{file}"), OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        File::from(file).write_all(text.as_bytes())
    }

    /// Bytes of data (`VmData`) that the calling process has mapped; `None` if it cannot be told.
    pub(crate) fn own_data(&self) -> Option<u64> {
        Some(field(&self.read("self/status")?, "VmData:")? * 1024)
    }

    /// Our own memory in bytes.
    pub(crate) fn own_memory(&self) -> u64 {
        self.member(self.own).map_or(0, |own| own.memory_bytes)
    }

    /// `proc_pid_status(5)`.
    fn member(&self, there: i32) -> Option<Member> {
        let status = self.read(&format!("{there}/status"))?;
        let namespaces = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        let pid = namespaces.map_or(Some(there), |pids| pids.split_whitespace().next_back()?.parse().ok())?;
        Some(Member {
            pid: Pid::from_raw(pid),
            there,
            threads: field(&status, "Threads:").unwrap_or(1),
            // Kernel threads and zombies have none.
            memory_bytes: (field(&status, "RssAnon:").unwrap_or(0)
                + field(&status, "RssShmem:").unwrap_or(0))
                * 1024,
            is_zombie: status.lines().any(|line| line.starts_with("State:\tZ")),
        })
    }

    /// The children of each of a process's threads.
    fn children(&self, there: i32) -> Vec<i32> {
        let threads = self.numbers(&format!("{there}/task"));
        let lists = threads.iter().filter_map(|thread| self.read(&format!("{there}/task/{thread}/children")));
        lists
            .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
            .collect()
    }

    /// The entries of a folder that are numbers.
    fn numbers(&self, folder: &str) -> Vec<i32> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(folder) = openat(&self.proc, folder, flags, Mode::empty()) else { return Vec::new() };
        let Ok(entries) = Dir::read_from(folder) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().to_str().ok()?.parse().ok()).collect()
    }

    fn read(&self, file: &str) -> Option<String> {
        let file = openat(&self.proc, file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let mut bytes = Vec::new();
        File::from(file).read_to_end(&mut bytes).ok()?;
        // A process's name may be any bytes.
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The number of a line (`Name:  123 kB`).
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_found_with_its_memory() {
        let mut child = std::process::Command::new("sleep").arg("20").spawn().unwrap();
        let family = Family::open(Path::new("/proc")).unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let members = family.members();
        let found = members.iter().find(|member| member.pid.as_raw() == pid).unwrap();
        assert_eq!((found.threads, found.is_zombie), (1, false));
        assert!(family.own_memory() > 10_000);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!family.members().iter().any(|member| member.pid.as_raw() == pid));
    }
}
