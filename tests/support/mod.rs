//! What the tests of the whole system share: the program and Python environments.
use std::{
    path::Path,
    process::{Command, Output},
};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_otter-service");

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The program, without the configuration of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    let settings = ["OTTER_SERVICE_", "JUPYTERHUB_"];
    let secrets =
        ["github_", "git_token", "store_url", "session_secret", "oidc_", "lti", "passback_", "otter_token"];
    for (name, _) in std::env::vars() {
        let small = name.to_ascii_lowercase();
        if settings.iter().any(|begin| name.starts_with(begin))
            || secrets.iter().any(|begin| small.starts_with(begin))
        {
            command.env_remove(name);
        }
    }
    for name in [
        "TEST_USER",
        "POST_GRADE",
        "EDX_URL",
        "ENVIRONMENT",
        "GCP_PROJECT_ID",
        "VERBOSE_LOGGING",
        "RUST_LOG",
        "CREDENTIALS_DIRECTORY",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    program().args(args).output().unwrap()
}

/// What a program said, for a test's message.
pub(crate) fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An interpreter with the packages of a requirements.txt.
pub(crate) fn environment(requirements: &Path) -> String {
    let output = run(["environment", "build", "--requirements", requirements.to_str().unwrap()]);
    assert!(output.status.success(), "the Python environment could not be built:\n{}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
