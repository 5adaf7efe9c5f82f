//! The few system calls that no crate wraps safely.

use std::{
    ffi::CString,
    io,
    os::{
        fd::{AsRawFd, BorrowedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use nix::{
    sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction},
    unistd::{ForkResult, Pid},
};

/// Forks a process with a single thread. The child runs `child` and exits with what it returns; a panic in it ends it
/// as well, it never gets to run its parent's code.
pub(crate) fn fork(child: impl FnOnce() -> u8) -> io::Result<Pid> {
    // SAFETY: this crate is only used in processes with a single thread (`unshare` would fail otherwise), so no lock
    // can be held by a thread that the child does not have.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(101);
            exit(code)
        }
    }
}

/// Forks a process with a single thread; `None` in the child, which goes on with its parent's code.
pub(crate) fn fork_both() -> io::Result<Option<Pid>> {
    // SAFETY: as above.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Some(child)),
        ForkResult::Child => Ok(None),
    }
}

/// Makes a process that ends at once, and waits for it: whether one can be made.
pub(crate) fn fork_nothing() -> io::Result<()> {
    extern "C" fn end(_: *mut libc::c_void) -> libc::c_int {
        0
    }
    // Of `u128`s, for it must be aligned to 16 bytes.
    let mut stack = [0_u128; 1024];
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the child runs on a stack of its own, which outlives it: this process goes on only when it has ended. It
    // touches no memory but its stack.
    let pid = unsafe { libc::clone(end, stack.as_mut_ptr_range().end.cast(), flags, std::ptr::null_mut()) };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    nix::sys::wait::waitpid(Pid::from_raw(pid), None)?;
    Ok(())
}

/// Ends the process at once, without exit handlers: they belong to the program it was forked from.
pub(crate) fn exit(code: u8) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(i32::from(code)) }
}

/// Closes every descriptor but those in `keep`.
pub(crate) fn close_all_but(keep: &[RawFd]) -> io::Result<()> {
    let mut keep: Vec<u32> = keep.iter().filter_map(|fd| u32::try_from(*fd).ok()).collect();
    keep.sort_unstable();
    keep.dedup();
    let mut from = 0;
    for fd in keep.into_iter().chain([u32::MAX]) {
        if from < fd {
            // SAFETY: whoever calls this gives up the descriptors; a closed number used by mistake gives EBADF.
            let done = unsafe { libc::syscall(libc::SYS_close_range, from, fd - 1, 0) };
            if done != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        from = fd.saturating_add(1);
    }
    Ok(())
}

/// Points standard input, output and error at `/dev/null`, or only the first two.
pub(crate) fn silence(null: &impl AsRawFd, stderr_too: bool) -> io::Result<()> {
    for target in 0..if stderr_too { 3 } else { 2 } {
        // SAFETY: the three standard descriptors are never owned by a Rust object that would close them.
        if unsafe { libc::dup2(null.as_raw_fd(), target) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Gives a descriptor the number `target`, kept on exec.
pub(crate) fn put_at(fd: &impl AsRawFd, target: RawFd) -> io::Result<()> {
    if fd.as_raw_fd() == target {
        return keep_on_exec(target);
    }
    // SAFETY: called right before exec, when whatever had the number is not used any more.
    if unsafe { libc::dup2(fd.as_raw_fd(), target) } < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Leaves a descriptor open for the program that is exec'd.
pub(crate) fn keep_on_exec(fd: RawFd) -> io::Result<()> {
    // SAFETY: plain flags, no memory.
    if unsafe { libc::fcntl(fd, libc::F_SETFD, 0) } < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes every mount beneath `path` (a mount itself) keep these `MOUNT_ATTR_` flags for good.
pub(crate) fn seal_mounts(path: &Path, attributes: u64) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let change = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: both pointers are valid for the call, and the size is that of what the second points to.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The version of Landlock's interface; an error where there is none.
pub(crate) fn landlock_version() -> io::Result<i32> {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the kernel reads no memory.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0, VERSION) };
    if version < 0 {
        Err(io::Error::last_os_error())
    } else {
        i32::try_from(version).map_err(io::Error::other)
    }
}

/// `prctl` with one number.
pub(crate) fn prctl(option: i32, value: u64) -> io::Result<()> {
    // SAFETY: only called with options that take numbers, no pointers.
    if unsafe { libc::prctl(option, value, 0, 0, 0) } < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A descriptor that this process was started with, and that nothing in it closes.
pub(crate) fn inherited(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: the stage has opened it for this process, whose program does not know it.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Every signal does again what it does by default, and none is blocked.
pub(crate) fn reset_signals() {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in Signal::iterator() {
        // SAFETY: the default action runs no code of ours.
        unsafe { sigaction(signal, &default) }.ok();
    }
    SigSet::empty().thread_set_mask().ok();
}

/// Sets an environment variable of this process.
pub(crate) fn set_variable(name: &str, value: &Path) {
    // SAFETY: the process has a single thread.
    unsafe { std::env::set_var(name, value) };
}

/// `IFF_UP` of `netdevice(7)`, in the width of the request.
const UP: libc::c_short = 1;

/// Brings the network namespace's own loopback device up.
pub(crate) fn loopback_up() -> io::Result<()> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    // SAFETY: all zeroes are a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[0] = b'l'.cast_signed() as libc::c_char;
    request.ifr_name[1] = b'o'.cast_signed() as libc::c_char;
    // SAFETY: `SIOCSIFFLAGS` reads an `ifreq`, of which the flags are set.
    let done = unsafe {
        request.ifr_ifru.ifru_flags = UP;
        libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request)
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Runs `last` in the program's process right before it execs.
pub(crate) fn before_exec(
    command: &mut std::process::Command,
    last: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) {
    use std::os::unix::process::CommandExt;
    // SAFETY: the process that forks has a single thread, so `last` may allocate and take locks.
    unsafe { command.pre_exec(last) };
}

/// Lowers the priority of this process and its descendants: the service that answers students goes first.
pub(crate) fn yield_to_the_service() {
    const NICE: i32 = 5;
    let now = rustix::process::getpriority_process(None).unwrap_or(0);
    rustix::process::setpriority_process(None, now.max(NICE)).ok();
}
