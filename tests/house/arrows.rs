//! Dependencies point one way (docs/explanation/architecture.md).

use std::collections::{BTreeMap, BTreeSet};

use crate::cargo_metadata;

/// Which of our crates each crate may depend on.
const ARROWS: [(&str, &[&str]); 16] = [
    ("model", &[]),
    // Starts engines for the tests of others.
    ("testbed", &[]),
    ("frames", &[]),
    ("jail", &["frames"]),
    // The native library that is loaded in the jail.
    ("runner", &["frames", "jail"]),
    ("judge", &["model", "frames"]),
    ("sandbox", &["model", "frames", "jail"]),
    ("store", &["model"]),
    // Calls others over HTTP; whoever must do so goes through it.
    ("outbound", &[]),
    ("materials", &["model", "outbound"]),
    ("hub", &["model", "outbound"]),
    ("oidc", &["model", "outbound"]),
    ("passback", &["model", "outbound"]),
    ("grading", &["model", "frames", "jail", "judge", "sandbox"]),
    ("server", &["model", "outbound", "hub", "oidc", "passback", "store", "materials", "grading"]),
    (
        "cli",
        &[
            "model",
            "outbound",
            "hub",
            "oidc",
            "passback",
            "sandbox",
            "store",
            "materials",
            "grading",
            "server",
        ],
    ),
];

#[test]
fn arrows_point_one_way() {
    let metadata = cargo_metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let allowed: BTreeMap<_, BTreeSet<_>> =
        ARROWS.into_iter().map(|(name, to)| (name, to.iter().copied().collect())).collect();
    let ours: BTreeSet<_> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "every crate has its arrows written down");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        // A crate's tests may use its own test support, and the engines that are there for tests.
        let dependencies = dependencies
            .filter(|d| !(d["kind"] == "dev" && d["name"] == "testbed"))
            .map(|d| d["name"].as_str().unwrap())
            .filter(|d| ours.contains(d) && *d != name);
        for dependency in dependencies {
            assert!(allowed[name].contains(dependency), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn models_and_sandboxes_know_no_network_and_models_no_files() {
    let metadata = cargo_metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let banned: &[&str] = match package["name"].as_str().unwrap() {
            "model" | "judge" => &["tokio", "axum", "sqlx", "reqwest", "tempfile", "nix", "rustix"],
            "frames" | "jail" | "runner" => &["tokio", "axum", "reqwest", "sqlx"],
            "sandbox" | "materials" | "grading" => &["axum", "reqwest"],
            // Firestore is spoken to over HTTP.
            "store" | "outbound" => &["axum"],
            _ => &[],
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let is_dev = dependency["kind"] == "dev";
            assert!(
                is_dev || !banned.contains(&dependency["name"].as_str().unwrap()),
                "{}: {}",
                package["name"],
                dependency["name"]
            );
        }
    }
}
