//! Which files can be opened, whatever their owner and mode: Landlock.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    path::PathBuf,
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::{enclosure::said, level::Ceiling, sys};

/// The newest version whose effects these rules were tested with.
const NEWEST: u8 = 7;
/// The first version with rules for signals and abstract sockets.
const WITH_SCOPES: u8 = 6;

/// What can be reached.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Files and folders to read and run; what is not there is left out.
    pub read: Vec<PathBuf>,
    /// Files and folders to write as well.
    pub write: Vec<PathBuf>,
    /// Whether TCP ports can be bound and connected to.
    pub tcp: bool,
    /// The highest level that is tried.
    pub ceiling: Ceiling,
}

/// A version of Landlock's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(u8);

/// The version that is used on this machine.
pub(crate) fn version(ceiling: Ceiling) -> io::Result<Version> {
    let version = u8::try_from(sys::landlock_version()?).unwrap_or(0);
    let most = if ceiling == Ceiling::OldLandlock { WITH_SCOPES - 1 } else { NEWEST };
    Ok(Version(version.min(most)))
}

impl Version {
    /// As a number.
    pub(crate) fn number(self) -> u8 {
        self.0
    }

    /// Whether processes outside can be kept from being signalled.
    pub(crate) fn can_scope(self) -> bool {
        self.0 >= WITH_SCOPES
    }
}

/// From here on this process and its descendants signal nobody but each other, so that a signal to everybody
/// (`kill(2)` with -1) reaches its descendants, all at once, and nobody else. Only for versions that can.
pub(crate) fn scope_signals() -> io::Result<()> {
    // Rules of any kind forbid moving files from folder to folder, unless they allow it.
    let moving = AccessFs::Refer;
    let scope = || -> Result<RulesetStatus, Box<dyn std::error::Error>> {
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(moving)?
            .scope(Scope::Signal)?;
        let rules = rules.create()?.add_rule(PathBeneath::new(PathFd::new("/")?, moving))?;
        Ok(rules.restrict_self()?.ruleset)
    };
    match scope() {
        Ok(RulesetStatus::FullyEnforced) => Ok(()),
        Ok(status) => Err(io::Error::other(format!("landlock: signals are not kept in: {status:?}"))),
        Err(error) => Err(said("landlock", &*error)),
    }
}

impl Reach {
    /// Restricts this process and its descendants; `None` where the kernel has no Landlock.
    pub(super) fn restrict(&self) -> io::Result<Option<u8>> {
        let Ok(Version(version @ 1..)) = version(self.ceiling) else { return Ok(None) };
        self.restrict_to(ABI::from(i32::from(version))).map_err(|error| said("landlock", &*error))?;
        Ok(Some(version))
    }

    fn restrict_to(&self, abi: ABI) -> Result<(), Box<dyn std::error::Error>> {
        // What this version of the kernel has must hold: no best effort.
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(abi))?;
        if abi >= ABI::V4 && !self.tcp {
            rules = rules.handle_access(AccessNet::from_all(abi))?;
        }
        if abi >= ABI::V6 {
            rules = rules.scope(Scope::from_all(abi))?;
        }
        let mut rules = rules.create()?;
        let read = self.read.iter().map(|path| (path, AccessFs::from_read(abi)));
        let write = self.write.iter().map(|path| (path, AccessFs::from_all(abi)));
        for (path, access) in read.chain(write) {
            // A folder that is not there cannot be reached either.
            let Ok(opened) = PathFd::new(path) else { continue };
            let access = if is_folder(opened.as_fd())? { access } else { access & AccessFs::from_file(abi) };
            rules = rules.add_rule(PathBeneath::new(opened, access))?;
        }
        let status = rules.restrict_self()?;
        if status.ruleset == RulesetStatus::FullyEnforced {
            Ok(())
        } else {
            Err(format!("the rules are not in force: {:?}", status.ruleset).into())
        }
    }
}

fn is_folder(opened: BorrowedFd<'_>) -> io::Result<bool> {
    let mode = rustix::fs::fstat(opened)?.st_mode;
    Ok(rustix::fs::FileType::from_raw_mode(mode).is_dir())
}
