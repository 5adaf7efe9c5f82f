//! Programs and zygotes in the jail, on every level that this machine offers.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use model::Limit;
use sandbox::{Ceiling, Ending, How, Limits, Network, Request, Supervisor, User};

/// A supervisor and whom its programs run as.
struct Level {
    supervisor: Supervisor,
    user: Option<User>,
    /// Who a writable folder must belong to.
    owner: Option<u32>,
    ceiling: Ceiling,
    folder: tempfile::TempDir,
}

const OWN: User = User { uid: 60_998, gid: 60_998 };
const NOBODY: u32 = 65_534;

fn levels() -> Vec<Level> {
    let root = nix::unistd::getuid().is_root();
    let mut levels = Vec::new();
    for ceiling in [Ceiling::Namespaces, Ceiling::NoNamespaces] {
        let folder = || {
            let folder = tempfile::tempdir().unwrap();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            folder
        };
        let user = root.then_some(OWN);
        let supervisor = Supervisor::at(env!("CARGO_BIN_EXE_supervise"));
        levels.push(Level { supervisor, user, owner: user.map(|user| user.uid), ceiling, folder: folder() });
        if root {
            levels.push(as_nobody(ceiling, folder()));
        }
    }
    levels
}

/// The helpers run as an ordinary user, from a folder that this user reaches.
fn as_nobody(ceiling: Ceiling, folder: tempfile::TempDir) -> Level {
    let (program, script) = (folder.path().join("program"), folder.path().join("as-nobody"));
    fs::copy(env!("CARGO_BIN_EXE_supervise"), &program).unwrap();
    let text = format!(
        "#!/bin/sh\nexec /usr/bin/setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups {} \"$@\"\n",
        program.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    Level { supervisor: Supervisor::at(script), user: None, owner: Some(NOBODY), ceiling, folder }
}

impl Level {
    fn writable(&self) -> PathBuf {
        let place = self.folder.path().join("place");
        if !place.exists() {
            fs::create_dir(&place).unwrap();
            chown(&place, self.owner, self.owner).unwrap();
        }
        place
    }

    fn request(&self, program: &str, code: &str) -> Request {
        Request {
            program: program.into(),
            args: vec!["-c".into(), code.into()],
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            dir: self.writable(),
            input: String::new(),
            user: self.user,
            limits: Limits { wall: Duration::from_secs(20), ..Limits::default() },
            readable: Vec::new(),
            writable: vec![self.writable()],
            network: Network::Loopback,
            ceiling: self.ceiling,
        }
    }

    async fn run(&self, request: &Request) -> (Ending, Vec<String>) {
        let mut lines = Vec::new();
        let ending = self.supervisor.run(request, |line| lines.push(line.to_owned())).await.unwrap();
        assert_eq!(ending.isolation.namespaces, self.ceiling == Ceiling::Namespaces, "{ending:?}");
        assert!(ending.isolation.seccomp && ending.isolation.landlock.is_some(), "{ending:?}");
        assert!(ending.isolation.process_limit, "{ending:?}");
        (ending, lines)
    }
}

#[tokio::test]
async fn a_program_writes_where_it_may_and_sees_little_else() {
    for level in levels() {
        let hidden = level.folder.path().join("other");
        fs::write(&hidden, "SECRET").unwrap();
        let code = format!(
            "echo mine > file && cat file
            cat {0} /root/.bashrc /etc/shadow /proc/1/environ 2>/dev/null
            for place in /usr/x /etc/x /x /root/x; do (echo x > $place) 2>/dev/null && echo wrote $place; done
            echo x > {0}
            echo end",
            hidden.display()
        );
        let (ending, lines) = level.run(&level.request("/bin/bash", &code)).await;
        assert_eq!(lines, ["mine", "end"], "{ending:?}");
        // It may have made one of the same name in a `/tmp` of its own.
        assert_eq!(fs::read_to_string(&hidden).unwrap(), "SECRET");
        assert_eq!(fs::read_to_string(level.writable().join("file")).unwrap(), "mine\n");
    }
}

#[tokio::test]
async fn only_its_own_network_is_there() {
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    let code = format!(
        "
import socket, threading
own = socket.create_server(('127.0.0.1', 0))
threading.Thread(target=lambda: own.accept()[0].send(b'own')).start()
print(socket.create_connection(own.getsockname()).recv(3))
try: socket.create_connection(('127.0.0.1', {}), 2); print('host')
except OSError: print('nobody')
for family, kind in (socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW), (40, 1), (38, 5):
    try: socket.socket(family, kind); print('got', family)
    except OSError: pass
try: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9); print('got audit')
except OSError: pass",
        host.local_addr().unwrap().port()
    );
    for level in levels().into_iter().filter(|level| level.ceiling == Ceiling::Namespaces) {
        let (ending, lines) = level.run(&level.request("/usr/bin/python3", &code)).await;
        assert_eq!(lines, ["b'own'", "nobody"], "{ending:?}");
        let none = Request { network: Network::None, ..level.request("/usr/bin/python3", &code) };
        let (_, lines) = level.run(&none).await;
        assert!(lines.is_empty(), "{lines:?}");
        // A build has what the host has, and nothing less than that.
        let host = Request { network: Network::Host, ..level.request("/usr/bin/python3", &code) };
        let (ending, lines) = level.run(&host).await;
        assert_eq!(lines, ["b'own'", "host"], "{ending:?}");
        assert!(ending.isolation.to_string().ends_with(", with network"));
    }
}

