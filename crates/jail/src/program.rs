//! One program in a jail of its own, with an init that outlives it by nothing.

use std::{
    io::{self, Write},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::{
    errno::Errno,
    sys::{
        stat::{Mode, umask},
        wait::{WaitStatus, wait},
    },
    unistd::{Pid, getegid, geteuid},
};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::{
    caps,
    confine::{
        Confinement, Files, Filters, Others, ProcessLimits, Reach, Sockets, filters_are_supported,
        landlock_version,
    },
    enclosure::{Enclosure, Network, said},
    ids::{IdMap, Ids, may_give_ids},
    level::{Ceiling, Level},
    pid_max, processes,
    root::{Fresh, View, devices, readable},
    sys,
};

/// The exit code of the init that says: the program could not be started, and standard error says why.
pub const CANNOT_START: u8 = 254;
/// Exit codes of the init from here on stand for signals, as in a shell.
pub const SIGNAL_BASE: i32 = 128;

/// Who the first process of a jail made by root is on the host: nobody else.
const INIT_USER: u32 = 61_999;
/// Files and folders in `/tmp` and `/dev/shm`.
const FRESH_INODES: u64 = 100_000;

/// A program to run.
#[derive(Debug)]
pub struct Program<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Its arguments.
    pub args: &'a [String],
    /// Its whole environment.
    pub env: &'a [(String, String)],
    /// Its working folder.
    pub dir: &'a Path,
    /// What it reads from its standard input.
    pub input: &'a str,
    /// The user and group it runs as; `None`: the same as now. Only root can change to others.
    pub user: Option<(u32, u32)>,
    /// What it may read, besides the system's programs and libraries and its own installation.
    pub readable: &'a [PathBuf],
    /// What it may write as well, as far as its user may.
    pub writable: &'a [PathBuf],
    /// What it can reach.
    pub network: Network,
    /// Bytes of memory of one process.
    pub memory_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes in `/tmp` and `/dev/shm` together.
    pub fresh_bytes: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// The highest level that is tried.
    pub ceiling: Ceiling,
}

/// A program in its jail, not yet started: [`Started::go`] starts it.
#[derive(Debug)]
pub struct Started {
    /// The pid of its init: it ends when the program does, with its exit code.
    pub init: Pid,
    /// What the program writes to its standard output.
    pub stdout: OwnedFd,
    /// What the program writes to its standard error.
    pub stderr: OwnedFd,
    /// The layers that hold; a control group is the caller's to add.
    pub level: Level,
    /// Why there are no namespaces.
    pub no_namespaces: Option<io::Error>,
    go: OwnedFd,
}

impl Started {
    /// Lets the program start, when the caller has put its init where it belongs.
    pub fn go(&self) -> io::Result<()> {
        rustix::io::write(&self.go, b"!")?;
        Ok(())
    }
}

/// The inner ends of the pipes.
struct Ends {
    stdout: OwnedFd,
    stderr: OwnedFd,
    go: OwnedFd,
}

