//! A job's jail where namespaces are refused: Landlock, seccomp, limits, and a user of its own if the zygote is root.
//!
//! Without Landlock there is no such jail: nothing would keep a job from the files of its siblings and of the service.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
};

use frames::JobLimits;
use nix::{sys::prctl, unistd::getppid};

use super::{Place, enclosed::own_memory_limit};
use crate::{
    caps,
    confine::{
        Confinement, Files, Filters, Others, ProcessLimits, Reach, Sockets, landlock_version, scope_signals,
    },
    family::Family,
    init::Bare,
    level::Level,
    processes,
    root::devices,
    zygote::stage::Stage,
};

pub(super) fn close(stage: &Stage, number: usize, limits: &JobLimits) -> io::Result<Place> {
    let landlock = landlock_version(stage.ceiling).map_err(|error| {
        io::Error::new(error.kind(), format!("neither namespaces nor Landlock can be had: {error}"))
    })?;
    // Orphans come to the init, as they would in a PID namespace of its own.
    prctl::set_child_subreaper(true)?;
    let user = (!stage.users.is_empty()).then(|| stage.users[number % stage.users.len()]);
    let folder = make_folder(stage, number, user)?;
    let running = if user.is_none() { processes::of_this_user()? } else { 0 };
    let family = Family::open(Path::new("/proc"))?;
    let memory_bytes = own_memory_limit(&family, limits);
    if user.is_some() {
        // The init goes on as root, with the rights to measure and end processes and remove files of the job's user, so that none
        // of these processes can do anything to it.
        caps::drop_bounding_set()?;
    } else {
        caps::clear()?;
    }
    prctl::set_no_new_privs()?;
    prctl::set_dumpable(false)?;
    let is_scoped = landlock.can_scope();
    if is_scoped {
        scope_signals()?;
    }
    let (others, files) = match user {
        Some(_) => (Others::All, Files::OfOtherUsers),
        None if is_scoped => (Others::OnlySignals, Files::OfTheSameUser),
        None => (Others::Itself, Files::OfTheSameUser),
    };
    Ok(Place {
        work: folder.join("work"),
        temporary: folder.join("tmp"),
        family,
        confinement: Confinement {
            user,
            limits: ProcessLimits {
                cpu_s: Some(limits.cpu_s),
                memory_bytes,
                file_bytes: limits.file_bytes,
                // Counted for the user on the whole machine. Without one of its own a job gets what is in use now and
                // its share; siblings that come later eat into it, but the kernel's limit holds.
                processes: stage.counted.then_some(running + limits.processes + 2),
            },
            reach: Reach {
                read: stage.readable.clone(),
                write: ["work", "tmp"].map(|part| folder.join(part)).into_iter().chain(devices()).collect(),
                tcp: false,
                ceiling: stage.ceiling,
            },
            filters: Filters { sockets: Sockets::Pairs, others, files },
        },
        level: Level { own_user: user.is_some(), process_limit: stage.counted, ..Level::default() },
        group: None,
        bare: Some(Bare { folder, zygote: getppid(), is_scoped }),
    })
}

/// The folder of the job's files, its owner's alone.
fn make_folder(stage: &Stage, number: usize, user: Option<u32>) -> io::Result<PathBuf> {
    let scratch = stage.scratch.as_ref().ok_or_else(|| io::Error::other("no scratch folder was given"))?;
    let folder = scratch.join(format!("job-{number}"));
    for path in [folder.clone(), folder.join("work"), folder.join("tmp")] {
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        if let Some(user) = user {
            chown(&path, Some(user), Some(user))?;
        }
    }
    Ok(folder)
}
