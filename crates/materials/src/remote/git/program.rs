//! Runs the `git` program so that nothing but our arguments tells it what to do.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

use crate::remote::RemoteError;

/// The most that git may say in answer to a question.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;
/// The most of git's complaints that is kept.
const MAX_COMPLAINT_BYTES: u64 = 16 * 1024;

/// The `git` program with its settings.
#[derive(Clone)]
pub(super) struct Program {
    path: PathBuf,
    env: Vec<(String, String)>,
    settings: Vec<(String, String)>,
}

/// What a run ended with.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None` if a signal ended it.
    pub(super) code: Option<i32>,
    /// What it wrote to its output, if that was asked for.
    pub(super) answer: Vec<u8>,
    /// What it complained about.
    pub(super) complaint: String,
}

impl Program {
    /// The program at `path` with a fixed environment and these settings, besides those that keep it from running anything else
    /// (attack 58) and from asking anybody.
    pub(super) fn new(path: PathBuf, scheme: &str, settings: Vec<(String, String)>, ssh: String) -> Self {
        let fixed = [
            ("protocol.allow", "never"),
            ("protocol.ext.allow", "never"),
            (&format!("protocol.{scheme}.allow"), "always"),
            ("core.hooksPath", "/dev/null"),
            ("core.attributesFile", "/dev/null"),
            ("core.fsmonitor", "false"),
            ("core.symlinks", "false"),
            ("credential.helper", ""),
            ("submodule.recurse", "false"),
            ("fetch.recurseSubmodules", "false"),
            ("fetch.fsckObjects", "true"),
            ("transfer.fsckObjects", "true"),
            // One pack and no loose objects, so that a limit on the size of a file is one on all of it.
            ("fetch.unpackLimit", "1"),
            ("maintenance.auto", "false"),
            ("gc.auto", "0"),
            ("http.followRedirects", "false"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", "60"),
            ("advice.detachedHead", "false"),
        ];
        let mut all: Vec<_> = fixed.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        all.extend(settings);
        let mut env = vec![
            ("GIT_ALLOW_PROTOCOL".to_owned(), scheme.to_owned()),
            ("GIT_PROTOCOL_FROM_USER".into(), "0".into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
            ("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()),
            ("GIT_ATTR_NOSYSTEM".into(), "1".into()),
            ("GIT_TERMINAL_PROMPT".into(), "0".into()),
            ("GIT_SSH_COMMAND".into(), ssh),
            ("GIT_SSH_VARIANT".into(), "ssh".into()),
            // It then says everything in the words that are looked for below.
            ("LC_ALL".into(), "C".into()),
            ("HOME".into(), "/nonexistent".into()),
        ];
        // Where the program, its certificates and an ssh agent are is the machine's business.
        for key in ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK", "TMPDIR"] {
            env.extend(std::env::var(key).ok().map(|value| (key.to_owned(), value)));
        }
        Self { path, env, settings: all }
    }

    /// The same settings for another program.
    pub(super) fn named(mut self, path: PathBuf) -> Self {
        self.path = path;
        self
    }

    /// The same with one more setting.
    pub(super) fn with(&self, key: &str, value: String) -> Self {
        let mut program = self.clone();
        program.settings.push((key.to_owned(), value));
        program
    }

    /// Runs git in `repository` (without one, outside of any) and waits for its end, at most `patience`. Gives what it
    /// answers, or writes that `into` a file; no file grows beyond `max_file_bytes`.
    pub(super) async fn run(
        &self,
        repository: Option<&Path>,
        arguments: &[&str],
        into: Option<File>,
        max_file_bytes: u64,
        patience: Duration,
    ) -> Result<Ended, RemoteError> {
        let mut running = Running(self.start(repository, arguments, into, max_file_bytes)?);
        match timeout(patience, running.end()).await {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(error)) => Err(self.cannot_run(&error)),
            Err(_) => Err(RemoteError::Away {
                problem: format!("git was not done within {} seconds.", patience.as_secs()),
            }),
        }
    }

    fn start(
        &self,
        repository: Option<&Path>,
        arguments: &[&str],
        into: Option<File>,
        max_file_bytes: u64,
    ) -> Result<Child, RemoteError> {
        // Only a shell can set a limit for a program that it becomes, without `unsafe` here. Blocks of 512 bytes.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", r#"ulimit -f "$0" && exec "$@""#, &max_file_bytes.div_ceil(512).to_string()]);
        command.arg(&self.path).args(arguments).env_clear();
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        // Given even if there is none, because otherwise git looks for one in the folders above.
        command.env("GIT_DIR", repository.unwrap_or(Path::new("/dev/null")));
        command.env("GIT_CONFIG_COUNT", self.settings.len().to_string());
        for (n, (key, value)) in self.settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{n}"), key).env(format!("GIT_CONFIG_VALUE_{n}"), value);
        }
        command
            .stdin(Stdio::null())
            .stdout(into.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped());
        command.current_dir("/").process_group(0);
        command.spawn().map_err(|error| self.cannot_run(&error))
    }

