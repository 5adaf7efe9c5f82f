//! Pythons, and the native library for them.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says where, a skipped one why")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The library, built once in a folder of its own: Cargo builds none for tests of a package that only makes one.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("library");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "runner", "--target-dir"]).arg(&target);
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            cargo.env_remove(name);
        }
        let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(status.success(), "the library could not be built");
        target.join("debug/libotter_runner.so")
    })
}

/// Whether a program is a Python that can run this source.
pub(crate) fn runs(program: &str, source: &str) -> bool {
    let mut command = Command::new(program);
    command.args(["-I", "-c", source]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Says loudly that something was not tested; on CI it is a failure.
pub(crate) fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("CI").is_none(), "on CI nothing is skipped: {what}: {why}");
    eprintln!("SKIPPED {what}: {why}");
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/skipped.txt");
    let before = std::fs::read_to_string(&list).unwrap_or_default();
    std::fs::create_dir_all(list.parent().unwrap()).unwrap();
    std::fs::write(list, format!("{before}SKIPPED {what}: {why}\n")).unwrap();
}
