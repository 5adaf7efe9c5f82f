//! Sampling what all processes of a job use together.

use std::time::{Duration, Instant};

use frames::JobLimits;
use nix::unistd::Pid;

use crate::family::{Family, Member};

/// How often, at most.
const EVERY: Duration = Duration::from_millis(50);
/// Looking may take this part of the time.
const PART: u32 = 20;

pub(super) struct Watch {
    limits: JobLimits,
    memory_before: u64,
    next: Instant,
    peak: u64,
}

/// A limit that was met.
pub(super) struct Met {
    /// Its name in [`frames::FromInit::Limit`].
    pub(super) limit: &'static str,
    /// The process with the most memory.
    pub(super) largest: Pid,
}

impl Watch {
    pub(super) fn new(limits: JobLimits, memory_before: u64) -> Self {
        Self { limits, memory_before, next: Instant::now() + EVERY, peak: 0 }
    }

    pub(super) fn until_next(&self) -> Duration {
        // Rounded up: a wait of 0 ms would spin.
        self.next.saturating_duration_since(Instant::now()) + Duration::from_millis(1)
    }

    /// The most memory in bytes so far.
    pub(super) fn peak(&self) -> u64 {
        self.peak
    }

    /// Looks if it is time to.
    pub(super) fn look(&mut self, family: &Family) -> Option<Met> {
        let began = Instant::now();
        if began < self.next {
            return None;
        }
        let members = family.members();
        let memory = self.memory(family, &members);
        self.peak = self.peak.max(memory);
        self.next = began + EVERY.max(began.elapsed() * PART);
        let threads: u64 = members.iter().map(|member| member.threads).sum();
        let largest = members.iter().max_by_key(|member| member.memory_bytes)?.pid;
        if memory > self.limits.memory_bytes {
            return Some(Met { limit: "memory", largest });
        }
        (threads > self.limits.processes).then_some(Met { limit: "processes", largest })
    }

    /// The quick number counts what forks share once for each of them. Only where that is too much, the exact one is
    /// taken, which costs the kernel a walk through all their memory.
    fn memory(&self, family: &Family, members: &[Member]) -> u64 {
        let quick: u64 = members.iter().map(|member| member.memory_bytes).sum();
        let quick = quick.saturating_sub(self.memory_before);
        if quick <= self.limits.memory_bytes {
            return quick;
        }
        let share = |member: &Member| family.share_of(member).unwrap_or(member.memory_bytes);
        let exact: u64 = members.iter().map(share).sum();
        exact.saturating_sub(self.memory_before).min(quick)
    }
}
