//! The supervisor process. It has a single thread, in a plain loop around `poll`: a process with several may not make a
//! user namespace.

mod family;
mod output;

use std::{
    fs::File,
    io::{self, BufRead, Write},
    os::fd::AsFd,
    process::ExitCode,
    time::{Duration, Instant},
};

use jail::{
    cgroup::{Group, GroupLimits},
    program::{CANNOT_START, Program, Started},
};
use model::Limit;
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        resource::{UsageWho, getrusage},
        signal::{SigSet, Signal},
    },
};
use rustix::process::setpriority_process;

pub(crate) use self::family::memory_and_tasks;
use self::{
    family::{Family, Use},
    output::Output,
};
use crate::protocol::{Ending, How, Limits, Request, Said};

/// The first argument of a process that is a supervisor.
pub(crate) const COMMAND: &str = "__supervise";

/// The `nice` value of the supervisor.
const HIGHEST_PRIORITY: i32 = -20;
/// How often use is sampled.
const SAMPLE: Duration = Duration::from_millis(25);

/// The supervisor's `main`.
#[must_use]
pub(crate) fn main() -> ExitCode {
    match supervise() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&Said::Failed(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn supervise() -> io::Result<()> {
    // A manager that ends the service may signal its whole group; the service then says when its work ends, by closing
    // the pipe. (The init, as the first process of its namespace, is deaf to these signals anyway.)
    SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]).thread_block()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let request: Request = serde_json::from_str(&line)?;

    nix::sys::prctl::set_child_subreaper(true)?;
    let group = group(&request.limits);
    let started = program(&request).start()?;
    if let Some(group) = &group {
        group.add(started.init)?;
    }
    let mut isolation = started.level;
    isolation.cgroup = group.as_ref().map(Group::version);
    isolation.process_limit |= group.as_ref().is_some_and(Group::keeps_processes);
    // A family that multiplies must not starve the one who is to end it. Only root may; for others the kernel limits
    // the number of processes. Not before the program's jail is made, which inherits it.
    setpriority_process(None, HIGHEST_PRIORITY).ok();

    let family = Family::of(started.init);
    let mut output = Output::new(|line| say(&Said::Line(line)));
    let began = Instant::now();
    started.go()?;
    let watched = watch(&request.limits, started, &family, group.as_ref(), &mut output);
    let wall = began.elapsed();
    family.end();
    let (how, peak) = watched?;
    let cpu = peak.cpu.max(cpu_of_children());
    let stderr_tail = output.stderr_tail();
    if how == How::Exited(i32::from(CANNOT_START)) {
        return Err(io::Error::other(stderr_tail.trim()));
    }
    let peak_memory_bytes = peak.memory_bytes;
    // Gone before the service hears that all is over.
    drop(group);
    say(&Said::Ended(Ending { how, wall, cpu, peak_memory_bytes, stderr_tail, isolation }));
    Ok(())
}

/// The kernel's own limits, where they can be had, for what grows faster than it can be sampled: a little more than is
/// allowed, so that meeting the limit shows.
fn group(limits: &Limits) -> Option<Group> {
    let group = Group::make(GroupLimits {
        memory_bytes: Some(limits.memory_bytes + limits.memory_bytes / 2),
        processes: Some(limits.processes + 2),
    });
    group.ok()
}

fn program(request: &Request) -> Program<'_> {
    Program {
        path: &request.program,
        args: &request.args,
        env: &request.env,
        dir: &request.dir,
        input: &request.input,
        user: request.user.map(|user| (user.uid, user.gid)),
        readable: &request.readable,
        writable: &request.writable,
        network: request.network,
        memory_bytes: request.limits.memory_bytes,
        file_bytes: request.limits.file_bytes,
        fresh_bytes: request.limits.memory_bytes / 4,
        processes: request.limits.processes,
        ceiling: request.ceiling,
    }
}

/// Watches until the init has ended or must be ended. Gives how it ended and the most that was used.
fn watch(
    limits: &Limits,
    started: Started,
    family: &Family,
    group: Option<&Group>,
    output: &mut Output,
) -> io::Result<(How, Use)> {
    let began = Instant::now();
    let (mut stdout, mut stderr) = (Some(File::from(started.stdout)), Some(File::from(started.stderr)));
    let mut peak = Use::default();
    let mut next_sample = began;
    loop {
        if wait_and_read(&mut stdout, &mut stderr, output)? {
            return Ok((How::Abandoned, peak));
        }
        if Instant::now() < next_sample && stdout.is_some() {
            continue;
        }
        next_sample = Instant::now() + SAMPLE;
        if let Some(how) = family.init_ended() {
            output.drain(stdout, stderr);
            let how = if ran_out_of_memory(group) { How::Limit(Limit::MemoryBytes) } else { how };
            return Ok((how, peak));
        }
        peak = peak.max(family.sample(limits.processes));
        let met = [
            (Limit::OutputBytes, output.bytes() > limits.output_bytes),
            (Limit::MemoryBytes, peak.memory_bytes > limits.memory_bytes || ran_out_of_memory(group)),
            (Limit::Processes, peak.tasks > limits.processes),
            (Limit::CpuSeconds, peak.cpu >= limits.cpu),
            (Limit::WallSeconds, began.elapsed() >= limits.wall),
        ];
        if let Some((limit, _)) = met.into_iter().find(|(_, met)| *met) {
            return Ok((How::Limit(limit), peak));
        }
    }
}

/// Whether the kernel has ended a process of the group because all together had too much memory.
fn ran_out_of_memory(group: Option<&Group>) -> bool {
    group.is_some_and(|group| group.out_of_memory_kills() > 0)
}

/// Waits for output, for at most [`SAMPLE`], and reads what is there. True when the service let go.
fn wait_and_read(
    stdout: &mut Option<File>,
    stderr: &mut Option<File>,
    output: &mut Output,
) -> io::Result<bool> {
    let stdin = io::stdin();
    let ready = {
        let mut fds = vec![PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let streams = [stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd)];
        fds.extend(streams.iter().flatten().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)));
        let timeout = PollTimeout::try_from(SAMPLE).unwrap_or(PollTimeout::ZERO);
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
        let let_go = ready.next().unwrap_or(false);
        let mut next_if = |there: bool| there && ready.next().unwrap_or(false);
        (let_go, next_if(streams[0].is_some()), next_if(streams[1].is_some()))
    };
    // A stream that ends is closed, so that it does not wake the loop for ever.
    if ready.1 && !stdout.as_mut().is_some_and(|stream| output.read_stdout(stream)) {
        *stdout = None;
    }
    if ready.2 && !stderr.as_mut().is_some_and(|stream| output.read_stderr(stream)) {
        *stderr = None;
    }
    // The service sends nothing after the request: the pipe wakes when it closes.
    Ok(ready.0)
}

fn cpu_of_children() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Duration::ZERO };
    [usage.user_time(), usage.system_time()]
        .into_iter()
        .map(|time| {
            let micros = u64::try_from(time.tv_usec()).unwrap_or(0);
            Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or(0)) + Duration::from_micros(micros)
        })
        .sum()
}

/// Writes one line to the service. When it cannot be heard any more, the closed pipe ends the run anyway.
fn say(said: &Said) {
    let Ok(mut line) = serde_json::to_vec(said) else { return };
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line).and_then(|()| stdout.flush()).ok();
}
