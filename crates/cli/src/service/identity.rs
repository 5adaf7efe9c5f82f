//! Who this process is among all that work for a store.

use std::fs;

use model::ambient::Entropy;
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use store::WorkerId;

/// This process.
pub(crate) struct Identity {
    host: String,
    pid: u32,
    /// The machine since it was booted, and the process ids on it that this process can see: where both are the same as
    /// ours, a process id means the same as here.
    place: String,
    random: String,
}

impl Identity {
    /// A name that no other process has or will have.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let mut random = [0; 4];
        entropy.fill(&mut random);
        Self {
            // The parts of a name are told apart by `/`.
            host: host.trim().replace('/', "_"),
            pid: std::process::id(),
            place: format!("{:08x}", hash(format!("{boot}{}", namespace.display()).as_bytes())),
            random: format!("{:08x}", u32::from_be_bytes(random)),
        }
    }

    /// `HOST/PID/PLACE-RANDOM`.
    pub(crate) fn id(&self) -> WorkerId {
        WorkerId(format!("{}/{}/{}-{}", self.host, self.pid, self.place, self.random).into())
    }

    /// A name for a folder on this machine.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.pid, self.random)
    }

    /// Whether a worker surely lives no longer. Of those on other machines, and of those before this machine was booted,
    /// nobody here can know; their leases run out.
    pub(crate) fn knows_dead(&self, other: &WorkerId) -> bool {
        let mut parts = other.0.splitn(3, '/');
        let (Some(host), Some(pid), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let Some((place, random)) = rest.split_once('-') else { return false };
        let Ok(pid) = pid.parse::<u32>() else { return false };
        let is_here = host == self.host && place == self.place;
        is_here && (if pid == self.pid { random != self.random } else { !lives(pid) })
    }
}

/// Whether there is such a process, or there might be.
fn lives(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_none_or(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// FNV-1a, 32 bits: the same in every version of the program.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use model::ambient::SystemEntropy;

    use super::*;

    #[test]
    fn only_who_is_surely_dead_is_called_so() {
        let me = Identity::new(&SystemEntropy);
        let id =
            |host: &str, pid: u32, place: &str| WorkerId(format!("{host}/{pid}/{place}-00000000").into());
        assert!(!me.knows_dead(&me.id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = child.id();
        child.wait().unwrap();
        assert!(me.knows_dead(&id(&me.host, gone, &me.place)));
        assert!(me.knows_dead(&id(&me.host, me.pid, &me.place)), "an earlier process had this number");
        assert!(!me.knows_dead(&id(&me.host, 1, &me.place)), "it lives");
        assert!(!me.knows_dead(&id("elsewhere", gone, &me.place)));
        assert!(
            !me.knows_dead(&id(&me.host, gone, "00000000")),
            "another container, or before the last boot"
        );
        for odd in ["test", "a/b/c-d", "a/1/b", &format!("{}/-1/{}-x", me.host, me.place)] {
            assert!(!me.knows_dead(&WorkerId(odd.into())), "{odd}");
        }
    }
}
