//! A real JupyterHub with its proxy.

mod tls;

use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub use self::tls::TlsProxy;
use crate::{
    peers::{HubVersion, Peers},
    ports::Ports,
    process::Process,
};

/// How long a hub may take to answer after its start, beside other work.
const PATIENCE: Duration = Duration::from_mins(2);

/// Its ports, counted from [`JupyterHub::port`]: the proxy, its API, two services, a [`TlsProxy`], its API, the hub.
const PORTS: [u16; 7] = [0, 1, 2, 3, 4, 5, 81];

/// A hub in a folder of its own. Its configuration is a file of the test's, which begins with
/// `load_subconfig(os.environ["TEST_HUB_BASE"])`. Dropped, it ends, with all that it started.
#[derive(Debug)]
pub struct JupyterHub {
    process: Option<Process>,
    command: Command,
    ports: Ports,
    folder: TempDir,
}

impl JupyterHub {
    /// With this token the test asks the hub's API as the service `probe`.
    pub const PROBE: &str = "probe-0123456789abcdef";

    /// Prepares a hub; [`JupyterHub::start`] starts it.
    pub fn new(peers: &Peers, version: HubVersion, config: &Path) -> io::Result<Self> {
        let (folder, ports) = (TempDir::with_prefix("testbed-hub-")?, Ports::take(&PORTS)?);
        let base = folder.path().join("base_config.py");
        fs::write(&base, include_str!("base_config.py"))?;
        let log = folder.path().join("hub.log");
        let mut command = in_folder(folder.path(), "hub.log");
        command.arg(peers.hub(version).join("bin/jupyterhub")).arg("-f").arg(config);
        command
            .env("PATH", peers.path(version)?)
            .env("TEST_HUB_BASE", base)
            .env("TEST_HUB_PROBE", Self::PROBE);
        command.env("TEST_HUB_PORT", ports.first().to_string()).env("TEST_HUB_STATE", folder.path());
        fs::write(log, "")?;
        Ok(Self { process: None, command, ports, folder })
    }

    /// Gives its configuration a variable.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.command.env(name, value);
    }

    /// A command of another of its programs, which works in its folder and writes into that log.
    fn command_of(&self, program: &str, log: &str) -> Command {
        let mut command = in_folder(self.folder(), log);
        command.arg(program).envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// Starts it, or starts it again with what it knew, and waits until it answers.
    pub fn start(&mut self) -> io::Result<()> {
        let process = self.process.insert(Process::start(&self.command, None)?);
        let deadline = Instant::now() + PATIENCE;
        let id = process.id();
        let port = self.ports.first();
        // The proxy knows the way only after the hub has told it.
        while ask(port + 81).and_then(|()| ask(port)).is_err() {
            if Instant::now() > deadline || has_ended(id) {
                return Err(io::Error::other(format!("the hub does not answer:\n{}", self.log())));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has. What it started ends with it, but for the proxy where its configuration
    /// says so.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// The port at which browsers find it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.first()
    }

    /// Its folder. What lies in `home/NAME` is in that user's home.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the hub, its proxy and its managed services have said.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("hub.log")).unwrap_or_default()
    }
}

impl Drop for JupyterHub {
    fn drop(&mut self) {
        self.stop();
        // A proxy that it was told to leave running, and what a hub leaves behind that ends while it starts.
        let proxy = fs::read_to_string(self.folder.path().join("proxy.pid")).unwrap_or_default();
        let proxy = proxy.lines().next().map(str::to_owned);
        for id in proxy.into_iter().chain(processes_of(self.folder.path())) {
            Command::new("kill").arg(id).stderr(Stdio::null()).status().ok();
        }
    }
}

/// Runs the program that is its first argument in a folder, with a log there.
fn in_folder(folder: &Path, log: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"cd "$0" && log="$1" && shift && exec "$@" >>"$log" 2>&1"#]).arg(folder).arg(log);
    command
}

/// The ids of processes that were told of a folder, or work in it.
fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.as_os_str().as_encoded_bytes();
    let is_of_it = |process: &Path| {
        let told = fs::read(process.join("cmdline")).unwrap_or_default();
        told.windows(name.len()).any(|part| part == name)
            || fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter(|process| is_of_it(&process.path()));
    let ids = all.map(|process| process.file_name().to_string_lossy().into_owned());
    ids.filter(|id| id.parse::<u32>().is_ok_and(|id| id != std::process::id())).collect()
}

/// Whether a process has ended, which its holder has not noticed yet.
fn has_ended(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

/// Asks a hub for its version.
fn ask(port: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // With subdomains only the hub's own leads to it.
    write!(stream, "GET /hub/api/ HTTP/1.1\r\nhost: hub.localhost:{port}\r\nconnection: close\r\n\r\n")?;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer)?;
    if answer == *b"HTTP/1.1 200 OK" { Ok(()) } else { Err(io::Error::other("it does not work yet")) }
}
