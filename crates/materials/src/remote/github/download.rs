//! A commit's files: one archive, kept in a nameless file until it is whole, then unpacked.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{GitHub, refusal};
use crate::{
    UnzipLimits,
    remote::{
        Commit, Remote, RemoteError,
        tarball::{self, Expected, Packing, TarballError, Unpacked},
    },
};

/// What an archive may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadLimits {
    /// Bytes as they come from GitHub. Default 1 GiB.
    pub packed_bytes: u64,
    /// How long that may take. Default 15 minutes.
    pub time: Duration,
    /// What is in it.
    pub unpacked: UnzipLimits,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self { packed_bytes: 1 << 30, time: Duration::from_mins(15), unpacked: tarball::default_limits() }
    }
}

impl GitHub {
    pub(super) async fn download(&self, commit: &Commit, into: &Path) -> Result<(), RemoteError> {
        let headers = [("accept", "application/vnd.github+json")];
        let url = self.url(&["tarball", commit.as_str()]);
        let answer = self.get(url, &headers, self.limits.time).await?;
        if answer.status().as_u16() != 200 {
            return Err(refusal::of(answer, self.api.clock(), &self.advice()).await);
        }
        // It has no name, so it is not in the way of what is unpacked beside it, and nothing of it stays behind.
        let file = tempfile::tempfile_in(into).map_err(|problem| keeping(into, &problem))?;
        let mut file = tokio::fs::File::from_std(file);
        answer.save(&mut file, self.limits.packed_bytes).await.map_err(refusal::on_the_way)?;
        let file = file.into_std().await;
        let unpacked = self.unpack(file, commit, into).await?;
        if unpacked.links > 0 {
            tracing::info!(
                repository = self.name(), %commit, links = unpacked.links, first = %unpacked.some_links[0],
                "symbolic links of the repository were left out"
            );
        }
        Ok(())
    }

    async fn unpack(&self, file: File, commit: &Commit, into: &Path) -> Result<Unpacked, RemoteError> {
        let stop = StopOnDrop::default();
        let file = Stoppable { file, stop: Arc::clone(&stop.0) };
        let (expected, folder, limits) = (commit.clone(), into.to_owned(), self.limits.unpacked);
        let unpacked = tokio::task::spawn_blocking(move || {
            let expected = Expected { commit: &expected, in_a_folder: true };
            tarball::unpack(file, Packing::Gzip, expected, &folder, &limits)
        });
        match unpacked.await {
            Ok(unpacked) => unpacked.map_err(|error| unusable(commit, &error)),
            Err(panicked) => {
                Err(RemoteError::Ours { problem: format!("Unpacking was given up: {panicked}.") })
            }
        }
    }
}

fn keeping(into: &Path, problem: &io::Error) -> RemoteError {
    let into = into.display();
    RemoteError::Ours {
        problem: format!("No file can be made in {into}: {problem}. Check the disk's space and permissions."),
    }
}

fn unusable(commit: &Commit, error: &TarballError) -> RemoteError {
    let problem = format!("The files of commit {} cannot be used. {error}", commit.short());
    if error.is_ours() {
        RemoteError::Ours { problem }
    } else if error.is_damage() {
        RemoteError::Away { problem: format!("{problem} They are fetched again.") }
    } else {
        RemoteError::Content { problem }
    }
}

/// Whoever waits for the files may go away; what runs on a thread of its own must then come to an end too.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Stoppable {
    file: File,
    stop: Arc<AtomicBool>,
}

impl Read for Stoppable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        self.file.read(buffer)
    }
}

impl Seek for Stoppable {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
