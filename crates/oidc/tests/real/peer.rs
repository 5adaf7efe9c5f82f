//! Installs a real provider, starts it, and ends it.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};

use model::ambient::SystemClock;
use oidc::{OidcSettings, Provider};
use testbed::or_skip;

/// Of `oidc-provider`. It says that it wants a newer Node than 20, and runs on it.
const VERSION: &str = "9.13.3";
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real");

pub(crate) struct Peer {
    process: Child,
    /// Open as long as it is to run.
    _input: Option<ChildStdin>,
    /// Open, because it has more to say, and ends where nobody is there to hear it.
    _output: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Peer {
    /// A provider on a free port; `None`, with a printed reason, where there is none and none can be had.
    pub(crate) fn start() -> Option<Self> {
        or_skip("a real OpenID Provider", installed().and_then(|folder| Self::run(&folder)))
    }

    fn run(folder: &Path) -> io::Result<Self> {
        let mut process = Command::new("node")
            .arg(Path::new(HERE).join("provider.mjs"))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut url = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        output.read_line(&mut url)?;
        let input = process.stdin.take();
        assert!(url.starts_with("http://127.0.0.1:"), "it did not come up: {url:?}");
        Ok(Self { process, _input: input, _output: output, url: url.trim().to_owned() })
    }

    /// This service as one of its clients.
    pub(crate) fn settings(&self, client: &str, secret: Option<&str>) -> OidcSettings {
        OidcSettings {
            issuer: self.url.parse().unwrap(),
            client_id: client.into(),
            client_secret: secret.map(Into::into),
            scopes: vec!["email".into(), "profile".into()],
            user_claim: "email".into(),
            groups_claim: Some("groups".into()),
            redirect_url: crate::browser::BACK.parse().unwrap(),
            allow_private: true,
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

pub(crate) fn open(settings: OidcSettings) -> Provider {
    Provider::new(settings, Arc::new(SystemClock)).unwrap()
}

/// Where it is installed; once for all checkouts on this machine.
fn installed() -> io::Result<PathBuf> {
    let at_home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(at_home);
    let cache = cache.ok_or_else(|| io::Error::other("there is neither XDG_CACHE_HOME nor HOME"))?;
    let folder = cache.join("otter-service/peers/oidc").join(VERSION);
    fs::create_dir_all(&folder)?;
    // Tests run beside each other.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if !folder.join("installed").is_file() {
        let package = format!("oidc-provider@{VERSION}");
        let npm = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(&folder)
            .arg(package)
            .status()?;
        if !npm.success() {
            return Err(io::Error::other(format!("npm install failed with {npm}")));
        }
        File::create(folder.join("installed"))?;
    }
    Ok(folder)
}
