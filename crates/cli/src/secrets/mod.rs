//! Secrets: where they are looked for, and how they are kept from being seen.
//!
//! In this order: a variable, the file that a `*_FILE` variable names, systemd's credentials, a folder with a file for
//! each (Kubernetes mounts secrets so), and a file encrypted by sops. docs/how-to/keep-secrets.md tells operators.

mod file;
mod name;
mod sops;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use self::sops::{Decrypted, Sops, SopsError};

pub(crate) use self::name::SecretName;

/// A secret's text. Its `Debug` shows nothing, and its memory is overwritten when it is dropped.
pub(crate) type Secret = SecretString;

/// Where to look, as the configuration says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// A folder with a file for each secret.
    pub(crate) dir: Option<PathBuf>,
    /// A file encrypted by sops.
    pub(crate) sops_file: Option<PathBuf>,
    /// The program that decrypts it.
    pub(crate) sops: PathBuf,
}

/// All secrets that this process can have. They are read when they are asked for.
pub(crate) struct Secrets {
    /// Those of the process's variables that hold a secret or say where one is.
    variables: BTreeMap<String, String>,
    dir: Option<PathBuf>,
    sops: Option<Sops>,
    /// sops is asked once: a key service may be slow, and bill for it.
    decrypted: OnceLock<Result<Decrypted, SopsError>>,
}

/// Why a secret cannot be had, although somebody says where it is.
#[derive(Debug, Clone, Error)]
pub(crate) enum SecretError {
    /// A file cannot be read, or holds no secret.
    #[error("the secret {name} cannot be read from {}: {problem}", path.display())]
    File { name: &'static str, path: PathBuf, problem: String },
    /// sops could not decrypt its file.
    #[error(transparent)]
    Sops(#[from] SopsError),
}

/// A secret, and where it was.
struct Found {
    secret: Secret,
    whence: String,
}

impl Secrets {
    pub(crate) fn new(variables: &BTreeMap<String, String>, places: Places) -> Self {
        let sops = places.sops_file.map(|file| Sops::new(places.sops, file, variables));
        let wanted = |name: &str| {
            name == CREDENTIALS
                || SecretName::ALL.iter().flat_map(|known| variables_of(*known)).any(|own| own == name)
                || SecretName::ALL.iter().any(|known| known.path_variable() == Some(name))
        };
        let kept = variables.iter().filter(|(name, text)| wanted(name) && !text.is_empty());
        Self {
            variables: kept.map(|(name, text)| (name.clone(), text.clone())).collect(),
            dir: places.dir,
            sops,
            decrypted: OnceLock::new(),
        }
    }

    /// A secret; `None` if nobody says where it is.
    pub(crate) fn get(&self, name: SecretName) -> Result<Option<Secret>, SecretError> {
        Ok(self.find(name)?.map(|found| found.secret))
    }

    /// A secret that is one course's alone: the sops file's `COURSE -> NAME`.
    pub(crate) fn only_of_course(
        &self,
        course: &str,
        name: SecretName,
    ) -> Result<Option<Secret>, SecretError> {
        let Some(sops) = &self.sops else { return Ok(None) };
        Ok(self.decrypted(sops)?.of_course(course, name.as_str()))
    }

    /// Where a secret was found, for people.
    pub(crate) fn whence(&self, name: SecretName) -> Result<Option<String>, SecretError> {
        Ok(self.find(name)?.map(|found| found.whence))
    }

    /// Files of secrets that others on this machine may read.
    pub(crate) fn readable_by_others(&self) -> Vec<PathBuf> {
        let files = SecretName::ALL.iter().filter_map(|name| self.file_of(*name));
        let keys = self.sops.as_ref().and_then(Sops::key_file);
        files.chain(keys).filter(|path| file::others_may_read(path)).collect()
    }

    fn find(&self, name: SecretName) -> Result<Option<Found>, SecretError> {
        let [exact, upper, ..] = variables_of(name);
        for variable in [exact, upper] {
            if let Some(text) = self.variables.get(&variable) {
                let whence = format!("the variable {variable}");
                return Ok(Some(Found { secret: mended(text.clone()), whence }));
            }
        }
        if let Some(path) = self.file_of(name) {
            let text = file::read(&path).map_err(|problem| SecretError::File {
                name: name.as_str(),
                path: path.clone(),
                problem,
            })?;
            return Ok(Some(Found { secret: mended(text), whence: path.display().to_string() }));
        }
        let Some(sops) = &self.sops else { return Ok(None) };
        let secret = self.decrypted(sops)?.get(name.as_str());
        let whence = || format!("{}, decrypted by sops", sops.file().display());
        Ok(secret.map(|secret| Found { secret: mended(secret.expose_secret().to_owned()), whence: whence() }))
    }

    /// The file that holds it: one that is named must be there, in folders it may be.
    fn file_of(&self, name: SecretName) -> Option<PathBuf> {
        let [_, _, exact, upper] = variables_of(name);
        let named = [Some(exact.as_str()), Some(upper.as_str()), name.path_variable()];
        let named =
            named.into_iter().flatten().find_map(|variable| self.variables.get(variable)).map(PathBuf::from);
        let in_folder = |folder: &Path| Some(folder.join(name.as_str())).filter(|path| path.exists());
        named
            .or_else(|| in_folder(Path::new(self.variables.get(CREDENTIALS)?)))
            .or_else(|| in_folder(self.dir.as_deref()?))
    }

    fn decrypted(&self, sops: &Sops) -> Result<&Decrypted, SopsError> {
        self.decrypted.get_or_init(|| sops.decrypt()).as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<_> = self.variables.keys().collect();
        f.debug_struct("Secrets")
            .field("variables", &variables)
            .field("dir", &self.dir)
            .field("sops_file", &self.sops.as_ref().map(Sops::file))
            .finish_non_exhaustive()
    }
}

/// Where systemd puts credentials (`LoadCredential=`).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The name as the Python service has it, and as variables mostly are; for the secret, and for the path of its file.
fn variables_of(name: SecretName) -> [String; 4] {
    let (exact, upper) = (name.as_str().to_owned(), name.as_str().to_ascii_uppercase());
    [exact.clone(), upper.clone(), format!("{exact}_FILE"), format!("{upper}_FILE")]
}

/// Variables and Docker's env files cannot hold lines, so that keys often come with `\n` written out.
fn mended(text: String) -> Secret {
    let is_one_line = text.starts_with("-----BEGIN") && !text.trim_end().contains('\n');
    if is_one_line { text.replace("\\n", "\n").into() } else { text.into() }
}
