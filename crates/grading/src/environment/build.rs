//! Environments built from requirements: each once, named by what it is made of.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

/// Builds environments into a folder of their own.
#[derive(Debug, Clone)]
pub struct Builder {
    /// Where the environments are: one folder each, named by the hash of its requirements and its Python.
    pub root: PathBuf,
    /// The Python to build with, for instance `python3`.
    pub base_python: PathBuf,
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
    #[error("building the Python environment failed at `{step}`:\n{said}")]
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

/// The file in an environment's folder that says it is complete; written last.
const COMPLETE: &str = ".complete";

impl Builder {
    /// The interpreter of an environment with these requirements (the text of a `requirements.txt`), built if it is
    /// not there yet. `on_line` is told what goes on.
    ///
    /// A build that was interrupted is begun anew, and two processes do not build the same at a time.
    pub async fn build(
        &self,
        requirements: &str,
        on_line: &mut (dyn FnMut(&str) + Send),
    ) -> Result<PathBuf, BuildError> {
        let version = self.base_version().await?;
        let name = name(requirements, &version);
        let place = self.root.join(&name);
        let in_folder = |error| BuildError::Folder { path: place.clone(), error };
        fs::create_dir_all(&self.root).map_err(in_folder)?;
        let lock = File::create(self.root.join(format!("{name}.lock"))).map_err(in_folder)?;
        if lock.try_lock().is_err() {
            on_line("another process is building this environment; waiting for it");
            let waiting = lock.try_clone().map_err(in_folder)?;
            let waited = tokio::task::spawn_blocking(move || waiting.lock()).await;
            waited.map_err(io::Error::other).flatten().map_err(in_folder)?;
        }
        let python = place.join("bin/python");
        if place.join(COMPLETE).exists() {
            return Ok(python);
        }
        if place.exists() {
            fs::remove_dir_all(&place).map_err(in_folder)?;
        }
        on_line(&format!("building the Python environment {} ({version})", place.display()));
        let list = self.root.join(format!("{name}.txt"));
        fs::write(&list, requirements).map_err(in_folder)?;
        for mut command in self.steps(&place, &python, &list) {
            run(&mut command, on_line).await?;
        }
        fs::write(place.join(COMPLETE), requirements).map_err(in_folder)?;
        Ok(python)
    }

    /// `uv` when there is one, else `venv` and pip. Files are copied, never shared with a cache, and byte code is
    /// compiled at once.
    fn steps(&self, place: &Path, python: &Path, list: &Path) -> Vec<Command> {
        let command = |program: &Path, args: &[&str], paths: &[&Path]| {
            let mut command = Command::new(program);
            command.args(args).args(paths);
            command
        };
        if has_uv() {
            let uv = Path::new("uv");
            let mut venv = command(uv, &["venv", "--no-project", "--python"], &[&self.base_python, place]);
            venv.env("UV_PYTHON_DOWNLOADS", "never");
            let mut install = command(
                uv,
                &["pip", "install", "--link-mode=copy", "--compile-bytecode", "--python"],
                &[python],
            );
            install.arg("-r").arg(list);
            vec![venv, install]
        } else {
            let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off", "-r"];
            vec![command(&self.base_python, &["-m", "venv"], &[place]), command(python, &pip, &[list])]
        }
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
fn name(requirements: &str, base: &str) -> String {
    let mut lines: Vec<_> =
        requirements.lines().map(|line| line.split(" #").next().unwrap_or_default().trim()).collect();
    lines.retain(|line| !line.is_empty() && !line.starts_with('#'));
    lines.sort_unstable();
    let digest = Sha256::digest([&[base], lines.as_slice()].concat().join("\n"));
    digest[..8].iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"))
}

async fn run(command: &mut Command, on_line: &mut (dyn FnMut(&str) + Send)) -> Result<(), BuildError> {
    let step = format!("{:?}", command.as_std());
    let failed = |said: String| BuildError::Step { step: step.clone(), said };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (stdout, stderr) = (lines(child.stdout.take()), lines(child.stderr.take()));
    let (mut stdout, mut stderr) = (stdout, stderr);
    let mut tail = std::collections::VecDeque::new();
    loop {
        let line = tokio::select! {
            Some(line) = stdout.recv() => line,
            Some(line) = stderr.recv() => line,
            else => break,
        };
        on_line(&line);
        tail.push_back(line);
        if tail.len() > 15 {
            tail.pop_front();
        }
    }
    let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(tail.into_iter().collect::<Vec<_>>().join("\n"))) }
}

/// The lines of a stream, read by a task of their own.
fn lines(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> tokio::sync::mpsc::Receiver<String> {
    let (send, receive) = tokio::sync::mpsc::channel(64);
    if let Some(stream) = stream {
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if send.send(line).await.is_err() {
                    break;
                }
            }
        });
    }
    receive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_named_by_what_it_is_made_of() {
        let base = "CPython 3.11.7 /usr";
        let named = name("numpy==2.4.6\npandas==3.1.1\n", base);
        assert_eq!(named.len(), 16);
        assert_eq!(name("# ours\npandas==3.1.1 # tables\n\nnumpy==2.4.6", base), named);
        assert_ne!(name("numpy==2.4.6", base), named);
        assert_ne!(name("numpy==2.4.6\npandas==3.1.1\n", "CPython 3.12.0 /usr"), named);
    }

    #[tokio::test]
    async fn a_missing_python_and_a_failing_step_are_explained() {
        let dir = tempfile::tempdir().unwrap();
        let builder =
            Builder { root: dir.path().join("environments"), base_python: "/no/such/python".into() };
        let error = builder.build("", &mut |_| {}).await.unwrap_err().to_string();
        assert!(error.contains("/no/such/python") && error.contains("environment.base_python"), "{error}");

        let mut said = Vec::new();
        let mut step = Command::new("sh");
        step.args(["-c", "echo one; echo two >&2; exit 1"]);
        let error = run(&mut step, &mut |line| said.push(line.to_owned())).await.unwrap_err().to_string();
        said.sort();
        assert_eq!(said, ["one", "two"]);
        assert!(error.contains("exit 1") && error.contains("two"), "{error}");
    }
}