#[tokio::test]
async fn the_kernel_limits_processes_on_every_level() {
    for level in levels() {
        let mut request = level.request("/bin/bash", "bomb() { bomb | bomb & }; bomb; sleep 20");
        request.limits.processes = 40;
        let (ending, _) = level.run(&request).await;
        assert_eq!(ending.how, How::Limit(Limit::Processes), "{ending:?}");
    }
}

#[tokio::test]
async fn an_interpreter_in_a_private_folder_can_be_used_by_another_user() {
    let root = nix::unistd::getuid().is_root();
    let home = PathBuf::from("/root/.pyenv/versions");
    let python = fs::read_dir(home).ok().and_then(|mut versions| versions.next()?.ok());
    let Some(python) = python.filter(|_| root).map(|version| version.path().join("bin/python3")) else {
        eprintln!("SKIPPED: there is no interpreter in a private folder here");
        return;
    };
    let level = levels().remove(0);
    let request =
        level.request(python.to_str().unwrap(), "import json, os; print(os.getuid(), os.listdir('/root'))");
    let (ending, lines) = level.run(&request).await;
    assert_eq!(lines, ["60998 ['.pyenv']"], "{ending:?}");
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named() {
    let level = levels().remove(0);
    let request = Request { readable: vec!["/no/such/folder".into()], ..level.request("/bin/sh", "true") };
    let error = level.supervisor.run(&request, |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("/no"), "{error}");
}

#[test]
fn a_zygote_that_does_not_come_up_says_why_and_leaves_nothing() {
    for level in levels() {
        let spec = jail::zygote::Spec {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), "echo I cannot >&2; exit 3".into()],
            env: Vec::new(),
            read_only: Vec::new(),
            scratch: Some(level.writable()),
            ceiling: level.ceiling,
        };
        let zygote = sandbox::Zygote::start(&level.supervisor, &spec).unwrap();
        let stage = zygote.pid();
        assert!(zygote.control.receive::<frames::FromZygote>().is_err());
        assert!(zygote.stderr_tail().contains("I cannot"), "{}", zygote.stderr_tail());
        drop(zygote);
        assert!(!Path::new(&format!("/proc/{stage}")).exists());
    }
}

#[test]
fn the_probe_tells_what_holds_and_what_to_do() {
    for level in levels() {
        let probe = level.supervisor.probe().unwrap();
        assert_eq!(probe.level.own_user, level.user.is_some());
        assert!(probe.missing.iter().all(|missing| !missing.why.is_empty() && !missing.remedy.is_empty()));
        assert_eq!(
            probe.level.namespaces,
            !probe.missing.iter().any(|missing| missing.layer == "namespaces")
        );
    }
}
