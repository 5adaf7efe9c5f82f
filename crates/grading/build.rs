//! Builds the native library that the zygote's Python loads, and lists the files of the runner's kit, so that all of it
//! travels inside the one program (docs/explanation/decisions/0010-one-program-carries-the-runner.md).

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    // Relative to this package, where cargo runs the script: several checkouts may share a target folder, and each is to
    // find its own files, whoever compiled the script.
    let root = Path::new("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    let library = build_library(root, &out);
    let mut kit = vec![("_native.abi3.so".to_owned(), library)];

    let python = root.join("runner/otter_runner");
    println!("cargo::rerun-if-changed={}", python.display());
    let entries = fs::read_dir(&python).expect("runner/otter_runner is part of the checkout").flatten();
    let mut sources: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "py"))
        .collect();
    sources.sort();
    kit.extend(sources.into_iter().filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path))));

    let entries: Vec<_> = kit
        .iter()
        .map(|(name, path)| {
            format!(
                "({name:?}, include_bytes!({:?})),",
                path.canonicalize().expect("it was just found").to_string_lossy()
            )
        })
        .collect();
    fs::write(out.join("kit.rs"), format!("&[\n{}\n]", entries.join("\n"))).expect("OUT_DIR can be written");
}

/// Builds `crates/runner` in a target folder of its own: the outer cargo holds the lock of its own.
fn build_library(root: &Path, out: &Path) -> PathBuf {
    for part in ["crates/runner", "crates/jail", "crates/frames", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
    }
    let target = out.join("runner");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO for build scripts"));
    cargo.args(["build", "--quiet", "--release", "--package", "runner", "--manifest-path"]);
    cargo.arg(root.join("Cargo.toml")).arg("--target-dir").arg(&target);
    // Clippy's and coverage's wrappers, and flags meant for the service, are not for the library.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_FEATURE_")
            || name.starts_with("CARGO_CFG_")
        {
            cargo.env_remove(&name);
        }
    }
    for name in
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"]
    {
        cargo.env_remove(name);
    }
    let status =
        cargo.env_remove("CARGO_TARGET_DIR").status().expect("cargo, which runs this script, can be started");
    assert!(status.success(), "the runner's native library could not be built; cargo's own message is above");
    target.join("release/libotter_runner.so")
}
