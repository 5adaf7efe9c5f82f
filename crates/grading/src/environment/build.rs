//! Environments built from requirements: each once, named by what it is made of.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::process::Command;

use super::{
    advice::advice,
    requirements::lines,
    seal::seal,
    shelf::{About, Shelf},
    step::Step,
};

/// Builds environments into a folder of their own.
#[derive(Debug, Clone)]
pub(super) struct Builder {
    /// Where they are: one folder each, named by the hash of its requirements and its Python.
    pub(super) shelf: Shelf,
    /// The Python to build with, for instance `python3`.
    pub(super) base_python: PathBuf,
    /// Whether packages may run code of their own while they are installed, as those that come as source do.
    pub(super) may_run_code: bool,
}

/// A finished environment.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) id: String,
    pub(super) python: PathBuf,
    /// Held as long as it is in use.
    pub(super) in_use: File,
}

/// Why an environment could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no Python to build with.
    #[error("no usable Python was found as `{}`: {why}; install Python 3.10 or newer, or name one in the configuration (`environment.base_python`)", python.display())]
    NoPython {
        /// As it was given.
        python: PathBuf,
        /// What happened.
        why: String,
    },
    /// A step failed.
    #[error("building the Python environment failed at `{step}`:\n{said}\n{}", advice(said))]
    Step {
        /// The command.
        step: String,
        /// The end of what it said.
        said: String,
    },
    /// The folder could not be used.
    #[error("the folder of Python environments {path} cannot be used: {error}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What happened.
        error: io::Error,
    },
}

