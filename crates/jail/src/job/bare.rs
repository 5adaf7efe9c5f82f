//! A job's jail where namespaces are refused: Landlock, seccomp, limits, and a user of its own if the zygote is root.
//!
//! Without Landlock there is no such jail: nothing would keep a job from the files of its siblings and of the service.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
};

use frames::JobLimits;
use nix::{
    sys::prctl,
    unistd::{getppid, getuid},
};

use super::{Place, enclosed::own_memory_limit};
use crate::{
    caps,
    confine::{Confinement, Files, Filters, Others, ProcessLimits, Reach, Sockets, landlock_version},
    family::Family,
    init::Bare,
    level::Level,
    root::devices,
    zygote::stage::Stage,
};

pub(super) fn close(stage: &Stage, number: usize, limits: &JobLimits) -> io::Result<Place> {
    let landlock = landlock_version().map_err(|error| {
        io::Error::new(error.kind(), format!("neither namespaces nor Landlock can be had: {error}"))
    })?;
    // Orphans come to the init, as they would in a PID namespace of its own.
    prctl::set_child_subreaper(true)?;
    let user = (!stage.users.is_empty()).then(|| stage.users[number % stage.users.len()]);
    let folder = make_folder(stage, number, user)?;
    let running = if user.is_none() { processes_of_this_user()? } else { 0 };
    let family = Family::open(Path::new("/proc"))?;
    let memory_bytes = own_memory_limit(limits);
    if user.is_some() {
        // The init goes on as root, with the rights to measure and end processes and remove files of the job's user, so that none
        // of these processes can do anything to it.
        caps::drop_bounding_set()?;
    } else {
        caps::clear()?;
    }
    prctl::set_no_new_privs()?;
    prctl::set_dumpable(false)?;
    let (others, files) = match user {
        Some(_) => (Others::All, Files::OfOtherUsers),
        None if landlock.can_scope() => (Others::OnlySignals, Files::OfTheSameUser),
        None => (Others::None, Files::OfTheSameUser),
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
                processes: Some(running + limits.processes + 2),
            },
            reach: Reach {
                read: stage.readable.clone(),
                write: ["work", "tmp"].map(|part| folder.join(part)).into_iter().chain(devices()).collect(),
                tcp: false,
            },
            filters: Filters::compile(Sockets::Pairs, others, files)?,
        },
        level: Level { own_user: user.is_some(), process_limit: true, ..Level::default() },
        group: None,
        bare: Some(Bare { folder, zygote: getppid() }),
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

/// Processes and threads of this user on the machine, as far as they can be seen.
pub(crate) fn processes_of_this_user() -> io::Result<u64> {
    let own = format!("Uid:\t{}\t", getuid());
    let mut count = 0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let is_process = entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok());
        let Some(status) = is_process.then(|| fs::read(entry.path().join("status")).ok()).flatten() else {
            continue;
        };
        let status = String::from_utf8_lossy(&status);
        if status.contains(&own) {
            let threads =
                status.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse::<u64>().ok());
            count += threads.unwrap_or(1);
        }
    }
    Ok(count)
}
