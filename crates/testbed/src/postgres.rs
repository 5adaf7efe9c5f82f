//! A PostgreSQL server of one's own.

use std::{
    fs, io,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::process::{Process, as_user, free_port};

/// How long a server may take to answer after its start.
const PATIENCE: Duration = Duration::from_mins(1);

/// The superuser of the server, and, where this process is root, the system's user that it runs as.
const USER: &str = "postgres";

/// A running server with its data in a temporary folder. Dropped, it ends and its data go.
#[derive(Debug)]
pub struct Server {
    process: Option<Process>,
    port: u16,
    programs: PathBuf,
    folder: TempDir,
}

impl Server {
    /// Makes a database cluster and starts its server. The error says what is missing.
    pub fn start() -> io::Result<Self> {
        let programs = programs().ok_or_else(|| {
            io::Error::other(
                "there is no PostgreSQL server on this machine (Debian: apt-get install postgresql)",
            )
        })?;
        let folder = TempDir::with_prefix("testbed-postgres-")?;
        if let Some((uid, gid)) = user().map(ids).transpose()? {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let mut server = Self { process: None, port: free_port()?, programs, folder };
        let data = server.data();
        server.run(
            "initdb",
            &["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--pgdata", &data],
        )?;
        server.resume()?;
        Ok(server)
    }

    /// Starts the server again after [`Server::pause`], at the same address.
    pub fn resume(&mut self) -> io::Result<()> {
        let sockets = self.folder.path().display().to_string();
        let mut command = Command::new(self.programs.join("postgres"));
        command.args(["-D", &self.data(), "-p", &self.port.to_string(), "-k", &sockets]);
        command.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=300",
            "-c",
            "logging_collector=on",
        ]);
        self.process = Some(Process::start(&command, user())?);
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.run("pg_isready", &["--host", "127.0.0.1", "--port", &self.port.to_string()]) {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Ends the server and keeps its data: connections break, and new ones are refused.
    pub fn pause(&mut self) {
        self.process = None;
    }

    /// Makes a database and gives its URL.
    pub fn database(&self, name: &str) -> io::Result<String> {
        let port = self.port.to_string();
        self.run("createdb", &["--host", "127.0.0.1", "--port", &port, "--username", USER, name])?;
        Ok(format!("postgres://{USER}@127.0.0.1:{port}/{name}"))
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<()> {
        let mut command = as_user(user());
        // The server's user may not be allowed into the folder of the test.
        let output = command.arg(self.programs.join(program)).args(arguments).current_dir("/").output()?;
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("{program} failed ({}): {words}", output.status)))
    }
}

/// PostgreSQL refuses to run as root.
fn user() -> Option<&'static str> {
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|this| std::os::unix::fs::MetadataExt::uid(&this) == 0);
    is_root.then_some(USER)
}

/// The user's and the group's id.
fn ids(user: &str) -> io::Result<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd")?;
    let line = passwd.lines().find(|line| line.split(':').next() == Some(user));
    let mut fields = line.into_iter().flat_map(|line| line.split(':').skip(2)).map(str::parse);
    match (fields.next(), fields.next()) {
        (Some(Ok(uid)), Some(Ok(gid))) => Ok((uid, gid)),
        _ => Err(io::Error::other(format!("there is no user {user} on this machine"))),
    }
}

/// The folder of the newest server's programs: Debian keeps them out of the way, by version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path))?;
    Some(newest.join("bin")).filter(|folder| folder.join("postgres").exists())
}