impl Builder {
    /// The environment with these requirements (the text of a `requirements.txt`), built if it is not there yet.
    /// `on_line` is told what goes on.
    ///
    /// A build that was interrupted is begun anew, and two processes do not build the same at a time.
    pub(super) async fn build(
        &self,
        requirements: &str,
        on_line: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Built, BuildError> {
        let base = self.base_version().await?;
        let id = id(requirements, &base);
        let place = self.shelf.place(&id);
        let in_folder = |error| BuildError::Folder { path: place.clone(), error };
        let built = |in_use| Built { id: id.clone(), python: place.join("bin/python"), in_use };
        loop {
            if let Some(in_use) = self.shelf.take(&id).map_err(in_folder)? {
                return Ok(built(in_use));
            }
            let lock = self.shelf.lock(&id).map_err(in_folder)?;
            if lock.try_lock().is_err() {
                on_line("another process is building this environment; waiting for it");
                let waiting = lock.try_clone().map_err(in_folder)?;
                let waited = tokio::task::spawn_blocking(move || waiting.lock()).await;
                waited.map_err(io::Error::other).flatten().map_err(in_folder)?;
            }
            if !self.shelf.is_complete(&id) {
                on_line(&format!("building the Python environment {} ({base})", place.display()));
                self.build_at(&id, requirements, &base, on_line).await?;
            }
            // Taken again as one who uses it: between the two locks another process may have removed it.
            drop(lock);
        }
    }

    /// Whether there is nothing left to build.
    pub(super) async fn is_built(&self, requirements: &str) -> bool {
        self.base_version().await.is_ok_and(|base| self.shelf.is_complete(&id(requirements, &base)))
    }

    async fn build_at(
        &self,
        id: &str,
        requirements: &str,
        base: &str,
        on_line: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), BuildError> {
        let place = self.shelf.place(id);
        let in_folder = |error| BuildError::Folder { path: place.clone(), error };
        if place.exists() {
            crate::remove_tree(&place).map_err(in_folder)?;
        }
        let list = self.shelf.beside(id, "txt");
        fs::write(&list, requirements).map_err(in_folder)?;
        for step in self.steps(&place, &list) {
            step.run(on_line).await?;
        }
        let sealed = {
            let place = place.clone();
            tokio::task::spawn_blocking(move || seal(&place)).await.map_err(io::Error::other)
        };
        let bytes = sealed.flatten().map_err(in_folder)?;
        let about = About { requirements: lines(requirements), base: base.to_owned(), bytes };
        self.shelf.complete(id, &about).map_err(in_folder)
    }

    /// `uv` when there is one, else `venv` and pip. Files are copied, never shared with a cache, and byte code is
    /// compiled at once: nobody may write it later.
    fn steps(&self, place: &Path, list: &Path) -> Vec<Step> {
        let command = |program: &Path, args: &[&str], paths: &[&Path]| {
            let mut command = Command::new(program);
            command.args(args).args(paths);
            command
        };
        let python = &place.join("bin/python");
        let mut steps = if has_uv() {
            let uv = Path::new("uv");
            let mut venv = command(uv, &["venv", "--no-project", "--python"], &[&self.base_python, place]);
            venv.env("UV_PYTHON_DOWNLOADS", "never");
            vec![venv, command(uv, &["pip", "install", "--link-mode=copy", "--python"], &[python])]
        } else {
            let pip =
                ["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off", "--no-compile"];
            vec![command(&self.base_python, &["-m", "venv"], &[place]), command(python, &pip, &[])]
        };
        if let (false, Some(install)) = (self.may_run_code, steps.last_mut()) {
            install.args(["--only-binary", ":all:"]);
        }
        if let Some(install) = steps.last_mut() {
            install.arg("-r").arg(list);
        }
        // By the base's Python: the environment's own runs what packages ask to be run when it starts.
        let compile = ["-I", "-m", "compileall", "-q", "-j", "0"];
        let compile = command(&self.base_python, &compile, &[&place.join("lib")]);
        // Some packages come with templates that are not Python, for which it is said to have failed.
        steps.into_iter().map(Step::must).chain([Step::may(compile)]).collect()
    }

    async fn base_version(&self) -> Result<String, BuildError> {
        let no_python = |why: String| BuildError::NoPython { python: self.base_python.clone(), why };
        let code = "import sys, platform; print(platform.python_implementation(), platform.python_version(), sys.base_prefix)";
        let output = Command::new(&self.base_python).args(["-I", "-c", code]).output().await;
        let output = output.map_err(|error| no_python(error.to_string()))?;
        if !output.status.success() {
            return Err(no_python(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

fn has_uv() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join("uv").is_file())
}

/// The first 16 hexadecimal digits of a hash over all that an environment is made of. Comments, blank lines and the
/// order of lines make no difference.
fn id(requirements: &str, base: &str) -> String {
    let mut lines = lines(requirements);
    lines.sort_unstable();
    let digest = Sha256::digest([&[base.to_owned()], lines.as_slice()].concat().join("\n"));
    hex(&digest[..8])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_named_by_what_it_is_made_of() {
        let base = "CPython 3.11.7 /usr";
        let named = id("numpy==2.4.6\npandas==3.1.1\n", base);
        assert_eq!(named.len(), 16);
        assert_eq!(id("# ours\npandas==3.1.1 # tables\n\nnumpy==2.4.6", base), named);
        assert_ne!(id("numpy==2.4.6", base), named);
        assert_ne!(id("numpy==2.4.6\npandas==3.1.1\n", "CPython 3.12.0 /usr"), named);
    }

    #[tokio::test]
    async fn a_missing_python_is_explained() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(dir.path().join("environments"));
        let builder = Builder { shelf, base_python: "/no/such/python".into(), may_run_code: true };
        let error = builder.build("", &mut |_| {}).await.unwrap_err().to_string();
        assert!(error.contains("/no/such/python") && error.contains("environment.base_python"), "{error}");
    }

    #[test]
    fn for_an_autograder_only_wheels_are_installed() {
        let of = |may_run_code| {
            let shelf = Shelf::at("/environments".into());
            let builder = Builder { shelf, base_python: "python3".into(), may_run_code };
            format!("{:?}", builder.steps(Path::new("/e"), Path::new("/list")))
        };
        assert!(of(false).contains("--only-binary") && !of(true).contains("--only-binary"));
    }
}
