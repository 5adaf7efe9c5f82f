//! A zygote with its stage, and jobs in it.

use std::{
    fs::File,
    io::Read,
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use frames::{Channel, FromInit, FromZygote, Job, JobLimits, Role, Start, ToInit, ToNotebook, ToZygote};
use jail::{Ceiling, zygote::Spec};
use nix::{sys::signal::Signal, unistd::Pid};

/// A running zygote.
pub(crate) struct Zygote {
    control: Mutex<Option<Channel>>,
    stage: Child,
    scratch: tempfile::TempDir,
    number: Mutex<u64>,
}

/// A running job.
pub(crate) struct Running {
    pub(crate) init: Channel,
    pub(crate) output: File,
    pub(crate) isolation: String,
}

pub(crate) const LIMITS: JobLimits = JobLimits {
    cpu_s: 20,
    memory_bytes: 1 << 30,
    processes: 64,
    file_bytes: 64 << 20,
    disk_bytes: 64 << 20,
    inodes: 1000,
};

/// Where a zygote is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    /// Whoever runs the tests.
    Self_,
    /// An ordinary user.
    Nobody,
    /// Another one.
    Loner,
}

/// Runs what follows as an ordinary user.
const NOBODY: [&str; 6] = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
/// The same as one that no other test is: whoever shares a user with a crowd is crowded out.
const LONER: [&str; 6] = ["setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups"];

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A user, a ceiling, and what the machine is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtLevel {
    user: As,
    ceiling: Ceiling,
    machine: Machine,
}

/// Where a zygote is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    Whole,
    /// Parts of `/proc` are covered, as in a container, so that the kernel refuses another one.
    CoveredProc,
    /// `/proc` shows none of the host's processes, as in a container.
    OwnProc,
}

impl AtLevel {
    pub(crate) fn namespaces(self) -> bool {
        self.ceiling == Ceiling::Namespaces
    }

    /// Whether a job sees its own processes in `/proc`.
    pub(crate) fn sees_processes(self) -> bool {
        self.namespaces() && self.machine == Machine::Whole
    }

    pub(crate) fn is_root(self) -> bool {
        self.user == As::Self_ && is_root()
    }
}

/// Runs the test on each level: as root and as an ordinary user (as far as whoever runs the tests can), with
/// namespaces and without.
pub(crate) fn on_every_level(test: impl Fn(&Zygote, AtLevel)) {
    let levels = [Ceiling::Namespaces, Ceiling::NoNamespaces].map(|ceiling| (ceiling, Machine::Whole));
    on_levels(&levels, test);
}

/// The same, and as on machines that have less.
pub(crate) fn on_odd_levels_too(test: impl Fn(&Zygote, AtLevel)) {
    on_every_level(&test);
    on_levels(&[(Ceiling::OldLandlock, Machine::Whole), (Ceiling::Namespaces, Machine::CoveredProc)], test);
}

/// Without namespaces, as an ordinary user that no other test is, and with none of the host's processes in sight.
pub(crate) fn among_unseen_processes(test: impl Fn(&Zygote)) {
    if !is_root() {
        eprintln!("SKIPPED a crowd of processes: only root can have a user of their own for them");
        return;
    }
    let level = AtLevel { user: As::Loner, ceiling: Ceiling::NoNamespaces, machine: Machine::OwnProc };
    test(&Zygote::start_at(level, &[]));
}

/// So many processes of that user that do nothing, until it is dropped.
pub(crate) struct Crowd(Child);

impl Crowd {
    pub(crate) fn of(count: usize) -> Self {
        let code = format!(
            "import os, signal\nfor _ in range({count}):\n    if os.fork() == 0: signal.pause()\n\
             print('there', flush=True); signal.pause()"
        );
        let mut command = Command::new(LONER[0]);
        command.args(&LONER[1..]).args(["/usr/bin/python3", "-c", &code]);
        command.stdout(Stdio::piped()).process_group(0);
        let mut all = command.spawn().unwrap();
        let mut there = [0; 5];
        all.stdout.as_mut().unwrap().read_exact(&mut there).unwrap();
        Self(all)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        nix::sys::signal::killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL).unwrap();
        self.0.wait().unwrap();
    }
}

fn on_levels(levels: &[(Ceiling, Machine)], test: impl Fn(&Zygote, AtLevel)) {
    let users = if is_root() { &[As::Self_, As::Nobody][..] } else { &[As::Self_] };
    for &user in users {
        for &(ceiling, machine) in levels {
            eprintln!("as {user:?}, at most {ceiling:?}, {machine:?}");
            let level = AtLevel { user, ceiling, machine };
            test(&Zygote::start_at(level, &[]), level);
        }
    }
}

impl Zygote {
    pub(crate) fn start(user: As, ceiling: Ceiling) -> Self {
        Self::start_with(user, ceiling, &[])
    }

    pub(crate) fn start_with(user: As, ceiling: Ceiling, read_only: &[&Path]) -> Self {
        Self::start_at(AtLevel { user, ceiling, machine: Machine::Whole }, read_only)
    }

