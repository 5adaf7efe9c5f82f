//! `doctor`: one page on whether the service can work.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use crate::{
    sample::{python, sample},
    support::{program, said},
};

fn doctor(dir: &Path, file: &str, options: &[&str]) -> Output {
    let path = dir.join("otter-service.toml");
    fs::write(&path, file).unwrap();
    program().args(["doctor", "--config"]).arg(path).args(options).current_dir(dir).output().unwrap()
}

fn well(dir: &Path) -> String {
    let (python, data, materials) = (python(), dir.join("data"), sample("course"));
    let (data, materials) = (data.to_str().unwrap(), materials.to_str().unwrap());
    format!("[environment]\npython = {python:?}\n[data]\ndir = {data:?}\n[materials]\ndir = {materials:?}\n")
}

#[test]
fn a_service_that_can_work_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let output = doctor(dir.path(), &well(dir.path()), &[]);
    assert!(output.status.success(), "{}", said(&output));
    let page = String::from_utf8(output.stdout).unwrap();
    for part in [
        "otter-service 0.",
        "otter-grader 7",
        "2 assignments",
        "jail",
        "GiB free",
        "gradings at a time",
        "permissions",
        "made at the first start",
        "clock",
    ] {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }
    assert!(!page.contains("failure"), "{page}");
    assert!(!dir.path().join("data").exists(), "a visit leaves nothing behind");
}

#[test]
fn everything_that_is_wrong_is_told_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let output = doctor(dir.path(), "[materials]\ndir = \"/none\"\n[grading]\njob = 3\n", &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let checks: Value = serde_json::from_slice(&output.stdout).unwrap();
    let check = |name: &str| checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(check("configuration")["state"], "failure");
    assert!(check("configuration")["remedies"][0]["why"].as_str().unwrap().contains("grading.job"));

    let file =
        well(dir.path()).replace(sample("course").to_str().unwrap(), "/none").replace(python(), "/no/python");
    let output = doctor(dir.path(), &file, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("materials.dir") && page.contains("/no/python cannot be used"), "{page}");
}

#[test]
fn a_store_that_is_there_is_asked_and_others_on_the_network_too() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("otter-service.toml");
    let file = well(dir.path()) + "[passback]\nedx_url = \"127.0.0.1:1\"\n";
    fs::create_dir(dir.path().join("data")).unwrap();
    fs::write(&config, &file).unwrap();
    // Makes the store.
    let database = dir.path().join("data/otter-service.sqlite");
    fs::write(&database, "").unwrap();
    let migrated = program().args(["migrate", "--config"]).arg(&config).output().unwrap();
    assert!(migrated.status.success(), "{}", said(&migrated));
    let output = doctor(dir.path(), &file, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let checks: Value = serde_json::from_slice(&output.stdout).unwrap();
    let check = |name: &str| checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(check("store")["state"], "ok");
    assert!(check("store")["found"].as_str().unwrap().contains("could write after"), "{checks}");
    assert_eq!(check("platform")["state"], "warning", "{checks}");
    // Readable for others, as a careless umask leaves it.
    assert_eq!(check("permissions")["state"], "warning", "{checks}");
}