impl Program<'_> {
    /// Makes the jail and the init in it. Must be called with a single thread.
    pub fn start(&self) -> io::Result<Started> {
        let pipe = || pipe_with(PipeFlags::CLOEXEC);
        let ((stdout, stdout_end), (stderr, stderr_end), (go_end, go)) = (pipe()?, pipe()?, pipe()?);
        let ends = Ends { stdout: stdout_end, stderr: stderr_end, go: go_end };
        let mut no_namespaces = None;
        let mut init = None;
        if self.ceiling == Ceiling::Namespaces {
            match self.enclosure()?.fork(|| self.be_init(&ends, true)) {
                Ok(pid) => init = Some(pid),
                Err(error) => no_namespaces = Some(error),
            }
        }
        let namespaces = init.is_some();
        let init = match init {
            Some(init) => init,
            None => sys::fork(|| self.be_init(&ends, false))?,
        };
        let level = Level {
            namespaces,
            own_user: self.user.is_some(),
            landlock: landlock_version(self.ceiling).ok().map(crate::confine::Version::number),
            seccomp: filters_are_supported(),
            process_limit: self.processes_limit(namespaces)?.is_some()
                || namespaces && pid_max::is_per_namespace(),
            network: self.network == Network::Host,
            ..Level::default()
        };
        Ok(Started { init, stdout, stderr, level, no_namespaces, go })
    }

    fn enclosure(&self) -> io::Result<Enclosure> {
        let own = (geteuid().as_raw(), getegid().as_raw());
        let init = IdMap { inside: 0, outside: INIT_USER, count: 1 };
        let (ids, first) = match self.user {
            Some((user, group)) => {
                let maps = |id| vec![init, IdMap::same(id)];
                (Ids { users: maps(user), groups: maps(group) }, (0, 0))
            }
            None => (Ids { users: vec![IdMap::same(own.0)], groups: vec![IdMap::same(own.1)] }, own),
        };
        let mut read_only = self.readable.to_vec();
        read_only.extend(installation(self.path)?);
        let view = View {
            read_only,
            writable: self.writable.to_vec(),
            work: false,
            fresh: Fresh { bytes: self.fresh_bytes, inodes: FRESH_INODES },
            user: Some(self.user.unwrap_or(own)),
            network: self.network == Network::Host,
        };
        Ok(Enclosure { ids, first, view, network: self.network })
    }

    fn be_init(&self, ends: &Ends, namespaces: bool) -> u8 {
        self.run(ends, namespaces).unwrap_or_else(|error| {
            writeln!(io::stderr(), "{error}").ok();
            CANNOT_START
        })
    }

    /// In the init: starts the program and gives its exit code.
    fn run(&self, ends: &Ends, namespaces: bool) -> io::Result<u8> {
        let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
        sys::silence(&null, false)?;
        sys::put_at(&ends.stdout, 1)?;
        sys::put_at(&ends.stderr, 2)?;
        sys::close_all_but(&[0, 1, 2, ends.go.as_raw_fd()])?;
        std::mem::forget(null);
        sys::reset_signals();
        if !namespaces {
            nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
        }
        let mut word = [0];
        if rustix::io::read(&ends.go, &mut word)? != 1 {
            return Ok(0);
        }
        if namespaces {
            // Where the kernel is too old for it, a control group or the user's own limit holds.
            pid_max::limit(self.processes + 2).ok();
        }
        // Who is nice already stays so: nobody without rights may take it back.
        sys::yield_to_the_service();
        umask(Mode::from_bits_truncate(0o077));
        if namespaces || may_give_ids() {
            caps::drop_bounding_set()?;
        }
        let confinement = self.confinement(namespaces)?;
        let mut command = Command::new(self.path);
        command
            .args(self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir)
            .process_group(0)
            .stdin(Stdio::piped());
        if let Some((user, group)) = self.user {
            // Changing the user id also empties the supplementary groups.
            command.uid(user).gid(group);
        }
        sys::before_exec(&mut command, move || {
            std::fs::write("/proc/self/oom_score_adj", "1000").ok();
            confinement.apply().map(drop)
        });
        let mut program = command.spawn()?;
        let pid = Pid::from_raw(i32::try_from(program.id()).map_err(io::Error::other)?);
        // From here on the init only waits.
        caps::clear()?;
        if let Some(mut stdin) = program.stdin.take() {
            // A program that ends without reading is not our error.
            stdin.write_all(self.input.as_bytes()).ok();
        }
        bury_until(pid)
    }

    fn confinement(&self, namespaces: bool) -> io::Result<Confinement> {
        let mut read = vec![PathBuf::from("/")];
        let mut write = self.writable.to_vec();
        write.extend(devices());
        if namespaces {
            write.extend(["/tmp", "/dev/shm"].map(PathBuf::from));
        } else {
            let mut named = self.readable.to_vec();
            named.extend(installation(self.path)?);
            read = readable(&named)?;
            read.push("/proc".into());
        }
        let (others, files) =
            if namespaces { (Others::AllButInit, Files::Own) } else { (Others::All, Files::OfOtherUsers) };
        Ok(Confinement {
            // The program's process has it already.
            user: None,
            limits: ProcessLimits {
                cpu_s: None,
                memory_bytes: self.memory_bytes,
                file_bytes: self.file_bytes,
                processes: self.processes_limit(namespaces)?,
            },
            reach: Reach { read, write, tcp: self.network != Network::None, ceiling: self.ceiling },
            filters: Filters { sockets: Sockets::Internet, others, files },
        })
    }

    /// The limit on the processes of the program's user; `None` for root, whom the kernel does not count. Two more than
    /// are allowed: the init may count as well, and one too many shows that the limit was met.
    fn processes_limit(&self, namespaces: bool) -> io::Result<Option<u64>> {
        let own = self.processes + 2;
        match self.user {
            Some(_) => Ok(Some(own)),
            None if !processes::are_counted() => Ok(None),
            // Counted apart in the user namespace.
            None if namespaces => Ok(Some(own)),
            None => Ok(Some(own + processes::of_this_user()?)),
        }
    }
}

/// The folders of a program that is installed in a folder of its own (`PREFIX/bin/NAME` beside `PREFIX/lib`), through
/// all links that lead to it.
fn installation(program: &Path) -> io::Result<Vec<PathBuf>> {
    let hops = crate::root::hops(program).map_err(|error| said("the program", &error))?;
    let mut folders = Vec::new();
    for hop in hops {
        let prefix = hop.parent().filter(|bin| bin.ends_with("bin")).and_then(Path::parent);
        match prefix.filter(|prefix| prefix.parent().is_some() && prefix.join("lib").is_dir()) {
            Some(prefix) => folders.push(prefix.to_owned()),
            None => folders.push(hop),
        }
    }
    Ok(folders)
}

/// Waits for every child, for orphans come to the init, until the program itself has ended.
fn bury_until(program: Pid) -> io::Result<u8> {
    loop {
        let code = match wait() {
            Ok(WaitStatus::Exited(pid, code)) if pid == program => code,
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => SIGNAL_BASE + signal as i32,
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        };
        // The program's own exit must not be taken for a failure to start it.
        let code = if code == i32::from(CANNOT_START) { code - 1 } else { code };
        return Ok(u8::try_from(code).unwrap_or(u8::MAX));
    }
}
