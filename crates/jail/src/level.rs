//! Which layers of the jail hold.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The layers that hold, as checked, not as asked for. Its text goes into reports and logs, for instance
/// `namespaces+own-user+landlock7+seccomp+cgroup1`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each layer holds or does not, whatever the others do")]
pub struct Level {
    /// User, PID, mount, IPC, UTS, control group and network namespaces, and a root folder of its own.
    pub namespaces: bool,
    /// The host's user id is one that nothing else has.
    pub own_user: bool,
    /// The version of Landlock's interface whose rules are in force.
    pub landlock: Option<u8>,
    /// System calls are filtered.
    pub seccomp: bool,
    /// The version of the control groups that limit memory or processes.
    pub cgroup: Option<u8>,
    /// Whether the kernel itself limits the number of processes, by whatever means.
    pub process_limit: bool,
    /// Whether the program shares the host's network, because it was asked for.
    pub network: bool,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let landlock = self.landlock.map(|version| format!("landlock{version}"));
        let cgroup = self.cgroup.map(|version| format!("cgroup{version}"));
        let layers = [
            self.namespaces.then_some("namespaces"),
            self.own_user.then_some("own-user"),
            landlock.as_deref(),
            self.seccomp.then_some("seccomp"),
            cgroup.as_deref(),
        ];
        let held: Vec<_> = layers.into_iter().flatten().collect();
        let held = if held.is_empty() { "none".to_owned() } else { held.join("+") };
        let network = if self.network { ", with network" } else { "" };
        let processes = if self.process_limit { "" } else { ", processes not limited by the kernel" };
        write!(f, "{held}{network}{processes}")
    }
}

/// The highest level that is tried. Tests go through the lower ones where the machine could do better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ceiling {
    /// All that the machine can do.
    #[default]
    Namespaces,
    /// As on a machine where `unshare` is refused (in a container with Docker's own seccomp profile, for instance).
    NoNamespaces,
    /// The same on Linux before 6.12, whose Landlock does not keep signals in.
    OldLandlock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_names_what_holds_and_what_is_dangerous() {
        let full = Level {
            namespaces: true,
            own_user: true,
            landlock: Some(7),
            seccomp: true,
            cgroup: Some(1),
            process_limit: true,
            network: false,
        };
        assert_eq!(full.to_string(), "namespaces+own-user+landlock7+seccomp+cgroup1");
        assert_eq!(Level::default().to_string(), "none, processes not limited by the kernel");
    }
}
