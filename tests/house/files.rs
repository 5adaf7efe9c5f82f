//! Files are small, lints are expected rather than allowed, snapshots belong to tests.

use std::{fs, path::PathBuf};

use crate::{files, root};

/// Nobody needs more lines in a file.
const MOST_LINES: usize = 450;

#[test]
fn files_are_small() {
    let mut sizes: Vec<_> = files("crates", ".rs")
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .collect();
    sizes.sort();
    let (largest, path) = sizes.last().unwrap();
    assert!(*largest <= MOST_LINES, "{} has {largest} lines; is it one idea?", path.display());
    let (median, _) = sizes[sizes.len() / 2];
    assert!(median <= 130, "the median file has {median} lines");
}

#[test]
fn lints_are_expected_with_a_reason_and_nothing_is_left_to_do() {
    for path in files("crates", ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        for banned in ["#[allow(", "#![allow(", "todo!(", "unimplemented!(", "#[ignore"] {
            assert!(!text.contains(banned), "{} has {banned}", path.display());
        }
    }
}

#[test]
fn every_snapshot_belongs_to_a_test() {
    let sources: Vec<_> =
        files("crates", ".rs").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for path in files("crates", ".snap") {
        let name = path.file_stem().unwrap().to_string_lossy();
        let test = name.rsplit("__").next().unwrap();
        let test =
            test.rsplit_once('-').filter(|(_, n)| n.parse::<u8>().is_ok()).map_or(test, |(test, _)| test);
        let is_used = sources
            .iter()
            .any(|source| source.contains(&format!("fn {test}(")) || source.contains(&format!("\"{test}\"")));
        assert!(is_used, "no test makes {}", path.display());
    }
    assert!(files("crates", ".snap.new").is_empty(), "snapshots wait for review");
}

#[test]
fn the_program_does_not_lean_on_the_workplace() {
    for ending in [".rs", ".md", ".toml", ".py", ".html"] {
        for folder in ["crates", "docs", "sample"] {
            // Tests may look for peers beside the project.
            let is_test = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "tests");
            for path in files(folder, ending).into_iter().filter(|path| !is_test(path)) {
                let text = fs::read_to_string(&path).unwrap();
                assert!(!text.contains("../shared"), "{} refers outside of the project", path.display());
            }
        }
    }
    assert!(root().join("LICENSE-MIT").is_file() && root().join("LICENSE-APACHE").is_file());
}
