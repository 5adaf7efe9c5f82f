//! The supervisor process and the init process. Each has a single thread, in a plain loop around `poll`: a process
//! with several may not call `unshare(CLONE_NEWUSER)`, and one that has called `unshare(CLONE_NEWPID)` gets no more.

mod family;
mod init;
mod namespace;
mod output;

use std::{
    io::{self, BufRead, Write},
    os::fd::AsFd,
    process::{Child, ChildStderr, ChildStdout, Command, ExitCode, Stdio},
    time::{Duration, Instant},
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

use self::{
    family::{Family, Use},
    output::Output,
};
use crate::protocol::{Ending, How, Limits, Request, Said};

/// The first argument of a process that is a supervisor.
pub const COMMAND: &str = "__supervise";

/// The `nice` value of the supervisor.
const HIGHEST_PRIORITY: i32 = -20;
/// How often use is sampled.
const SAMPLE: Duration = Duration::from_millis(25);

/// The supervisor's `main`; `args` begin with [`COMMAND`].
#[must_use]
pub fn main(args: impl IntoIterator<Item = String>) -> ExitCode {
    let role = args.into_iter().nth(1);
    let done = match role.as_deref() {
        Some(init::ROLE) => return init::main(),
        _ => supervise(),
    };
    match done {
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
    // A family that multiplies must not starve the one who is to end it. Only root may; for others the kernel limits
    // the number of processes.
    setpriority_process(None, HIGHEST_PRIORITY).ok();
    let isolation = namespace::enter(request.limits.memory_bytes / 4);
    let began = Instant::now();
    let mut init = start_init(&line)?;
    let family = Family::of(&init);
    let mut output = Output::new(|line| say(&Said::Line(line)));
    let watched = watch(&request.limits, &mut init, &family, &mut output);
    let wall = began.elapsed();
    family.end();
    let (how, peak) = watched?;
    let cpu = peak.cpu.max(cpu_of_children());
    let stderr_tail = output.stderr_tail();
    if how == How::Exited(i32::from(init::CANNOT_START)) {
        return Err(io::Error::other(stderr_tail.trim()));
    }
    let peak_memory_bytes = peak.memory_bytes;
    say(&Said::Ended(Ending { how, wall, cpu, peak_memory_bytes, stderr_tail, isolation }));
    Ok(())
}

fn start_init(request: &str) -> io::Result<Child> {
    let mut init = Command::new("/proc/self/exe")
        .args([COMMAND, init::ROLE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    init.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?.write_all(request.as_bytes())?;
    Ok(init)
}

/// Watches until the init has ended or must be ended. Gives how it ended and the most that was used.
fn watch(limits: &Limits, init: &mut Child, family: &Family, output: &mut Output) -> io::Result<(How, Use)> {
    let began = Instant::now();
    let (mut stdout, mut stderr) = (init.stdout.take(), init.stderr.take());
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
            return Ok((how, peak));
        }
        peak = peak.max(family.sample(limits.processes));
        let met = [
            (Limit::OutputBytes, output.bytes() > limits.output_bytes),
            (Limit::MemoryBytes, peak.memory_bytes > limits.memory_bytes),
            (Limit::Processes, peak.tasks > limits.processes),
            (Limit::CpuSeconds, peak.cpu >= limits.cpu),
            (Limit::WallSeconds, began.elapsed() >= limits.wall),
        ];
        if let Some((limit, _)) = met.into_iter().find(|(_, met)| *met) {
            return Ok((How::Limit(limit), peak));
        }
    }
}

/// Waits for output, for at most [`SAMPLE`], and reads what is there. True when the service let go.
fn wait_and_read(
    stdout: &mut Option<ChildStdout>,
    stderr: &mut Option<ChildStderr>,
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