    fn start_at(AtLevel { user, ceiling, machine }: AtLevel, read_only: &[&Path]) -> Self {
        let scratch = tempfile::Builder::new().permissions(open_to_all()).tempdir().unwrap();
        // Where the ordinary user may run it, whoever owns the target folder.
        let program = scratch.path().join("test-zygote");
        std::fs::copy(env!("CARGO_BIN_EXE_test-zygote"), &program).unwrap();
        let jobs = scratch.path().join("jobs");
        std::fs::create_dir(&jobs).unwrap();
        let (ours, theirs) = Channel::pair().unwrap();
        let mut words: Vec<&str> = Vec::new();
        if machine == Machine::CoveredProc {
            words.extend(["unshare", "--mount"]);
            words.extend((!is_root()).then_some("--map-root-user"));
            words.extend(["sh", "-c", "mount --bind /dev/null /proc/interrupts && exec \"$@\"", "sh"]);
        }
        if machine == Machine::OwnProc {
            words.extend(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]);
        }
        let other = match user {
            As::Self_ => None,
            As::Nobody => Some((65_534, NOBODY)),
            As::Loner => Some((65_533, LONER)),
        };
        if let Some((id, become_other)) = other {
            nix::unistd::chown(&jobs, Some(id.into()), Some(id.into())).unwrap();
            words.extend(become_other);
        }
        words.extend([program.to_str().unwrap(), jail::zygote::COMMAND]);
        let stage = Command::new(words[0])
            .args(&words[1..])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let spec = Spec {
            program: program.clone(),
            args: Vec::new(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into()), ("HOME".into(), "/work".into())],
            read_only: read_only.iter().map(PathBuf::from).chain([program]).collect(),
            scratch: Some(jobs),
            ceiling,
        };
        ours.send(&spec).unwrap();
        let ready = ours.receive::<FromZygote>().expect("the zygote starts");
        assert!(matches!(ready, FromZygote::Ready { .. }));
        Self { control: Mutex::new(Some(ours)), stage, scratch, number: Mutex::new(0) }
    }

    /// Lets the zygote go, as the service's end does.
    pub(crate) fn let_go(&self) {
        drop(self.control.lock().unwrap().take());
    }

    /// What is left of jobs' files, without namespaces.
    pub(crate) fn left_files(&self) -> usize {
        std::fs::read_dir(self.scratch.path().join("jobs")).unwrap().count()
    }

    pub(crate) fn job(&self, language: &str, code: &str, limits: JobLimits) -> Running {
        self.job_with(language, code, limits, tempfile::tempdir().unwrap().path())
    }

    pub(crate) fn job_with(&self, language: &str, code: &str, limits: JobLimits, files: &Path) -> Running {
        let (init, init_theirs) = Channel::pair().unwrap();
        let (notebook, notebook_theirs) = Channel::pair().unwrap();
        let files = jail::files::pack(files).unwrap();
        let mut number = self.number.lock().unwrap();
        *number += 1;
        let start = ToZygote::Start(Start { id: *number, role: Role::Notebook, limits });
        let fds = [init_theirs.as_fd(), notebook_theirs.as_fd(), files.as_fd()];
        let control = self.control.lock().unwrap();
        let control = control.as_ref().unwrap();
        control.send_with(&start, &fds).unwrap();
        drop((init_theirs, notebook_theirs));
        assert!(matches!(control.receive().unwrap(), FromZygote::Started { id } if id == *number));
        let isolation = match init.receive().unwrap() {
            FromInit::Jailed { isolation } => isolation,
            other => panic!("{other:?}"),
        };
        let job = Job {
            name: language.into(),
            content: code.into(),
            questions: Vec::new(),
            seed: None,
            seed_variable: None,
            cell_output_bytes: 0,
            output_bytes: 0,
        };
        notebook.send(&ToNotebook::Job(job)).unwrap();
        Running { init, output: File::from(OwnedFd::from(notebook)), isolation }
    }

    /// Runs a Python program to its end; gives what it printed.
    pub(crate) fn python(&self, code: &str) -> String {
        self.job("python", code, LIMITS).all()
    }

    /// Runs a shell program to its end; gives what it printed.
    pub(crate) fn shell(&self, code: &str) -> String {
        self.job("shell", code, LIMITS).all()
    }
}

impl Running {
    /// All that is printed, until the last process lets go of it.
    pub(crate) fn all(mut self) -> String {
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        text
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.output.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }

    pub(crate) fn close(&self, keep: Vec<i32>) -> Vec<FromInit> {
        self.init.send(&ToInit::CloseNotebook { keep }).unwrap();
        let mut said = Vec::new();
        loop {
            said.push(self.init.receive().unwrap());
            if matches!(said.last(), Some(FromInit::Closed { .. })) {
                return said;
            }
        }
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.let_go();
        self.stage.wait().unwrap();
    }
}

fn open_to_all() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}
