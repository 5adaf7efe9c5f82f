//! The folder that holds what survives.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use model::{ReceiptKey, ambient::Entropy};

/// The data folder, locked: one service at a time uses it.
pub(super) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder if it is missing, and takes the lock.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        let unusable = || format!("the data folder {} cannot be used", path.display());
        // Others may pass through, to the Python environments below, but not look around.
        if !path.exists() {
            DirBuilder::new().recursive(true).create(&path).with_context(unusable)?;
            fs::set_permissions(&path, Permissions::from_mode(0o711)).with_context(unusable)?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path.join("lock"))
            .with_context(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("the data folder {} is in use by another otter-service", path.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(unusable),
        }
        let data = Self { path, _lock: lock };
        data.empty_gradings()?;
        Ok(data)
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("otter-service.sqlite")
    }

    pub(super) fn environments(&self) -> PathBuf {
        self.path.join("environments")
    }

    pub(super) fn materials_cache(&self) -> PathBuf {
        self.path.join("materials")
    }

    /// Where submissions are graded.
    pub(super) fn gradings(&self) -> PathBuf {
        self.path.join("gradings")
    }

    /// Where the warm engine keeps its runner and, without namespaces, its jobs' files.
    pub(super) fn warm(&self) -> PathBuf {
        self.path.join("warm")
    }

    /// Removes what a killed service left. Not being able to is no reason not to start.
    fn empty_gradings(&self) -> anyhow::Result<()> {
        for folder in [self.gradings(), self.warm()] {
            let unusable = || format!("{} cannot be used", folder.display());
            if let Err(error) = grading::remove_tree(&folder)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %folder.display(), %error, "what an earlier run left could not be removed");
            }
            DirBuilder::new().recursive(true).create(&folder).with_context(unusable)?;
            fs::set_permissions(&folder, Permissions::from_mode(0o711)).with_context(unusable)?;
        }
        Ok(())
    }

    /// The key that signs receipts; made at the first start. Its public half lies beside it.
    pub(super) fn receipt_key(&self, entropy: &dyn Entropy) -> anyhow::Result<ReceiptKey> {
        let path = self.path.join("receipt-key.pem");
        let key = match fs::read_to_string(&path) {
            Ok(pem) => ReceiptKey::from_pem(&pem).with_context(|| path.display().to_string())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = ReceiptKey::generate(entropy);
                write_secret(&path, &key.to_pem())
                    .with_context(|| format!("{} cannot be written", path.display()))?;
                key
            }
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        fs::write(self.path.join("receipt-key.pub.pem"), key.verifier().to_pem())?;
        Ok(key)
    }
}

/// Written under another name first, so that a crash leaves no half a key.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use model::ambient::SystemEntropy;

    use super::*;

    #[test]
    fn the_folder_is_for_one_service_and_the_key_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let data = DataDir::open(&path).unwrap();
        let id = data.receipt_key(&SystemEntropy).unwrap().verifier().id();
        assert!(DataDir::open(&path).is_err(), "a second service may not use it");
        let mode = fs::metadata(path.join("receipt-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        fs::create_dir_all(data.gradings().join("grading-left-over/home")).unwrap();
        drop(data);
        let again = DataDir::open(&path).unwrap();
        assert_eq!(again.receipt_key(&SystemEntropy).unwrap().verifier().id(), id);
        assert_eq!(fs::read_dir(again.gradings()).unwrap().count(), 0);
    }
}
