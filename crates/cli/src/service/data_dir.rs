//! The folder that holds what survives.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use model::{ReceiptKey, ambient::Entropy};
use secrecy::SecretString;

use super::{lock, scratch::Scratch};

/// The data folder.
pub(crate) struct DataDir {
    path: PathBuf,
    /// Held by the one service that has the folder for itself.
    _lock: Option<File>,
}

impl DataDir {
    /// Makes the folder if it is missing, and takes it for this process alone: one service at a time uses it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let Self { path, .. } = Self::share(path)?;
        let lock = lock::take(&path.join("lock")).with_context(|| unusable(&path))?;
        if lock.is_none() {
            bail!("the data folder {} is in use by another otter-service", path.display());
        }
        Ok(Self { path, _lock: lock })
    }

    /// Makes the folder if it is missing. A service and any number of workers may share what is not theirs alone.
    pub(crate) fn share(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        // Others may pass through, to the Python environments below, but not look around.
        if !path.exists() {
            DirBuilder::new().recursive(true).create(&path).with_context(|| unusable(&path))?;
            fs::set_permissions(&path, Permissions::from_mode(0o711)).with_context(|| unusable(&path))?;
        }
        Ok(Self { path, _lock: None })
    }

    pub(crate) fn environments(&self) -> PathBuf {
        self.path.join("environments")
    }

    pub(crate) fn materials_cache(&self) -> PathBuf {
        self.path.join("materials")
    }

    /// The service's folders for what is only needed while it grades, emptied of what a killed one left.
    pub(crate) fn scratch(&self) -> anyhow::Result<Scratch> {
        Scratch::of_service(&self.path)
    }

    /// Such folders for one of several workers.
    pub(crate) fn scratch_of_worker(&self, name: &str) -> anyhow::Result<Scratch> {
        Scratch::of_worker(&self.path.join("workers"), name)
    }

    /// The key that signs receipts; made at the first start. Its public half lies beside it.
    pub(crate) fn receipt_key(&self, entropy: &dyn Entropy) -> anyhow::Result<ReceiptKey> {
        let path = self.path.join("receipt-key.pem");
        let pem = kept_secret(&path, || ReceiptKey::generate(entropy).to_pem())?;
        let key = ReceiptKey::from_pem(&pem).with_context(|| path.display().to_string())?;
        fs::write(self.path.join("receipt-key.pub.pem"), key.verifier().to_pem())?;
        Ok(key)
    }

    /// With which sessions are sealed; made at the first start. Without it everybody signs in again.
    pub(crate) fn session_secret(&self, entropy: &dyn Entropy) -> anyhow::Result<SecretString> {
        kept_secret(&self.session_secret_file(), || random_text(entropy)).map(SecretString::from)
    }

    pub(crate) fn session_secret_file(&self) -> PathBuf {
        self.path.join("session-secret")
    }
}

/// What a file keeps, which is made if there is none.
fn kept_secret(path: &Path, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = make();
            write_secret(path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(text)
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// Random bytes, as text.
fn random_text(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unusable(path: &Path) -> String {
    format!("the data folder {} cannot be used", path.display())
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
        DataDir::share(&path).expect("a worker may");
        let mode = fs::metadata(path.join("receipt-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        drop(data);
        let again = DataDir::open(&path).unwrap();
        assert_eq!(again.receipt_key(&SystemEntropy).unwrap().verifier().id(), id);
    }
}