    fn cannot_run(&self, error: &io::Error) -> RemoteError {
        let program = self.path.display();
        RemoteError::Ours { problem: format!("The program {program} cannot be run: {error}. Install git.") }
    }
}

/// A git that runs; it and all that it started are killed when this goes before it has ended.
struct Running(Child);

impl Running {
    async fn end(&mut self) -> io::Result<Ended> {
        let answer = read(self.0.stdout.take(), MAX_ANSWER_BYTES);
        let complaint = read(self.0.stderr.take(), MAX_COMPLAINT_BYTES);
        let (answer, complaint) = tokio::try_join!(answer, complaint)?;
        let code = self.0.wait().await?.code();
        Ok(Ended { code, answer, complaint: plain(&complaint) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // There is an id until its end was waited for, and so long nobody else gets it.
        let id = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = id {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads to the end, and keeps the beginning.
async fn read(from: Option<impl AsyncRead + Unpin>, keep_bytes: u64) -> io::Result<Vec<u8>> {
    let Some(mut from) = from else { return Ok(Vec::new()) };
    let mut kept = Vec::new();
    (&mut from).take(keep_bytes).read_to_end(&mut kept).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(kept)
}

/// What git says may come from the other side: one line, nothing that a terminal obeys, and no more than is read.
fn plain(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh() -> Program {
        Program::new("/bin/sh".into(), "https", vec![("a.b".into(), "c d".into())], "ssh".into())
    }

    const PATIENCE: Duration = Duration::from_mins(1);

    async fn run(script: &str, max_file_bytes: u64) -> Ended {
        sh().run(None, &["-c", script], None, max_file_bytes, PATIENCE).await.unwrap()
    }

    #[tokio::test]
    async fn only_what_is_meant_is_in_its_environment() {
        let ended = run("env", 0).await;
        let text = String::from_utf8(ended.answer).unwrap();
        assert!(
            text.contains("GIT_ALLOW_PROTOCOL=https\n") && text.contains("=a.b\n") && text.contains("=c d\n")
        );
        let known = [
            "GIT_",
            "PATH=",
            "HOME=/nonexistent",
            "LC_ALL=C",
            "PWD=/",
            "SSL_CERT",
            "SSH_AUTH_SOCK=",
            "TMPDIR=",
            "OLDPWD=",
            "_=",
            "SHLVL=",
        ];
        for line in text.lines() {
            assert!(known.iter().any(|known| line.starts_with(known)), "{line}");
        }
    }

    #[tokio::test]
    async fn complaints_are_one_plain_line() {
        let ended = run(r"printf 'a\n\033[31mb\r\tc' >&2; exit 3", 0).await;
        assert_eq!((ended.code, ended.complaint.as_str()), (Some(3), "a [31mb c"));
    }

    #[tokio::test]
    async fn an_answer_without_end_is_read_to_its_end_and_not_kept() {
        let ended = run("yes | head -c 3000000", 0).await;
        assert_eq!((ended.code, ended.answer.len()), (Some(0), 1024 * 1024));
    }

    #[tokio::test]
    async fn what_takes_too_long_is_told() {
        let slow = sh().run(None, &["-c", "sleep 600"], None, 0, Duration::from_millis(20)).await;
        assert!(matches!(slow.unwrap_err(), RemoteError::Away { .. }));
    }

    #[tokio::test]
    async fn whoever_gives_up_kills_all_that_was_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid_file = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > {0}.new && mv {0}.new {0}; wait", pid_file.display());
        let program = sh();
        let arguments = ["-c", &script];
        let started = async {
            loop {
                if let Ok(pid) = std::fs::read_to_string(&pid_file) {
                    return pid.trim().to_owned();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let pid = tokio::select! {
            _ = program.run(None, &arguments, None, 1 << 20, PATIENCE) => panic!("it ended"),
            pid = started => pid,
        };
        // Orphans are reaped by init, or stay as zombies where there is none.
        let is_alive =
            || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        while is_alive() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn files_have_a_largest_size() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let ended = run(&format!("exec yes > {}", file.display()), 1 << 20).await;
        assert_ne!(ended.code, Some(0));
        assert_eq!(file.metadata().unwrap().len(), 1 << 20);
    }

    #[tokio::test]
    async fn output_goes_into_a_file() {
        let mut file = tempfile::tempfile().unwrap();
        let into = Some(file.try_clone().unwrap());
        let ended = sh().run(None, &["-c", "echo x"], into, 512, PATIENCE).await.unwrap();
        assert_eq!((ended.code, ended.answer.len()), (Some(0), 0));
        std::io::Seek::rewind(&mut file).unwrap();
        assert_eq!(std::io::read_to_string(file).unwrap(), "x\n");
    }
}
