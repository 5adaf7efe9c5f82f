//! Other people's programs that tests run against: JupyterHub, its proxy, what drives Chromium.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Which JupyterHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubVersion {
    /// 6.1.1.
    Six,
    /// 5.5.4.
    Five,
}

impl HubVersion {
    /// The folder of its environment.
    fn folder(self) -> &'static str {
        match self {
            Self::Six => "hub",
            Self::Five => "hub5",
        }
    }

    /// As the hub itself says it.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::Six => "6.1.1",
            Self::Five => "5.5.4",
        }
    }
}

/// A folder with all of them.
#[derive(Debug, Clone)]
pub struct Peers {
    folder: PathBuf,
}

/// What must be in the folder.
const PROGRAMS: [&str; 4] = [
    "hub/bin/jupyterhub",
    "hub5/bin/jupyterhub",
    "npm/node_modules/.bin/configurable-http-proxy",
    "npm/node_modules/playwright-core/package.json",
];

impl Peers {
    /// Those in `$PEERS` or `~/.cache/otter-peers`, else those that `tests/peers/install` puts below
    /// `${XDG_CACHE_HOME:-~/.cache}/otter-service/peers`, where it takes about a minute the first time. The error says
    /// what is missing.
    pub fn get() -> io::Result<Self> {
        static FOUND: OnceLock<Result<Peers, String>> = OnceLock::new();
        let found = FOUND.get_or_init(|| Self::look().map_err(|error| error.to_string()));
        found.clone().map_err(io::Error::other)
    }

    fn look() -> io::Result<Self> {
        if let Some(named) = std::env::var_os("PEERS") {
            return Self::at(named.into());
        }
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let home =
            home.ok_or_else(|| io::Error::other("HOME is not set, so there is no folder to install into"))?;
        if let Ok(prepared) = Self::at(home.join(".cache/otter-peers")) {
            return Ok(prepared);
        }
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
        let folder = cache.join("otter-service/peers");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/install");
        let output = Command::new(script).arg(&folder).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Self::at(folder);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last: Vec<_> = said.lines().rev().take(5).collect();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("; ");
        Err(io::Error::other(format!("they could not be installed ({last})")))
    }

    fn at(folder: PathBuf) -> io::Result<Self> {
        let missing = PROGRAMS.into_iter().find(|program| !folder.join(program).exists());
        missing.map_or(Ok(()), |program| {
            Err(io::Error::other(format!("there is no {program} in {}", folder.display())))
        })?;
        let chromium = std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("chromium").exists()));
        if chromium { Ok(Self { folder }) } else { Err(io::Error::other("there is no chromium in PATH")) }
    }

    /// The environment of a hub, with `bin/python` in it.
    #[must_use]
    pub fn hub(&self, version: HubVersion) -> PathBuf {
        self.folder.join(version.folder())
    }

    /// The folder in which Node.js finds `playwright-core`.
    #[must_use]
    pub fn node_modules(&self) -> PathBuf {
        self.folder.join("npm/node_modules")
    }

    /// `PATH` with a hub's programs and its proxy first.
    pub(crate) fn path(&self, version: HubVersion) -> io::Result<OsString> {
        let ours = [self.hub(version).join("bin"), self.node_modules().join(".bin")].into_iter();
        let rest = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(ours.chain(std::env::split_paths(&rest))).map_err(io::Error::other)
    }
}
