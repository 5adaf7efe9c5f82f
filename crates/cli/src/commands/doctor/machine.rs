//! The program, and what the machine has for it.

use std::fs;

use super::{
    check::Check,
    folders::{gib, number_in},
};
use crate::config::Config;

/// A control group without a limit of its own has a number near 2⁶³ there.
const NO_LIMIT: u64 = 1 << 60;

pub(super) fn program() -> Check {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let user = if rustix::process::geteuid().is_root() { "root" } else { "a user without root's rights" };
    let (version, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    Check::ok(
        "program",
        format!("otter-service {version}, Linux {} on {machine}, started as {user}", kernel.trim()),
    )
}

pub(super) fn resources(config: &Config) -> [Check; 2] {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    [cores_for(config.jobs, cores), memory_for(config.jobs, config.limits.all.memory_bytes, memory())]
}

fn cores_for(jobs: usize, cores: usize) -> Check {
    let found = format!("{cores}, for {jobs} gradings at a time");
    if jobs <= cores {
        return Check::ok("cores", found);
    }
    let why = "gradings wait for each other, and may meet their limits of time";
    Check::warning("cores", found).because(why, format!("set `grading.jobs` to {cores}, or to 0"))
}

fn memory_for(jobs: usize, limit: u64, memory: Option<u64>) -> Check {
    let Some(memory) = memory else { return Check::warning("memory", "cannot be found out") };
    let needed = limit.saturating_mul(jobs as u64);
    let found = format!("{:.1} GiB, for {jobs} gradings of at most {:.1} GiB each", gib(memory), gib(limit));
    if needed <= memory {
        return Check::ok("memory", found);
    }
    let why = "if all met their limit at once, the kernel would end one of the machine's processes, any one";
    Check::warning("memory", found).because(why, "lower `grading.jobs` or `grading.limits.memory_mib`")
}

/// What there is in bytes, for this machine or this container.
fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let machine = line.trim().split(' ').next()?.parse::<u64>().ok()? << 10;
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let container = limits.into_iter().find_map(number_in).filter(|limit| *limit < NO_LIMIT);
    Some(container.map_or(machine, |limit| limit.min(machine)))
}

#[cfg(test)]
mod tests {
    use super::{super::check::State, *};

    #[test]
    fn too_many_gradings_for_the_machine_are_told() {
        assert_eq!(cores_for(2, 2).state, State::Ok);
        assert!(cores_for(8, 2).remedies[0].action.contains("to 2"));
        let two_gib = 2 << 30;
        assert_eq!(memory_for(4, two_gib, Some(8 << 30)).state, State::Ok);
        assert_eq!(memory_for(5, two_gib, Some(8 << 30)).state, State::Warning);
        assert!(memory().is_some_and(|memory| memory > 1 << 28));
    }
}
