//! Decrypting by the real `sops` program: it knows all kinds of keys, and their owners know it.

mod program;
mod redact;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use thiserror::Error;

use super::Secret;

/// A key service on the other side of the world answers within that, or not at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// The variables that sops and the key services' libraries read; nothing else of ours reaches it.
const VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "GNUPGHOME",
    "GPG_AGENT_INFO",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];
/// As above, by what they begin with. `GOOGLE_APPLICATION_CREDENTIALS` is the most usual one.
const VARIABLE_FAMILIES: &[&str] =
    &["SOPS_", "GOOGLE_", "GCE_METADATA_", "CLOUDSDK_", "AWS_", "AZURE_", "VAULT_"];

/// An encrypted file and what decrypts it.
#[derive(Debug)]
pub(super) struct Sops {
    program: PathBuf,
    file: PathBuf,
    variables: Variables,
}

/// The environment of sops, whose values are not shown.
struct Variables(BTreeMap<String, String>);

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why the file cannot be decrypted.
#[derive(Debug, Clone, Error)]
pub(crate) enum SopsError {
    #[error(
        "the secrets in {} cannot be decrypted: the program {} cannot be started: {problem}. Install sops (https://getsops.io), or say in secrets.sops where it is",
        file.display(), program.display()
    )]
    NoProgram { file: PathBuf, program: PathBuf, problem: String },
    #[error("the secrets in {} cannot be decrypted: sops ended with {status} and said: {said}", file.display())]
    Failed { file: PathBuf, status: String, said: String },
    #[error(
        "the secrets in {} cannot be decrypted: sops was not ready after {} s and was ended. Does it reach the service that has its key?",
        file.display(), PATIENCE.as_secs()
    )]
    TimedOut { file: PathBuf },
    #[error("the secrets in {} cannot be used: {problem}", file.display())]
    Content { file: PathBuf, problem: &'static str },
}

/// What the file holds: names and texts, at the top and one level below.
#[derive(Debug, Default)]
pub(super) struct Decrypted {
    top: BTreeMap<String, Secret>,
    courses: BTreeMap<String, BTreeMap<String, Secret>>,
}

impl Decrypted {
    pub(super) fn get(&self, name: &str) -> Option<Secret> {
        self.top.get(name).cloned()
    }

    pub(super) fn of_course(&self, course: &str, name: &str) -> Option<Secret> {
        self.courses.get(course)?.get(name).cloned()
    }
}

impl Sops {
    pub(super) fn new(program: PathBuf, file: PathBuf, variables: &BTreeMap<String, String>) -> Self {
        let passes = |name: &str| {
            VARIABLES.contains(&name) || VARIABLE_FAMILIES.iter().any(|family| name.starts_with(family))
        };
        let kept = variables.iter().filter(|(name, _)| passes(name));
        let variables = Variables(kept.map(|(name, text)| (name.clone(), text.clone())).collect());
        Self { program, file, variables }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The file with age keys that opens it.
    pub(super) fn key_file(&self) -> Option<PathBuf> {
        self.variables.0.get("SOPS_AGE_KEY_FILE").map(PathBuf::from)
    }

    /// Asks sops. What it answers stays in memory.
    pub(super) fn decrypt(&self) -> Result<Decrypted, SopsError> {
        // Whatever the file is, JSON is what comes: no second parser for what is secret.
        let args = ["--decrypt", "--output-type", "json"].map(Into::into);
        let args =
            args.into_iter().chain([std::ffi::OsString::from("--"), self.file.clone().into_os_string()]);
        let ended = program::run(&self.program, args, &self.variables.0, PATIENCE).map_err(|problem| {
            let (file, program) = (self.file.clone(), self.program.clone());
            SopsError::NoProgram { file, program, problem: problem.to_string() }
        })?;
        let Some(ended) = ended else { return Err(SopsError::TimedOut { file: self.file.clone() }) };
        if !ended.status.success() {
            let said = redact::without_secrets(&ended.stderr, &self.variables.0);
            return Err(SopsError::Failed {
                file: self.file.clone(),
                status: ended.status.to_string(),
                said,
            });
        }
        let content = |problem| SopsError::Content { file: self.file.clone(), problem };
        // serde_json's own words could quote a secret.
        let value = serde_json::from_slice(&ended.stdout)
            .map_err(|_| content("what sops decrypted is not JSON, or larger than 1 MiB"))?;
        let Value::Object(members) = value else {
            return Err(content("it must be a mapping of names to texts"));
        };
        let mut decrypted = Decrypted::default();
        for (name, value) in members {
            if let Value::Object(members) = value {
                let own = members.into_iter().filter_map(|(name, value)| Some((name, text(value)?)));
                decrypted.courses.insert(name, own.collect());
            } else if let Some(secret) = text(value) {
                decrypted.top.insert(name, secret);
            }
        }
        Ok(decrypted)
    }
}

/// Numbers are taken as they are written: ids are often not quoted. What is empty is not there.
fn text(value: Value) -> Option<Secret> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}
