//! Sampling what all processes of a job use together.

use std::time::{Duration, Instant};

use frames::JobLimits;
use nix::unistd::Pid;

use crate::{
    family::{Family, Member},
    processes,
};

/// The names of limits in [`frames::FromInit::Limit`].
pub(super) const MEMORY: &str = "memory";
const PROCESSES: &str = "processes";
/// How often, at most.
const EVERY: Duration = Duration::from_millis(50);
/// Looking may take this part of the time.
const PART: u32 = 20;

pub(super) struct Watch {
    limits: JobLimits,
    memory_before: u64,
    next: Instant,
    peak: u64,
    /// Processes and threads when it looked last.
    threads: u64,
}

/// A limit that was met.
pub(super) struct Met {
    /// Its name.
    pub(super) limit: &'static str,
    /// The process with the most memory.
    pub(super) largest: Pid,
}

impl Watch {
    pub(super) fn new(limits: JobLimits, memory_before: u64) -> Self {
        Self { limits, memory_before, next: Instant::now() + EVERY, peak: 0, threads: 0 }
    }

    pub(super) fn until_next(&self) -> Duration {
        // Rounded up: a wait of 0 ms would spin.
        self.next.saturating_duration_since(Instant::now()) + Duration::from_millis(1)
    }

    /// The most memory in bytes so far.
    pub(super) fn peak(&self) -> u64 {
        self.peak
    }

    /// Whether no process can be made any more although the job has few: others use up what there is for all. To be asked
    /// after a look.
    pub(super) fn is_crowded_out(&self, family: &Family) -> bool {
        let has_few = |threads: u64| threads < self.limits.processes / 2;
        // Counted again, for it may have multiplied just now.
        has_few(self.threads) && !processes::have_room() && has_few(threads(&family.members()))
    }

    /// Whether it is time to look.
    pub(super) fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Looks; gives the limit that is met.
    pub(super) fn look(&mut self, family: &Family) -> Option<Met> {
        let began = Instant::now();
        let members = family.members();
        let memory = self.memory(family, &members);
        self.peak = self.peak.max(memory);
        self.next = began + EVERY.max(began.elapsed() * PART);
        self.threads = threads(&members);
        let largest = members.iter().max_by_key(|member| member.memory_bytes)?.pid;
        if memory > self.limits.memory_bytes {
            return Some(Met { limit: MEMORY, largest });
        }
        (self.threads > self.limits.processes).then_some(Met { limit: PROCESSES, largest })
    }

    /// The quick number counts what forks share once for each of them. Only where that is too much, the exact one is
    /// taken, which costs the kernel a walk through all their memory.
    fn memory(&self, family: &Family, members: &[Member]) -> u64 {
        let quick: u64 = members.iter().map(|member| member.memory_bytes).sum();
        let quick = quick.saturating_sub(self.memory_before);
        if quick <= self.limits.memory_bytes {
            return quick;
        }
        // They are read one after the other: what one gives to a fork meanwhile is counted with both. Not so the next time.
        let exact = exact(family, members);
        if exact.saturating_sub(self.memory_before) <= self.limits.memory_bytes {
            return exact.saturating_sub(self.memory_before);
        }
        exact.min(self::exact(family, members)).saturating_sub(self.memory_before).min(quick)
    }
}

/// What they have, each page counted once, whoever shares it.
fn exact(family: &Family, members: &[Member]) -> u64 {
    // One that has ended since has nothing.
    members.iter().map(|member| family.share_of(member).unwrap_or_else(|| family.memory_of(member))).sum()
}

fn threads(members: &[Member]) -> u64 {
    members.iter().map(|member| member.threads).sum()
}
