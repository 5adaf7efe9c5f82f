//! From configurations to materials. Fetching itself is tested in crate `materials`.

use std::fs;

use model::ambient::SystemClock;
use tempfile::TempDir;

use super::*;
use crate::{config::Sources, service::rules};

/// A configuration with this courses file and these variables.
fn config(courses: &str, settings: &str, variables: &[(&str, &str)]) -> (TempDir, Config) {
    let dir = tempfile::tempdir().unwrap();
    let (file, courses_file) = (dir.path().join("test.toml"), dir.path().join("courses.yaml"));
    fs::write(&courses_file, courses).unwrap();
    fs::write(&file, format!("[materials]\ncourses = \"{}\"\n{settings}", courses_file.display())).unwrap();
    let sources = Sources {
        file: Some(file),
        variables: variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        ..Sources::default()
    };
    let config = Config::load(&sources).unwrap_or_else(|error| panic!("{error}"));
    (dir, config)
}

fn open(courses: &str, settings: &str, variables: &[(&str, &str)]) -> Result<Arc<Materials>, String> {
    let (dir, config) = config(courses, settings, variables);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    open_materials(&config, &dir.path().join("cache"), &clock).map_err(|error| format!("{error:#}"))
}

const TOKEN: (&str, &str) = ("github_token", "hidden-token");

#[test]
fn courses_that_have_the_same_repository_share_it() {
    let courses =
        "a:\n  github: o/r\nb:\n  autograder_repo: github.com/O/R\nc:\n  github: o/r\n  branch: other\n";
    let materials = open(courses, "", &[TOKEN]).unwrap();
    assert_eq!(materials.courses().len(), 3);
    // Neither is here yet.
    assert_eq!(materials.problems().len(), 2, "{:?}", materials.problems());
    assert!(!format!("{materials:?}").contains("hidden"), "{materials:?}");
}

#[test]
fn a_folder_that_is_not_there_is_named_with_its_course() {
    let error = open("a:\n  folder: nowhere\n", "", &[]).unwrap_err();
    assert!(error.contains("the course a of the courses file") && error.contains("nowhere"), "{error}");
}

#[test]
fn what_github_needs_is_said() {
    let error = |variables: &[_]| open("a:\n  github: o/r\n", "", variables).unwrap_err();
    let none = error(&[]);
    assert!(none.contains("github_app_id") && none.contains("github_token"), "{none}");
    let part = error(&[("github_app_id", "7"), ("GITHUB_APP_INSTALLATION_ID", "8")]);
    assert!(part.contains("not complete: github_app_private_key is missing"), "{part}");
    let wrong = error(&[
        ("github_app_id", "7"),
        ("github_app_installation_id", "8"),
        ("github_app_private_key", "hidden-key"),
    ]);
    assert!(!wrong.contains("hidden-key"), "{wrong}");
    let elsewhere = open("a:\n  github: git.example.edu/o/r\n", "", &[TOKEN]).unwrap_err();
    assert!(elsewhere.contains("git.example.edu"), "{elsewhere}");
}

#[test]
fn the_token_of_all_git_remotes_is_for_one_site_only() {
    let token = [("git_token", "hidden-token")];
    let one = "a:\n  git: https://git.example.org/a.git\nb:\n  git: https://git.example.org/b.git\n";
    assert!(open(one, "", &token).is_ok());
    let two = "a:\n  git: https://git.example.org/a.git\nb:\n  git: https://other.example.org/b.git\n";
    let error = open(two, "", &token).unwrap_err();
    assert!(error.contains("https://git.example.org and https://other.example.org"), "{error}");
    assert!(!error.contains("hidden"), "{error}");
    assert!(open(two, "", &[]).is_ok(), "open repositories need none");
}

#[test]
fn over_ssh_a_key_is_needed_and_plain_text_only_where_it_is_allowed() {
    let ssh = "a:\n  git: git@git.example.org:a.git\n";
    let error = open(ssh, "", &[]).unwrap_err();
    assert!(error.contains("materials.git_key"), "{error}");
    let missing = "git_key = \"/nowhere/key\"\ngit_known_hosts = \"/nowhere/hosts\"\n";
    assert!(open(ssh, missing, &[]).unwrap_err().contains("there is no file /nowhere/key"));
    let plain = "a:\n  git: http://git.example.org/a.git\n";
    assert!(open(plain, "", &[]).unwrap_err().contains("allow_private"));
    assert!(open(plain, "allow_private = \"git.example.org\"\n", &[]).is_ok());
}

#[test]
fn what_is_said_of_a_course_becomes_a_rule() {
    let courses = "a:\n  folder: x\n  policy: best\n  passback: false\n  environment: e\nb:\n  folder: x\n";
    let (_dir, config) = config(courses, "[environments.e]\npython = \"p\"\n", &[]);
    let rules = rules(&config);
    let name = |text: &str| text.parse::<Name>().unwrap();
    let a = &rules.courses[&name("a")];
    assert_eq!((a.policy, a.passback), (Some(model::GradePolicy::Best), Some(false)));
    assert_eq!(rules.courses[&name("b")], server::CourseRules::default());
    // An environment is given to a course in one way, whichever file says so.
    assert_eq!(config.environments.named["e"].courses, ["a"]);
}
