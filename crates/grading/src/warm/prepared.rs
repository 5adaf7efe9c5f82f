//! Autograders that are read: each once a revision and environment.

use std::{
    io,
    num::NonZeroUsize,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use frames::{Bundling, Role, ToNotebook};
use judge::Bundle;
use lru::LruCache;

use super::{
    limits::WarmLimits,
    notebook::{How, JobError, Notebook},
    sockets::Leash,
    zygote::{Zygote, ZygoteError},
};

/// How many autograders are kept read.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

/// An autograder, ready to judge.
pub(super) struct Prepared {
    /// Its tests and settings. They stay on this side of the jail.
    pub(super) bundle: Bundle,
    /// What lies beside the notebook when it runs: the autograder's support files.
    pub(super) files: OwnedFd,
}

/// Why an autograder could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// It is the autograder's own fault.
    #[error("{0}")]
    Broken(String),
    #[error("its files cannot be packed: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Zygote(#[from] ZygoteError),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error("what was read makes no sense: {0}")]
    Nonsense(#[from] serde_json::Error),
}

/// The autograders read most recently.
pub(super) struct Autograders {
    read: Mutex<LruCache<Key, Arc<Place>>>,
}

/// Where one autograder goes when it is read; locked meanwhile, so that submissions that come together read it once.
type Place = Mutex<Option<Arc<Prepared>>>;

/// What decides how an autograder is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) revision: String,
    pub(super) environment: String,
}

impl Autograders {
    pub(super) fn new() -> Self {
        Self { read: Mutex::new(LruCache::new(KEPT)) }
    }

    /// The autograder in the folder; reads it in the zygote's jail if that has not been done. Blocks.
    pub(super) fn get(
        &self,
        key: &Key,
        folder: &Path,
        zygote: &Zygote,
        limits: &WarmLimits,
    ) -> Result<Arc<Prepared>, ReadError> {
        let place = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(read.get_or_insert(key.clone(), Arc::default))
        };
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = &*place {
            return Ok(Arc::clone(prepared));
        }
        let bundle = read(folder, zygote, limits)?;
        let prepared = Arc::new(Prepared { bundle, files: jail::files::pack(&support_files(folder)?)? });
        *place = Some(Arc::clone(&prepared));
        Ok(prepared)
    }
}

/// The support files' folder: an empty one if the autograder has none.
fn support_files(folder: &Path) -> io::Result<PathBuf> {
    let files = folder.join("files");
    std::fs::create_dir_all(&files)?;
    Ok(files)
}

/// Has the environment's own otter-grader read the test files, in a jail: they are programs.
fn read(folder: &Path, zygote: &Zygote, limits: &WarmLimits) -> Result<Bundle, ReadError> {
    let job = zygote.job(Role::Bundle, limits.job(), &jail::files::pack(folder)?)?;
    let leash = Leash::of(&job.init)?;
    let closed = Notebook::new(&job, limits, &[])?.run(&ToNotebook::Bundle(Bundling {}), &mut |_| {})?;
    drop(leash);
    job.end();
    match closed.how {
        How::Done { result, .. } => Ok(serde_json::from_str(&result)?),
        How::Failed(why) => Err(ReadError::Broken(why)),
        How::Limit => Err(ReadError::Broken("reading its tests met a limit".into())),
        How::Crashed => Err(ReadError::Broken("reading its tests ended the Python process".into())),
    }
}
