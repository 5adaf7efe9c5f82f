//! Symbolic links: those of Kubernetes mounts and git-sync work, those that lead out do not (attack 55).

use std::{fs, os::unix::fs::symlink, path::Path};

use materials::MaterialsError as E;

use crate::folder::{CONFIG, Course, ZIP, bytes, key, zip};

/// Points the link elsewhere in one step, as kubelet and git-sync do.
fn point(link: &Path, target: &str) {
    let new = link.parent().unwrap().join("new link");
    symlink(target, &new).unwrap();
    fs::rename(new, link).unwrap();
}

#[test]
fn a_zip_behind_a_link_that_leads_out_is_refused() {
    let course = Course::new();
    let outside = course.beside("secret");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("lab01-autograder.zip"), zip("secret")).unwrap();
    let materials = course.open();
    let refused = || matches!(materials.autograder(&key("lab01")).unwrap_err(), E::Outside { .. });

    fs::remove_file(course.zip()).unwrap();
    symlink(outside.join("lab01-autograder.zip"), course.zip()).unwrap();
    assert!(refused(), "a link to a file");

    fs::remove_dir_all(course.root().join("lab/zips")).unwrap();
    symlink("../../secret", course.root().join("lab/zips")).unwrap();
    assert!(refused(), "a link to a folder");

    // A neighbour whose name only begins like the root's.
    fs::rename(outside, course.beside("root2")).unwrap();
    point(&course.root().join("lab/zips"), "../../root2");
    assert!(refused(), "a neighbour");
}

#[test]
fn a_config_behind_a_link_that_leads_out_is_refused() {
    let course = Course::new();
    fs::rename(course.root().join("course-config.json"), course.beside("c.json")).unwrap();
    symlink("../c.json", course.root().join("course-config.json")).unwrap();
    assert!(matches!(course.try_open().unwrap_err(), E::Outside { .. }));
}

#[test]
fn links_that_stay_inside_are_followed() {
    let course = Course::new();
    fs::rename(course.root().join("lab/zips"), course.root().join("elsewhere")).unwrap();
    symlink("../elsewhere", course.root().join("lab/zips")).unwrap();
    assert_eq!(bytes(&course.open().autograder(&key("lab01")).unwrap()), zip("one"));
    point(&course.root().join("lab/zips"), course.root().join("elsewhere").to_str().unwrap());
    assert_eq!(bytes(&course.open().autograder(&key("lab01")).unwrap()), zip("one"));
}

#[test]
fn a_link_in_a_circle_or_to_nothing_is_an_error() {
    let course = Course::new();
    fs::remove_file(course.zip()).unwrap();
    symlink("lab01-autograder.zip", course.zip()).unwrap();
    assert!(matches!(course.open().autograder(&key("lab01")).unwrap_err(), E::Unreadable { .. }));
    point(&course.zip(), "nothing.zip");
    assert!(matches!(course.open().autograder(&key("lab01")).unwrap_err(), E::NoAutograder { .. }));
}

#[test]
fn a_pipe_in_place_of_a_zip_keeps_nobody_waiting() {
    let course = Course::new();
    fs::remove_file(course.zip()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(course.zip()).status().unwrap().success());
    assert!(matches!(course.open().autograder(&key("lab01")).unwrap_err(), E::NotAFile { .. }));
}

/// As kubelet mounts a `ConfigMap` or secret: links through `..data`, which is pointed to another folder.
#[test]
fn a_kubernetes_mount_is_followed_through_a_change() {
    let course = Course::new();
    let root = course.root();
    fs::remove_dir_all(&root).unwrap();
    for (version, assignment, content) in [("..2026_1", "lab01", "one"), ("..2026_2", "lab09", "two")] {
        let folder = root.join(version);
        fs::create_dir_all(folder.join("lab/zips")).unwrap();
        fs::write(folder.join("course-config.json"), CONFIG.replace("lab02", assignment)).unwrap();
        fs::write(folder.join(ZIP), zip(content)).unwrap();
    }
    symlink("..2026_1", root.join("..data")).unwrap();
    symlink("..data/course-config.json", root.join("course-config.json")).unwrap();
    symlink("..data/lab", root.join("lab")).unwrap();

    let materials = course.open();
    assert_eq!(bytes(&materials.autograder(&key("lab01")).unwrap()), zip("one"));
    point(&root.join("..data"), "..2026_2");
    fs::remove_dir_all(root.join("..2026_1")).unwrap();
    assert!(materials.course_config().section(&key("lab09")).is_ok());
    assert_eq!(bytes(&materials.autograder(&key("lab01")).unwrap()), zip("two"));
}

/// As git-sync publishes a checkout: the root itself is a link.
#[test]
fn a_root_that_is_a_link_is_followed_through_a_change() {
    let course = Course::new();
    let other = Course::new();
    fs::rename(course.root(), course.beside("rev1")).unwrap();
    fs::rename(other.root(), course.beside("rev2")).unwrap();
    fs::write(course.beside("rev2").join(ZIP), zip("two")).unwrap();
    symlink("rev1", course.root()).unwrap();

    let materials = course.open();
    assert_eq!(bytes(&materials.autograder(&key("lab01")).unwrap()), zip("one"));
    point(&course.root(), "rev2");
    fs::remove_dir_all(course.beside("rev1")).unwrap();
    assert_eq!(bytes(&materials.autograder(&key("lab01")).unwrap()), zip("two"));
    assert_eq!(materials.problems(), [""; 0]);
}
