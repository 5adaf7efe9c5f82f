//! Which system calls can be made: seccomp.
//!
//! Three filters. What newer programs try first and older ones did without (`clone3`, `io_uring`) "does not exist". A
//! socket of a family that is not offered is refused as on a machine without it. All that is not on the list of allowed
//! calls is refused. Where several filters answer, the kernel takes the strictest answer, and among errors that of the
//! filter that was installed last; so the list lets pass what the others answer.

use std::{collections::BTreeMap, io};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};

use super::calls::{ALLOWED, ALLOWED_OLD, MARKS, MODES, MODES_OLD, NOT_THERE};
use crate::enclosure::said;

/// Which sockets there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sockets {
    /// Connected pairs: no Landlock that is tested here keeps a process from connecting to another's socket in the file
    /// system.
    Pairs,
    /// Those of the Unix family; for a process that sees no one else's files.
    Unix,
    /// Internet sockets as well, and those that tell of network devices; what they reach is up to the network namespace.
    Internet,
}

/// Whose files there are, besides those that Landlock guards the contents of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// No one else's.
    Own,
    /// Those of other users: their marks cannot be changed.
    OfOtherUsers,
    /// Those of the same user as well: nor can their owner and mode.
    OfTheSameUser,
}

/// Which other processes can be signalled and scheduled, among those that the kernel's other rules allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// All.
    All,
    /// All but the first of the PID namespace may be scheduled: nobody is to starve the init. (Signals of its own
    /// namespace it does not heed.)
    AllButInit,
    /// All may be signalled, none scheduled.
    OnlySignals,
    /// Only the process that is confined, by itself and by its descendants: for kernels on which nothing else keeps
    /// signals from other processes of the same user.
    Itself,
}

/// What the filters of a process let pass.
#[derive(Debug, Clone, Copy)]
pub struct Filters {
    /// Which sockets there are.
    pub sockets: Sockets,
    /// Which other processes can be signalled and scheduled.
    pub others: Others,
    /// Whose files there are.
    pub files: Files,
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// `CLONE_NEWNS` to `CLONE_NEWNET`, without `CLONE_IO`; `CLONE_NEWTIME` shares its bit with the exit signal.
const NEW_NAMESPACES: u64 = 0x7e02_0000;
/// `prctl` options that hide a process from its init, or open it to others.
const REFUSED_PRCTL: [u64; 3] =
    [4 /* PR_SET_DUMPABLE */, 35 /* PR_SET_MM */, 0x5961_6d61 /* PR_SET_PTRACER */];
/// Terminal requests that type for someone else.
const REFUSED_IOCTL: [u64; 2] = [0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */];

impl Filters {
    /// Compiles the filters, for the process that calls this.
    fn compile(self) -> io::Result<Vec<BpfProgram>> {
        let Self { sockets, others, files } = self;
        let build = || -> Result<Vec<BpfProgram>, seccompiler::Error> {
            let not_there = every(NOT_THERE);
            let filters = [
                (not_there, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS.cast_unsigned())),
                (
                    families(sockets)?,
                    SeccompAction::Allow,
                    SeccompAction::Errno(libc::EAFNOSUPPORT.cast_unsigned()),
                ),
                (
                    allowed(others, files)?,
                    SeccompAction::Errno(libc::EPERM.cast_unsigned()),
                    SeccompAction::Allow,
                ),
            ];
            let arch = std::env::consts::ARCH.try_into().map_err(seccompiler::Error::Backend)?;
            let programs = filters.into_iter().map(|(rules, otherwise, matching)| {
                let filter = SeccompFilter::new(rules, otherwise, matching, arch);
                filter.and_then(BpfProgram::try_from).map_err(seccompiler::Error::Backend)
            });
            programs.collect()
        };
        build().map_err(|error| said("the system call filter could not be compiled", &error))
    }

    /// Puts the filters in force; false where the kernel has no seccomp.
    pub(super) fn install(self) -> io::Result<bool> {
        if !is_supported() {
            return Ok(false);
        }
        for program in self.compile()? {
            apply_filter(&program).map_err(|error| said("the system call filter", &error))?;
        }
        Ok(true)
    }
}

/// Whether the kernel can filter system calls.
pub(crate) fn is_supported() -> bool {
    std::fs::read_to_string("/proc/self/status").map_or(true, |status| status.contains("\nSeccomp:"))
}

