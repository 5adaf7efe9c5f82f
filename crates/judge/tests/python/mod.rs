//! A Python interpreter that is asked questions, a JSON line each.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// A running program that answers each line with one.
pub(crate) struct Python {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Python {
    /// Starts a program under `tests/python`. Without `python3` the test is left out, loudly; on CI that is a failure.
    pub(crate) fn start(program: &str) -> Option<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(program);
        let mut command = Command::new("python3");
        command.arg(path).env("PYTHONIOENCODING", "utf-8").stdin(Stdio::piped()).stdout(Stdio::piped());
        match command.spawn() {
            Ok(mut child) => {
                let pipes = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
                Some(Self { child, pipes: RefCell::new(pipes) })
            }
            Err(error) => {
                skip(program, &format!("python3 cannot be started: {error}"));
                None
            }
        }
    }

    /// Asks one question.
    pub(crate) fn ask(&self, question: &Value) -> Value {
        let (to, from) = &mut *self.pipes.borrow_mut();
        writeln!(to, "{question}").unwrap();
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Leaves a test out, loudly; on CI that is a failure.
fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("CI").is_none(), "on CI nothing is skipped: {what}: {why}");
    eprintln!("SKIPPED {what}: {why}");
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/skipped.txt");
    std::fs::create_dir_all(list.parent().unwrap()).unwrap();
    let before = std::fs::read_to_string(&list).unwrap_or_default();
    std::fs::write(list, format!("{before}SKIPPED {what}: {why}\n")).unwrap();
}
