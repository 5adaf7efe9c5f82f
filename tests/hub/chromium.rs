//! Chromium, driven by scripts for Node.js in `browser/`.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;
use testbed::peers::Peers;

use crate::support::root;

/// Runs a script and gives what it says of what it saw.
pub(crate) fn run(script: &str, asked: &Value) -> Value {
    let file: PathBuf = root().join("tests/hub/browser").join(script);
    let output = Command::new("node")
        .arg(file)
        .arg(asked.to_string())
        .env("NODE_MODULES", Peers::get().unwrap().node_modules())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}\n{why}");
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("{script} says {said}\n{why}"))
}
