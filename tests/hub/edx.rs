//! edX's own code for LTI 1.1: it launches, and takes grades.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;
use testbed::{free_port, or_skip, python};

use crate::{http, running::Running, support::root};

/// The course and the block of `lab01` in the sample's `course-config.json`.
const COURSE: &str = "course-v1:SampleX+DATA101+2026_Fall";
const BLOCK: &str = "5f0c9d3ab1e84762a7d41c60e92f8b35";
pub(crate) const KEY: &str = "a-key";
pub(crate) const SECRET: &str = "a-secret";
/// A learner, by the name that edX gives to tools.
pub(crate) const LEARNER: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// A running edX. Killed when dropped.
pub(crate) struct Edx {
    pub(crate) site: String,
    // It ends before its folder goes.
    process: Running,
    _folder: TempDir,
}

/// Where the peers are that are shared between projects, if they are.
fn script() -> Option<PathBuf> {
    let shared = std::env::var_os("SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let script = shared.join("peers/edx/edx_peer.py");
    let missing = || std::io::Error::other("there are no peers in $SHARED or ../shared");
    or_skip(
        "the way from edX's launch to its gradebook",
        script.is_file().then_some(script).ok_or_else(missing),
    )
}

impl Edx {
    /// Starts it. It will launch to the hub at that port.
    pub(crate) fn start(hub: u16) -> Option<Self> {
        let script = script()?;
        let packages = ["lti-consumer-xblock==11.4.4", "cryptography"];
        let python = or_skip("the way from edX's launch to its gradebook", python("lti", &packages))?;
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port().unwrap());
        let process = Self::process(&python, &script, port, hub, folder.path());
        let edx = Self { site: format!("http://127.0.0.1:{port}"), process, _folder: folder };
        for _ in 0..600 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(edx);
            }
            sleep(Duration::from_millis(100));
        }
        panic!("edX does not come up:\n{}", edx.process.log());
    }

    fn process(python: &Path, script: &Path, port: u16, hub: u16, folder: &Path) -> Running {
        let mut command = Command::new(python);
        command.arg(script).args(["--port", &port.to_string(), "--course", COURSE, "--block", BLOCK]);
        command.args(["--key", KEY, "--secret", SECRET, "--user", LEARNER]);
        command.arg("--launch-url").arg(format!("http://127.0.0.1:{hub}/hub/lti/launch"));
        // Where it keeps its database.
        command.env("TMPDIR", folder).stdin(Stdio::null()).stdout(Stdio::null());
        Running::start(&mut command, &folder.join("edx"))
    }

    /// The page of the course from which a learner comes.
    pub(crate) fn launch(&self) -> String {
        format!("{}/_peer/launch?user={LEARNER}", self.site)
    }

    /// The grades that it has recorded, in order.
    pub(crate) fn grades(&self) -> Vec<Value> {
        let state = http::send(http::request(Method::GET, &format!("{}/_peer/state", self.site)));
        let events = state.expect(200).json()["events"].as_array().unwrap().clone();
        events.into_iter().filter(|event| event["publish"] == "grade").collect()
    }
}
