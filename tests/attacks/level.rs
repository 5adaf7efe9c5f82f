//! The levels of isolation at which the program is attacked.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::Command,
};

use nix::unistd::geteuid;

use crate::support::{PROGRAM, program, root};

/// An ordinary user, whom root becomes.
pub(crate) const ORDINARY: u32 = 65534;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Root,
    RootWithoutNamespaces,
    User,
    UserWithoutNamespaces,
}

impl Level {
    /// The best one of whoever runs the tests.
    pub(crate) fn here() -> Self {
        if geteuid().is_root() { Self::Root } else { Self::User }
    }

    /// Why it cannot be had here.
    pub(crate) fn missing(self) -> Option<&'static str> {
        (self.is_root() && !geteuid().is_root()).then_some("it needs root")
    }

    fn is_root(self) -> bool {
        matches!(self, Self::Root | Self::RootWithoutNamespaces)
    }

    /// Whether the program runs as another user than the tests do.
    pub(crate) fn changes_user(self) -> bool {
        !self.is_root() && geteuid().is_root()
    }

    /// The program at this level; `copy` is one that everybody may run.
    pub(crate) fn program(self, copy: &Path, home: &Path) -> Command {
        let mut command = program();
        if self.changes_user() {
            command = Command::new(copy);
            command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
            self.become_user(&mut command);
        }
        command.env("HOME", home).env("XDG_CACHE_HOME", home.join("cache")).env("TMPDIR", home.join("tmp"));
        command.env("PLANTED_SECRET", crate::host::SECRET).current_dir(home);
        if matches!(self, Self::RootWithoutNamespaces | Self::UserWithoutNamespaces) {
            command.env("OTTER_JAIL_CEILING", "no-namespaces");
        }
        command
    }

    /// Lets a command run as the user that the program runs as.
    pub(crate) fn become_user(self, command: &mut Command) {
        if self.changes_user() {
            command.uid(ORDINARY).gid(ORDINARY);
        }
    }
}

/// An interpreter that everybody may run, with what the assignment needs. Built once and kept; named by
/// `OTTER_ATTACKS_PYTHON` where there is one already.
pub(crate) fn python() -> Result<String, String> {
    if let Ok(named) = std::env::var("OTTER_ATTACKS_PYTHON") {
        return Ok(named);
    }
    let requirements = root().join("sample/requirements.txt");
    if !geteuid().is_root() {
        return Ok(crate::support::environment(&requirements));
    }
    if !Path::new("/usr/bin/python3").exists() {
        return Err("there is no /usr/bin/python3, which every user may run".into());
    }
    let cache = "/var/cache/otter-service-tests";
    std::fs::create_dir_all(cache).map_err(|error| format!("{cache}: {error}"))?;
    let built = program()
        .args(["environment", "build", "--requirements"])
        .arg(requirements)
        .env("XDG_CACHE_HOME", cache)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .map_err(|error| error.to_string())?;
    if !built.status.success() {
        return Err(crate::support::said(&built));
    }
    Ok(String::from_utf8_lossy(&built.stdout).trim().to_owned())
}

/// Copies the program to where everybody may run it.
pub(crate) fn copy_program(to: &Path) {
    std::fs::copy(PROGRAM, to).unwrap();
    std::fs::set_permissions(to, PermissionsExt::from_mode(0o755)).unwrap();
}