fn every(calls: &[libc::c_long]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

fn condition(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::Error> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
        .map_err(seccompiler::Error::Backend)
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<Vec<SeccompRule>, seccompiler::Error> {
    Ok(vec![SeccompRule::new(conditions).map_err(seccompiler::Error::Backend)?])
}

/// Matches sockets of the families that are not offered.
fn families(sockets: Sockets) -> Result<Rules, seccompiler::Error> {
    if sockets == Sockets::Pairs {
        return only_pairs();
    }
    let mut offered = vec![libc::AF_UNIX];
    if sockets == Sockets::Internet {
        offered.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
    }
    let is_not = |family: &i32| condition(0, SeccompCmpOp::Ne, u64::from(family.cast_unsigned()));
    let mut refused = rule(offered.iter().map(is_not).collect::<Result<_, _>>()?)?;
    // How programs ask for the network's devices (`getifaddrs(3)`); nothing else of the kernel is asked that way.
    let is_netlink = condition(0, SeccompCmpOp::Eq, u64::from(libc::AF_NETLINK.cast_unsigned()))?;
    let is_not_route = condition(2, SeccompCmpOp::Ne, u64::from(libc::NETLINK_ROUTE.cast_unsigned()))?;
    refused.extend(rule(vec![is_netlink, is_not_route])?);
    let only_unix = rule(vec![is_not(&libc::AF_UNIX)?])?;
    Ok([(libc::SYS_socket, refused), (libc::SYS_socketpair, only_unix)].into())
}

/// Matches all sockets but connected streams of the Unix family: these can reach nobody else.
fn only_pairs() -> Result<Rules, seccompiler::Error> {
    let is_type = |kind: i32| condition(1, SeccompCmpOp::MaskedEq(0xf), u64::from(kind.cast_unsigned()));
    let not_unix = condition(0, SeccompCmpOp::Ne, u64::from(libc::AF_UNIX.cast_unsigned()))?;
    let mut refused = rule(vec![not_unix])?;
    for kind in [libc::SOCK_DGRAM, libc::SOCK_SEQPACKET, libc::SOCK_RAW] {
        refused.extend(rule(vec![is_type(kind)?])?);
    }
    Ok([(libc::SYS_socket, Vec::new()), (libc::SYS_socketpair, refused)].into())
}

/// Matches the calls that are allowed.
fn allowed(others: Others, files: Files) -> Result<Rules, seccompiler::Error> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let mut rules = every(ALLOWED);
    rules.extend(every(ALLOWED_OLD));
    rules.extend(every(NOT_THERE));
    if files != Files::OfTheSameUser {
        rules.extend(every(MODES));
        rules.extend(every(MODES_OLD));
    }
    if files == Files::Own {
        rules.extend(every(MARKS));
    }
    let none_of = |argument, values: &[u64]| -> Result<_, seccompiler::Error> {
        rule(values.iter().map(|value| condition(argument, Ne, *value)).collect::<Result<_, _>>()?)
    };
    // 0 is the caller itself.
    rules.insert(libc::SYS_prlimit64, rule(vec![condition(0, Eq, 0)?])?);
    for call in [
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setscheduler,
    ] {
        let conditions = match others {
            Others::All => Vec::new(),
            Others::AllButInit => rule(vec![condition(0, Ne, 1)?])?,
            Others::OnlySignals | Others::Itself => rule(vec![condition(0, Eq, 0)?])?,
        };
        rules.insert(call, conditions);
    }
    rules.insert(libc::SYS_setpriority, rule(vec![condition(0, Eq, 0)?, condition(1, Eq, 0)?])?);
    rules.insert(libc::SYS_clone, rule(vec![condition(0, MaskedEq(NEW_NAMESPACES), 0)?])?);
    rules.insert(libc::SYS_prctl, none_of(0, &REFUSED_PRCTL)?);
    rules.insert(libc::SYS_ioctl, none_of(1, &REFUSED_IOCTL)?);
    // To ask, not to change.
    rules.insert(libc::SYS_personality, rule(vec![condition(0, Eq, 0xffff_ffff)?])?);
    if others == Others::Itself {
        let own = u64::from(std::process::id());
        for call in [libc::SYS_kill, libc::SYS_tgkill] {
            rules.insert(call, rule(vec![condition(0, Eq, own)?])?);
        }
    } else {
        rules.extend(every(&[
            libc::SYS_kill,
            libc::SYS_tgkill,
            libc::SYS_tkill,
            libc::SYS_rt_sigqueueinfo,
            libc::SYS_rt_tgsigqueueinfo,
            libc::SYS_pidfd_send_signal,
        ]));
    }
    Ok(rules)
}
