//! User ids, inside a user namespace and on the host.

use std::{fs, io};

use nix::unistd::{Pid, getegid, geteuid};
use rustix::thread::{CapabilitySet, capabilities};
use serde::{Deserialize, Serialize};

/// The host's user ids that a zygote gives to its jobs, when it may. Debian leaves 60000 to 64999 for such uses (Debian
/// Policy §9.2.2); single programs take theirs from the lower part.
pub const FOR_JOBS: std::ops::RangeInclusive<u32> = 62_000..=64_999;
/// The lowest id that is used: those of the otter engine's programs lie before those of jobs.
const LOWEST: u32 = 60_500;

/// So many ids from `inside` on are those from `outside` on, for users and groups alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap {
    /// The first id as the namespace sees it.
    pub inside: u32,
    /// The first id as the host sees it.
    pub outside: u32,
    /// How many.
    pub count: u32,
}

impl IdMap {
    /// One id that is the same on both sides.
    #[must_use]
    pub fn same(id: u32) -> Self {
        Self { inside: id, outside: id, count: 1 }
    }
}

/// Whether this process may give others any of our user ids, and clean up after them. Root in a container may lack the
/// rights or the ids; it then is treated as an ordinary user.
#[must_use]
pub fn may_give_ids() -> bool {
    let rights = CapabilitySet::SETUID
        | CapabilitySet::SETGID
        | CapabilitySet::SETPCAP
        | CapabilitySet::CHOWN
        | CapabilitySet::KILL
        | CapabilitySet::DAC_OVERRIDE;
    let has = |file: &str| fs::read_to_string(file).is_ok_and(|map| covers(&map, LOWEST, *FOR_JOBS.end()));
    geteuid().is_root()
        && capabilities(None).is_ok_and(|sets| sets.effective.contains(rights))
        && has("/proc/self/uid_map")
        && has("/proc/self/gid_map")
}

/// Whether a map of `/proc` has all ids from one to another, as its own namespace counts them.
fn covers(map: &str, first: u32, last: u32) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        matches!(numbers[..], [inside, _, count] if inside <= first.into() && inside + count > last.into())
    })
}

/// What an ordinary user may have: itself, under this id.
#[must_use]
pub fn only_self(inside: u32) -> Ids {
    let map = |outside| vec![IdMap { inside, outside, count: 1 }];
    Ids { users: map(geteuid().as_raw()), groups: map(getegid().as_raw()) }
}

/// The ids of a user namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// Its users.
    pub users: Vec<IdMap>,
    /// Its groups.
    pub groups: Vec<IdMap>,
}

impl Ids {
    /// The same for users and groups. Only root may map more than itself.
    #[must_use]
    pub fn both(maps: Vec<IdMap>) -> Self {
        Self { users: maps.clone(), groups: maps }
    }

    /// Writes the maps of a process that is in a new user namespace.
    pub(crate) fn give(&self, to: Pid) -> io::Result<()> {
        let folder = format!("/proc/{to}");
        if !may_give_ids() {
            fs::write(format!("{folder}/setgroups"), "deny")?;
        }
        fs::write(format!("{folder}/uid_map"), text(&self.users))?;
        fs::write(format!("{folder}/gid_map"), text(&self.groups))
    }
}

fn text(maps: &[IdMap]) -> String {
    let lines: Vec<_> =
        maps.iter().map(|map| format!("{} {} {}", map.inside, map.outside, map.count)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_may_have_too_few_ids() {
        assert!(covers("         0          0 4294967295\n", LOWEST, 64_999));
        assert!(covers("0 1000 1\n1 100000 65536\n", LOWEST, 64_999));
        assert!(!covers("0 1000 1\n", LOWEST, 64_999));
        assert!(!covers("0 100000 64999\n", LOWEST, 64_999));
        assert!(!covers("", LOWEST, 64_999));
    }
}
