//! What there is on the host for an attack to reach, and whether it did.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::{MetadataExt, PermissionsExt, chown},
            net::{SocketAddr, UnixDatagram, UnixListener},
        },
    },
    process::{Child, Command},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{grade::Grading, level::ORDINARY};

/// In the environment of the program and in a file that everybody may read.
pub(crate) const SECRET: &str = "a-secret-of-the-host-93d1";

/// A folder and a process of the user that the program runs as, and ears.
pub(crate) struct Host {
    folder: TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    local: UnixListener,
    datagrams: UnixDatagram,
    in_no_folder: UnixListener,
    name: String,
    process: Child,
    process_was: String,
    folder_was: Vec<String>,
    memory_mib: u64,
}

impl Host {
    pub(crate) fn new(grading: &Grading) -> Self {
        let folder = tempfile::Builder::new().prefix("otter-host-").tempdir_in("/var/tmp").unwrap();
        let everybody = |path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        everybody(folder.path().to_owned(), 0o777);
        fs::write(folder.path().join("secret.txt"), SECRET).unwrap();
        everybody(folder.path().join("secret.txt"), 0o666);
        let local = UnixListener::bind(folder.path().join("local.sock")).unwrap();
        let datagrams = UnixDatagram::bind(folder.path().join("datagrams.sock")).unwrap();
        for name in ["local.sock", "datagrams.sock"] {
            everybody(folder.path().join(name), 0o777);
        }
        if grading.level.changes_user() {
            // As they are when the service itself made them.
            for name in ["", "secret.txt", "local.sock", "datagrams.sock"] {
                chown(folder.path().join(name), Some(ORDINARY), Some(ORDINARY)).unwrap();
            }
        }
        let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
        let in_no_folder = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let (tcp, udp) = (TcpListener::bind("0.0.0.0:0").unwrap(), UdpSocket::bind("0.0.0.0:0").unwrap());
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        local.set_nonblocking(true).unwrap();
        datagrams.set_nonblocking(true).unwrap();
        in_no_folder.set_nonblocking(true).unwrap();
        let mut command = Command::new("sleep");
        command.arg("86400");
        grading.level.become_user(&mut command);
        let process = command.spawn().unwrap();
        let mut host = Self {
            folder,
            tcp,
            udp,
            local,
            datagrams,
            in_no_folder,
            name,
            process,
            process_was: String::new(),
            folder_was: Vec::new(),
            memory_mib: grading.memory_mib(),
        };
        // Until it sleeps it changes by itself.
        std::thread::sleep(std::time::Duration::from_millis(100));
        (host.process_was, host.folder_was) = (host.process_is(), host.folder_is());
        host
    }

    /// What attacks are told of it.
    pub(crate) fn told(&self) -> Value {
        let path = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        json!({
            "folder": self.folder.path(), "secret": SECRET, "pid": self.process.id(), "ip": own_address(),
            "tcp": self.tcp.local_addr().unwrap().port(), "udp": self.udp.local_addr().unwrap().port(),
            "local": path("local.sock"), "datagrams": path("datagrams.sock"), "abstract": self.name,
            "memory_mib": self.memory_mib, "disk_mib": 1024, "files": 20_000,
        })
    }

    /// What was reached.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut byte = [0];
        for (reached, what) in [
            (self.tcp.accept().is_ok(), "a TCP connection came"),
            (self.udp.recv(&mut byte).is_ok(), "a UDP datagram came"),
            (self.local.accept().is_ok(), "a local connection came"),
            (self.datagrams.recv(&mut byte).is_ok(), "a local datagram came"),
            (self.in_no_folder.accept().is_ok(), "a connection to an abstract socket came"),
        ] {
            problems.extend(reached.then(|| what.to_owned()));
        }
        for (is, was, what) in [
            (self.process_is(), &self.process_was, "the process"),
            (self.folder_is().join(", "), &self.folder_was.join(", "), "the folder"),
        ] {
            if is != *was {
                problems.push(format!("{what} of the host was {was} and is {is}"));
            }
        }
        problems
    }

    /// Whether the process runs, and its priority, processors and limits.
    fn process_is(&self) -> String {
        let read = |name: &str| {
            fs::read_to_string(format!("/proc/{}/{name}", self.process.id())).unwrap_or_default()
        };
        let text = read("status");
        let wanted = |line: &&str| {
            ["TracerPid", "Cpus_allowed_list", "Threads"].iter().any(|name| line.starts_with(name))
        };
        let stat = read("stat");
        let priority: Vec<_> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(15).take(2).collect();
        let status: Vec<_> = text.lines().filter(wanted).collect();
        let is_well = !["T (stopped)", "Z (zombie)", "t (tracing"].iter().any(|state| text.contains(state));
        format!("well: {is_well} {status:?} {priority:?} {} {}", read("limits"), read("oom_score_adj"))
    }

    /// The folder's files with modes, owners and contents.
    fn folder_is(&self) -> Vec<String> {
        let mut found: Vec<_> = self
            .folder
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let metadata = path.symlink_metadata().unwrap();
                let text = if metadata.is_file() {
                    fs::read_to_string(&path).unwrap_or_default()
                } else {
                    String::new()
                };
                let (mode, owner) = (metadata.mode(), metadata.uid());
                format!("{} {mode:o} {owner} {text:?}", path.display())
            })
            .collect();
        found.push(format!("{:o}", self.folder.path().metadata().unwrap().mode()));
        found.sort();
        found
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The address by which others reach this machine. Connecting a UDP socket sends nothing.
fn own_address() -> String {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").ok();
    socket.local_addr().map_or_else(|_| "127.0.0.1".into(), |address| address.ip().to_string())
}
