//! One command of a build.

use std::{collections::VecDeque, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
    sync::mpsc,
};

use super::build::BuildError;

/// A command, and whether the build fails with it.
#[derive(Debug)]
pub(super) struct Step {
    command: Command,
    may_fail: bool,
}

/// How many lines of a failed command are told.
const TOLD: usize = 15;

/// Variables that a build may see. The rest of the service's environment may hold secrets, and packages that are built
/// from source run code of their own.
const KEPT: [&str; 13] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "XDG_CACHE_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "CC",
];

fn is_kept(name: &str) -> bool {
    KEPT.contains(&name.to_ascii_uppercase().as_str()) || name.starts_with("PIP_") || name.starts_with("UV_")
}

impl Step {
    /// One that must succeed.
    pub(super) fn must(command: Command) -> Self {
        Self { command, may_fail: false }
    }

    /// One whose failure is no matter.
    pub(super) fn may(command: Command) -> Self {
        Self { command, may_fail: true }
    }

    /// Runs it to its end; `on_line` is told what it says. Dropping the future kills it.
    pub(super) async fn run(mut self, on_line: &mut (dyn FnMut(&str) + Send)) -> Result<(), BuildError> {
        let step = format!("{:?}", self.command.as_std());
        let failed = |said: String| BuildError::Step { step: step.clone(), said };
        for (name, _) in std::env::vars_os() {
            if !is_kept(&name.to_string_lossy()) {
                self.command.env_remove(name);
            }
        }
        let command = &mut self.command;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let (mut stdout, mut stderr) = (lines(child.stdout.take()), lines(child.stderr.take()));
        let mut tail = VecDeque::new();
        loop {
            let line = tokio::select! {
                Some(line) = stdout.recv() => line,
                Some(line) = stderr.recv() => line,
                else => break,
            };
            on_line(&line);
            tail.push_back(line);
            if tail.len() > TOLD {
                tail.pop_front();
            }
        }
        let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
        if status.success() || self.may_fail {
            Ok(())
        } else {
            Err(failed(tail.into_iter().collect::<Vec<_>>().join("\n")))
        }
    }
}

/// The lines of a stream, read by a task of their own.
fn lines(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel(64);
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

    #[tokio::test]
    async fn a_failing_step_is_explained() {
        let mut said = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 1"]);
        let failed = Step::must(command).run(&mut |line| said.push(line.to_owned())).await;
        let error = failed.unwrap_err().to_string();
        said.sort();
        assert_eq!(said, ["one", "two"]);
        assert!(error.contains("exit 1") && error.contains("two"), "{error}");
    }

    #[test]
    fn secrets_are_not_for_builds() {
        for name in ["PATH", "https_proxy", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"] {
            assert!(is_kept(name), "{name}");
        }
        for name in ["JUPYTERHUB_API_TOKEN", "LTI_CONSUMER_SECRET", "PYTHONDONTWRITEBYTECODE", "LD_PRELOAD"] {
            assert!(!is_kept(name), "{name}");
        }
    }
}
