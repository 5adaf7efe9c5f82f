//! Building the root folder, with mounts that only this mount namespace sees.

use std::{
    fs, io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::stat::{Mode, umask},
    unistd::{Gid, Uid, chdir, chown, pivot_root},
};

use super::{DEVICES, Fresh, Opened, Source, WORK, at, is_in_fresh};
use crate::sys;

const SEALED: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
const HARMLESS: u64 = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
const QUIET: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV);
const NONE: Option<&str> = None;

impl Opened<'_> {
    /// Builds the root folder and moves into it; nothing of the old one is left.
    pub(crate) fn build(self) -> io::Result<()> {
        umask(Mode::from_bits_truncate(0o022));
        mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
        let root = Path::new("/tmp");
        mount(Some("tmpfs"), root, Some("tmpfs"), QUIET, Some("size=16m,nr_inodes=20k,mode=755"))
            .map_err(|error| at(root, error))?;
        let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));

        for folder in ["/dev/shm", "/etc", "/home", "/proc", "/run", "/tmp", "/var", WORK] {
            fs::create_dir_all(below(Path::new(folder)))?;
        }
        self.write_settings(&below(Path::new("/etc")))?;
        let (late, early): (Vec<_>, Vec<_>) =
            self.sources.iter().partition(|source| source.is_writable || is_in_fresh(&source.path));
        for source in early {
            source.bind(&below(&source.path))?;
        }
        for source in late.iter().filter(|source| !is_in_fresh(&source.path)) {
            source.make_mount_point(&below(&source.path))?;
        }
        for (link, target) in &self.prepared.plan.links {
            make_link(&below(link), target)?;
        }
        let devices = make_devices(&below(Path::new("/dev")))?;
        sys::seal_mounts(root, SEALED).map_err(|error| crate::enclosure::said("mount_setattr", &error))?;

        for (device, node) in DEVICES.iter().zip(devices) {
            let target = below(Path::new("/dev")).join(device);
            bind(&node, &target, MsFlags::empty())?;
            let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
            mount(NONE, &target, NONE, flags, NONE).map_err(|error| at(&target, error))?;
        }
        mount_fresh(root, self.prepared.view.work, self.prepared.view.fresh, None)?;
        for source in late {
            let target = below(&source.path);
            source.bind(&target)?;
            sys::seal_mounts(&target, if source.is_writable { HARMLESS } else { SEALED })
                .map_err(|error| at(&source.path, error))?;
        }
        mount_processes(&below(Path::new("/proc")))?;
        move_into(root)
    }

    fn write_settings(&self, etc: &Path) -> io::Result<()> {
        let mut users = vec!["root:x:0:0:root:/:/usr/sbin/nologin".to_owned()];
        let mut groups = vec!["root:x:0:".to_owned()];
        if let Some((user, group)) = self.prepared.view.user.filter(|(user, _)| *user != 0) {
            users.push(format!("student:x:{user}:{group}:student:{WORK}:/bin/sh"));
            groups.push(format!("student:x:{group}:"));
        }
        users.push("nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n".to_owned());
        groups.push("nogroup:x:65534:\n".to_owned());
        fs::write(etc.join("passwd"), users.join("\n"))?;
        fs::write(etc.join("group"), groups.join("\n"))?;
        fs::write(etc.join("hostname"), "grading\n")?;
        if !self.prepared.view.network {
            fs::write(etc.join("hosts"), "127.0.0.1 localhost grading\n::1 localhost\n")?;
            fs::write(etc.join("nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n")?;
        }
        Ok(())
    }
}

impl Source {
    fn bind(&self, target: &Path) -> io::Result<()> {
        self.make_mount_point(target)?;
        bind(&self.opened, target, MsFlags::MS_REC)
    }

    fn make_mount_point(&self, target: &Path) -> io::Result<()> {
        if fs::symlink_metadata(target).is_ok() {
            return Ok(());
        }
        if self.is_folder {
            return fs::create_dir_all(target).map_err(|error| at(target, error));
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::File::create_new(target).map(drop).map_err(|error| at(target, error))
    }
}

/// Binds what is open at `source`: its path may be covered by now.
pub(crate) fn bind(source: &OwnedFd, target: &Path, flags: MsFlags) -> io::Result<()> {
    let source = PathBuf::from(format!("/proc/self/fd/{}", source.as_raw_fd()));
    mount(Some(&source), target, NONE, MsFlags::MS_BIND | flags, NONE).map_err(|error| at(target, error))
}

/// One file system for all fresh folders, so that they share what they may hold; they are this process's own or the
/// given owner's.
pub(crate) fn mount_fresh(
    root: &Path,
    work: bool,
    fresh: Fresh,
    owner: Option<(Uid, Gid)>,
) -> io::Result<()> {
    let tmp = root.join("tmp");
    let options = format!("size={},nr_inodes={},mode=755", fresh.bytes, fresh.inodes);
    mount(Some("tmpfs"), &tmp, Some("tmpfs"), QUIET, Some(options.as_str()))
        .map_err(|error| at(&tmp, error))?;
    let parts = [("shm", root.join("dev/shm")), ("work", root.join("work")), ("tmp", tmp.clone())];
    for (name, target) in parts {
        if name == "work" && !work {
            continue;
        }
        let part = tmp.join(name);
        fs::create_dir(&part)?;
        let mode = if name == "work" { 0o700 } else { 0o1777 };
        fs::set_permissions(&part, fs::Permissions::from_mode(mode))?;
        if let Some((user, group)) = owner {
            chown(&part, Some(user), Some(group))?;
        }
        // The last one covers the file system's own root.
        mount(Some(&part), &target, NONE, MsFlags::MS_BIND, NONE).map_err(|error| at(&target, error))?;
    }
    Ok(())
}

fn make_link(link: &Path, target: &Path) -> io::Result<()> {
    if fs::symlink_metadata(link).is_ok() {
        return Ok(());
    }
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder)?;
    }
    symlink(target, link).map_err(|error| at(link, error))
}

/// Makes the mount points of the devices and opens the devices.
fn make_devices(dev: &Path) -> io::Result<Vec<OwnedFd>> {
    for (name, target) in [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")]
    {
        symlink(target, dev.join(name))?;
    }
    let open = |name: &&str| {
        use rustix::fs::{Mode, OFlags};
        fs::File::create_new(dev.join(name))?;
        let path = Path::new("/dev").join(name);
        rustix::fs::open(&path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| at(&path, error))
    };
    DEVICES.iter().map(open).collect()
}

/// The processes of this PID namespace. Where parts of the old `/proc` are covered, as in containers, the kernel
/// refuses a new one; then the old one stands in, for a jail to cover.
fn mount_processes(target: &Path) -> io::Result<()> {
    let flags = QUIET | MsFlags::MS_NOEXEC;
    if mount(Some("proc"), target, Some("proc"), flags, NONE).is_ok() {
        return Ok(());
    }
    mount(Some("/proc"), target, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)
        .map_err(|error| at(Path::new("/proc"), error))
}

/// Makes `root` the root folder, and lets go of the old one.
fn move_into(root: &Path) -> io::Result<()> {
    chdir(root)?;
    // The old root comes to lie over the new one, and is taken off there (`pivot_root(2)`).
    pivot_root(".", ".").map_err(|error| crate::enclosure::said("pivot_root", &error))?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(chdir("/")?)
}
