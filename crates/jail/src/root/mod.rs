//! The root folder of a jail: a tmpfs of its own that shows the system's programs and libraries and what else is
//! named, all read-only.

mod build;
mod plan;

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, open};

pub(crate) use self::build::{bind, mount_fresh};
use self::plan::{Plan, follow};

/// The job's folder for its own files.
pub const WORK: &str = "/work";
/// Folders that are fresh in each jail, and go with it.
const FRESH: [&str; 3] = [WORK, "/tmp", "/dev/shm"];
/// What every program needs to see, where it is there.
const SYSTEM: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
/// What of `/etc` programs and libraries read, and holds nothing about this host in particular.
const SETTINGS: [&str; 20] = [
    "alternatives",
    "fonts",
    "gai.conf",
    "ImageMagick-6",
    "inputrc",
    "ipython",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "jupyter",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "papersize",
    "R",
    "texmf",
    "timezone",
];
/// What it takes to find and trust hosts.
const NETWORK: [&str; 8] =
    ["ca-certificates", "host.conf", "hosts", "nsswitch.conf", "pki", "resolv.conf", "ssl", "pip.conf"];
/// Devices, all harmless.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// What is visible in a jail.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Files and folders besides the system's.
    pub read_only: Vec<PathBuf>,
    /// Folders whose owner may write to them.
    pub writable: Vec<PathBuf>,
    /// Whether there is a work folder.
    pub work: bool,
    /// What the fresh folders (`/tmp`, `/dev/shm`, the work folder) may hold together.
    pub fresh: Fresh,
    /// The user that programs find under its name.
    pub user: Option<(u32, u32)>,
    /// Whether the host's names of hosts and its certificates are visible.
    pub network: bool,
}

/// What the fresh folders may hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fresh {
    /// Bytes.
    pub bytes: u64,
    /// Files and folders.
    pub inodes: u64,
}

/// A view whose paths have been looked up.
pub(crate) struct Prepared {
    view: View,
    plan: Plan,
    /// Real paths of the writable folders.
    writable: Vec<PathBuf>,
}

/// A path that will be bound into the new root.
struct Source {
    path: PathBuf,
    opened: OwnedFd,
    is_folder: bool,
    is_writable: bool,
}

/// A view whose sources are open.
pub(crate) struct Opened<'a> {
    prepared: &'a Prepared,
    sources: Vec<Source>,
}

/// What of the read-only folders lies in a fresh folder, where a job's own would hide it.
pub(crate) fn hidden_by_fresh(paths: &[PathBuf]) -> Vec<PathBuf> {
    let real = paths.iter().filter_map(|path| follow(path).ok()).map(|(real, _)| real);
    real.filter(|path| is_in_fresh(path)).collect()
}

fn is_in_fresh(path: &Path) -> bool {
    FRESH.iter().any(|fresh| path.starts_with(fresh))
}

impl View {
    pub(crate) fn prepare(&self) -> io::Result<Prepared> {
        let mut plan = Plan::default();
        let settings = SETTINGS.iter().chain(if self.network { &NETWORK[..] } else { &[] });
        let system = SYSTEM.iter().map(PathBuf::from);
        for path in system.chain(settings.map(|name| Path::new("/etc").join(name))) {
            match plan.add(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                added => added?,
            }
        }
        for path in &self.read_only {
            plan.add(path)?;
        }
        let mut writable = Vec::new();
        for path in &self.writable {
            let (real, links) = follow(path)?;
            plan.links.extend(links);
            writable.push(real);
        }
        Ok(Prepared { view: self.clone(), plan, writable })
    }
}

impl Prepared {
    /// Opens what will be bound, in the mount namespace in which that will be done.
    pub(crate) fn open(&self) -> io::Result<Opened<'_>> {
        let read_only = self.plan.outermost().map(|path| (path, false));
        let writable = self.writable.iter().map(|path| (path, true));
        let sources = read_only.chain(writable).map(|(path, is_writable)| {
            let opened = open(path, OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty());
            let opened = opened.map_err(|error| at(path, error))?;
            let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode);
            Ok(Source { path: path.clone(), opened, is_folder: kind.is_dir(), is_writable })
        });
        Ok(Opened { prepared: self, sources: sources.collect::<io::Result<_>>()? })
    }
}

/// An error with its path.
fn at(path: &Path, error: impl Into<io::Error>) -> io::Error {
    let error = error.into();
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// What a job may read where it sees the host's own root folder.
pub(crate) fn readable(read_only: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let own = ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts"].map(PathBuf::from);
    let view = View { read_only: read_only.to_vec(), ..View::default() };
    let prepared = view.prepare()?;
    Ok(prepared.plan.outermost().cloned().chain(own).collect())
}

/// The devices of a jail.
pub(crate) fn devices() -> impl Iterator<Item = PathBuf> {
    DEVICES.iter().map(|name| Path::new("/dev").join(name))
}

/// A path, the links it leads through, and where it leads: all as real paths.
pub(crate) fn hops(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (real, links) = follow(path)?;
    let named = path.parent().map(|folder| Ok(follow(folder)?.0.join(path.file_name().unwrap_or_default())));
    let mut hops: Vec<_> = named.into_iter().collect::<io::Result<_>>()?;
    hops.extend(links.into_iter().map(|(link, _)| link).filter(|link| link.parent().is_some()));
    hops.push(real);
    Ok(hops)
}
