//! `init`: what it writes is a configuration.

use std::{fs, path::Path, process::Command};

use crate::{
    sample::python,
    support::{program, run, said},
};

fn init(place: &str, dir: &Path) -> std::process::Output {
    run(["init", "--for", place, dir.to_str().unwrap()])
}

#[test]
fn what_it_writes_is_accepted_as_it_stands_and_nothing_is_overwritten() {
    for (place, files) in [
        ("laptop", &["courses.yaml", "otter-service.toml"][..]),
        ("jupyterhub", &["courses.yaml", "jupyterhub_config.py", "otter-service.toml"]),
        ("kubernetes", &["courses.yaml", "kubernetes.yaml", "otter-service.toml"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new/folder");
        let output = init(place, &target);
        assert!(output.status.success(), "{place}: {}", said(&output));
        assert!(said(&output).contains(target.to_str().unwrap()), "{}", said(&output));
        let mut found: Vec<_> = fs::read_dir(&target)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, files, "{place}");
        let check = program().args(["config", "check"]).current_dir(&target).output().unwrap();
        assert!(check.status.success(), "{place}: {}", said(&check));

        let before = fs::read(target.join("courses.yaml")).unwrap();
        for file in files.iter().filter(|file| **file != "courses.yaml") {
            fs::remove_file(target.join(file)).unwrap();
        }
        fs::write(target.join("courses.yaml"), "mine").unwrap();
        let again = init(place, &target);
        assert_eq!(again.status.code(), Some(2), "{place}");
        assert!(said(&again).contains("courses.yaml is there already"), "{}", said(&again));
        assert_ne!(fs::read(target.join("courses.yaml")).unwrap(), before);
        assert!(!target.join("otter-service.toml").exists(), "all or nothing");
    }
}

#[test]
fn the_hubs_snippet_is_python_and_the_clusters_file_is_yaml() {
    let dir = tempfile::tempdir().unwrap();
    let python = |code: &str| {
        let output = Command::new(python()).args(["-c", code]).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(init("jupyterhub", dir.path()).status.success());
    let services = python(
        "class Hub: services = []\nclass c: JupyterHub = Hub\nexec(open('jupyterhub_config.py').read())\nprint(*[(s['name'], s['url']) for s in Hub.services])",
    );
    assert_eq!(services, "('otter_grade', 'http://127.0.0.1:10101')\n");
    fs::remove_file(dir.path().join("courses.yaml")).unwrap();
    fs::remove_file(dir.path().join("otter-service.toml")).unwrap();
    assert!(init("kubernetes", dir.path()).status.success());
    let kinds =
        python("import yaml; print(*[d['kind'] for d in yaml.safe_load_all(open('kubernetes.yaml'))])");
    assert_eq!(kinds, "PersistentVolumeClaim Deployment\n");
}

#[test]
fn without_a_word_it_is_for_a_laptop_in_this_folder() {
    let dir = tempfile::tempdir().unwrap();
    let output = program().arg("init").current_dir(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read_to_string(dir.path().join("courses.yaml")).unwrap().contains("folder: materials"));
}
