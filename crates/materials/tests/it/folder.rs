//! A materials folder that changes while it is used.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use materials::{Autograder, FolderMaterials, MaterialsError as E, UnzipLimits};
use model::AssignmentKey;
use tempfile::TempDir;

use crate::{
    archive::{Entry, archive},
    logged::errors_logged,
};

pub(crate) const CONFIG: &str = r#"{"88e": {"1": {
    "course_id": "x", "subpath_to_zips": "lab/zips", "assignments": {"lab01": "a", "lab02": "b"}}}}"#;
pub(crate) const ZIP: &str = "lab/zips/lab01-autograder.zip";

/// A folder with a config and one autograder, and room for copies and neighbours beside it.
pub(crate) struct Course(TempDir);

impl Course {
    pub(crate) fn new() -> Self {
        let course = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(course.root().join("lab/zips")).unwrap();
        fs::write(course.config(), CONFIG).unwrap();
        fs::write(course.zip(), zip("one")).unwrap();
        course
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.beside("root")
    }

    fn config(&self) -> PathBuf {
        self.root().join("course-config.json")
    }

    pub(crate) fn zip(&self) -> PathBuf {
        self.root().join(ZIP)
    }

    pub(crate) fn open(&self) -> FolderMaterials {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<FolderMaterials, E> {
        FolderMaterials::open(self.root(), self.beside("cache"))
    }
}

pub(crate) fn zip(content: &str) -> Vec<u8> {
    archive(&[Entry::stored("tests/q1.py", content.as_bytes())])
}

pub(crate) fn key(assignment: &str) -> AssignmentKey {
    let name = |text: &str| text.parse().unwrap();
    AssignmentKey { course: name("88e"), section: name("1"), assignment: name(assignment) }
}

pub(crate) fn bytes(autograder: &Autograder) -> Vec<u8> {
    let mut bytes = Vec::new();
    autograder.reader().read_to_end(&mut bytes).unwrap();
    bytes
}

fn replace(path: &Path, content: impl AsRef<[u8]>) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn an_autograder_is_found_hashed_and_unpacked() {
    let course = Course::new();
    let autograder = course.open().autograder(&key("lab01")).unwrap();
    assert_eq!(autograder.path(), Path::new(ZIP));
    assert_eq!(bytes(&autograder), zip("one"));
    assert_eq!(autograder.size_bytes(), zip("one").len() as u64);
    let revision = autograder.revision().to_string();
    assert!(revision.starts_with("sha256:") && revision.len() == 7 + 64, "{revision}");
    let into = course.beside("into");
    autograder.unzip(&into, &UnzipLimits::default()).unwrap();
    assert_eq!(fs::read_to_string(into.join("tests/q1.py")).unwrap(), "one");
}

#[test]
fn a_missing_folder_or_config_says_what_to_do() {
    let course = Course::new();
    fs::write(course.config(), r#"{"88e": {"1": {"assignments": {}}}}"#).unwrap();
    let error = course.try_open().unwrap_err();
    assert!(matches!(error, E::BadCourseConfig { .. }));
    assert!(error.to_string().contains("`/88e/1`"), "{error}");
    fs::remove_file(course.config()).unwrap();
    let error = course.try_open().unwrap_err();
    assert!(matches!(error, E::NoCourseConfig { .. }));
    assert!(error.to_string().contains("give the folder that holds it"), "{error}");
    fs::create_dir(course.config()).unwrap();
    assert!(matches!(course.try_open().unwrap_err(), E::NotAFile { .. }));
    fs::remove_dir_all(course.root()).unwrap();
    assert!(matches!(course.try_open().unwrap_err(), E::NoFolder { .. }));
}

#[test]
fn a_cache_that_cannot_be_written_is_found_out_at_once() {
    let course = Course::new();
    fs::write(course.beside("cache"), "a file").unwrap();
    assert!(matches!(course.try_open().unwrap_err(), E::Cache { .. }));
}

#[test]
fn a_missing_autograder_is_named() {
    let course = Course::new();
    let error = course.open().autograder(&key("lab02")).unwrap_err();
    assert!(matches!(&error, E::NoAutograder { .. }));
    let text = error.to_string();
    assert!(text.contains("88e/1/lab02") && text.contains("no file lab/zips/lab02-autograder.zip"), "{text}");
    let error = course.open().autograder(&key("lab99")).unwrap_err();
    assert!(matches!(error, E::NotConfigured { .. }), "{error}");
    fs::remove_dir_all(course.root().join("lab")).unwrap();
    fs::write(course.root().join("lab"), "a file").unwrap();
    assert!(matches!(course.open().autograder(&key("lab01")).unwrap_err(), E::NoAutograder { .. }));
}

#[test]
fn a_new_config_is_picked_up() {
    let course = Course::new();
    let materials = course.open();
    assert!(materials.course_config().section(&key("lab03")).is_err());
    let unchanged = materials.course_config();
    assert!(Arc::ptr_eq(&unchanged, &materials.course_config()), "read again without a change");
    for write in [
        |path: &Path, text: &str| fs::write(path, text).unwrap(),
        |path: &Path, text: &str| replace(path, text),
    ] {
        write(&course.config(), &CONFIG.replace("lab02", "lab03"));
        assert!(materials.course_config().section(&key("lab03")).is_ok());
        write(&course.config(), &CONFIG.replace("lab02", "lab04"));
        assert!(materials.course_config().section(&key("lab04")).is_ok());
    }
    assert!(unchanged.section(&key("lab02")).is_ok());
}

#[test]
fn a_config_that_is_half_written_never_replaces_a_good_one() {
    let course = Course::new();
    let materials = course.open();
    let errors = errors_logged(|| {
        for length in [0, 1, 10, CONFIG.len() - 1] {
            fs::write(course.config(), &CONFIG[..length]).unwrap();
            for _ in 0..3 {
                assert!(materials.course_config().section(&key("lab01")).is_ok());
                assert!(materials.autograder(&key("lab01")).is_ok());
                assert!(materials.problems()[0].contains("course-config.json is not JSON"));
            }
        }
    });
    assert_eq!(errors, 4, "logged once for each change");

    let errors = errors_logged(|| {
        fs::remove_file(course.config()).unwrap();
        for _ in 0..3 {
            assert!(materials.course_config().section(&key("lab01")).is_ok());
            assert!(materials.problems()[0].contains("no course-config.json"));
        }
    });
    assert_eq!(errors, 1);

    fs::write(course.config(), CONFIG.replace("lab02", "lab03")).unwrap();
    assert!(materials.course_config().section(&key("lab03")).is_ok());
    assert_eq!(materials.problems(), [""; 0]);
}

#[test]
fn a_replaced_zip_has_a_new_revision_and_old_handles_read_the_old_one() {
    let course = Course::new();
    let materials = course.open();
    let one = materials.autograder(&key("lab01")).unwrap();
    // In place, to the same size; and by renaming.
    fs::write(course.zip(), zip("two")).unwrap();
    let two = materials.autograder(&key("lab01")).unwrap();
    replace(&course.zip(), zip("three"));
    let three = materials.autograder(&key("lab01")).unwrap();
    assert_ne!(one.revision(), two.revision());
    assert_ne!(two.revision(), three.revision());
    drop(materials);
    fs::remove_dir_all(course.root()).unwrap();
    for (autograder, content) in [(one, "one"), (two, "two"), (three, "three")] {
        assert_eq!(bytes(&autograder), zip(content));
    }
}

#[test]
fn the_same_content_is_the_same_copy() {
    let course = Course::new();
    let materials = course.open();
    let first = materials.autograder(&key("lab01")).unwrap();
    replace(&course.zip(), zip("one"));
    let again = materials.autograder(&key("lab01")).unwrap();
    assert_eq!(first.revision(), again.revision());
    assert_eq!(copies_open(&course), 1);
}

/// How many nameless files this process has open in the course's cache folder.
fn copies_open(course: &Course) -> usize {
    let is_copy = |target: &PathBuf| {
        target.starts_with(course.beside("cache")) && target.to_string_lossy().ends_with("(deleted)")
    };
    let links = fs::read_dir("/proc/self/fd").unwrap();
    links.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok()).filter(is_copy).count()
}

#[test]
fn copies_have_no_names_and_go_with_the_last_handle() {
    let course = Course::new();
    let materials = course.open();
    let copies = || copies_open(&course);
    let one = materials.autograder(&key("lab01")).unwrap();
    replace(&course.zip(), zip("two!"));
    let two = materials.autograder(&key("lab01")).unwrap();
    assert_eq!(copies(), 2);
    drop(one);
    assert_eq!(copies(), 1, "only the newest is kept");
    drop(two);
    assert_eq!(copies(), 1, "the newest is kept without a handle");
    fs::write(course.config(), CONFIG.replace("lab/zips", "lab")).unwrap();
    assert!(materials.autograder(&key("lab01")).is_err());
    assert_eq!(copies(), 0, "what the config no longer has is not kept");
    assert!(fs::read_dir(course.beside("cache")).unwrap().next().is_none());
}

#[test]
fn a_zip_that_is_half_written_never_replaces_a_good_one() {
    let course = Course::new();
    let materials = course.open();
    let good = materials.autograder(&key("lab01")).unwrap();
    let whole = zip("a longer one");
    let errors = errors_logged(|| {
        for length in [0, 10, whole.len() - 1] {
            fs::write(course.zip(), &whole[..length]).unwrap();
            for _ in 0..3 {
                assert_eq!(materials.autograder(&key("lab01")).unwrap().revision(), good.revision());
            }
            assert!(materials.problems()[0].contains(ZIP), "{:?}", materials.problems());
        }
    });
    assert_eq!(errors, 3, "logged once for each change");
    fs::write(course.zip(), &whole).unwrap();
    assert_eq!(materials.problems(), [""; 0], "noticed without a grading");
    assert_eq!(bytes(&materials.autograder(&key("lab01")).unwrap()), whole);
}

#[test]
fn a_zip_that_was_never_good_is_an_error() {
    let course = Course::new();
    let materials = course.open();
    fs::write(course.zip(), "no zip").unwrap();
    let error = materials.autograder(&key("lab01")).unwrap_err();
    assert!(matches!(error, E::NotAZip { .. }), "{error}");
    fs::write(course.zip(), zip("one")).unwrap();
    assert!(materials.autograder(&key("lab01")).is_ok());
}

#[test]
fn a_zip_that_is_removed_is_missed_although_there_was_one() {
    let course = Course::new();
    let materials = course.open();
    let one = materials.autograder(&key("lab01")).unwrap();
    fs::remove_file(course.zip()).unwrap();
    assert!(matches!(materials.autograder(&key("lab01")).unwrap_err(), E::NoAutograder { .. }));
    assert_eq!(bytes(&one), zip("one"));
}

#[test]
fn many_threads_get_one_of_the_versions_whole() {
    let course = Course::new();
    let materials = course.open();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let content = bytes(&materials.autograder(&key("lab01")).unwrap());
                    assert!([zip("one"), zip("two")].contains(&content));
                    assert!(materials.course_config().section(&key("lab01")).is_ok());
                }
            });
        }
        for content in ["two", "one"].iter().cycle().take(50) {
            replace(&course.zip(), zip(content));
            replace(&course.config(), CONFIG);
        }
    });
}
