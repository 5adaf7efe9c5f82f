//! User ids, inside a user namespace and on the host.

use std::{fs, io};

use nix::unistd::{Pid, getegid, geteuid};
use serde::{Deserialize, Serialize};

/// The host's user ids that a zygote gives to its jobs, when it may. Debian leaves 60000 to 64999 for such uses (Debian
/// Policy §9.2.2); single programs take theirs from the lower part.
pub const FOR_JOBS: std::ops::RangeInclusive<u32> = 62_000..=64_999;

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

/// Whether this process may give others any user id.
#[must_use]
pub fn is_root() -> bool {
    geteuid().is_root()
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
        if !is_root() {
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
