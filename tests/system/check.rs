//! `check`: on the sample course, and on the sample course broken in each way that it finds.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;

use crate::{
    sample::{python, sample},
    support::{program, said},
};

/// A copy of the sample course's materials, with the notebooks as `otter assign` lays them out.
struct Course {
    dir: tempfile::TempDir,
}

const ZIPS: &str = "fall26/autograders";

impl Course {
    fn copy() -> Self {
        let course = Self { dir: tempfile::tempdir().unwrap() };
        course.take("course/course-config.json", "course-config.json");
        for name in ["hw01", "lab01"] {
            let zip = format!("{ZIPS}/{name}-autograder.zip");
            course.take(&format!("course/{zip}"), &zip);
            course.take(&format!("student/{name}.ipynb"), &format!("dist/student/{name}.ipynb"));
            course.take(&format!("submissions/{name}-ada.ipynb"), &format!("dist/autograder/{name}.ipynb"));
        }
        course
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Takes a file of the sample.
    fn take(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(sample(from), to).unwrap();
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Changes a file's text.
    fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        let changed = change(text.clone());
        assert_ne!(changed, text, "{path} was not changed");
        fs::write(self.path(path), changed).unwrap();
    }

    /// Changes an entry of an assignment's autograder, or adds one.
    fn edit_zip(&self, assignment: &str, entry: &str, change: impl FnOnce(String) -> String) {
        let path = self.path(&format!("{ZIPS}/{assignment}-autograder.zip"));
        let mut old = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
        let mut entries: Vec<(String, String)> = (0..old.len())
            .map(|index| {
                let mut file = old.by_index(index).unwrap();
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                (file.name().unwrap().into_owned(), text)
            })
            .collect();
        let before = entries.iter().position(|(name, _)| name == entry);
        let text = before.map_or_else(String::new, |index| entries.swap_remove(index).1);
        let changed = change(text.clone());
        assert_ne!(changed, text, "{entry} was not changed");
        entries.push((entry.to_owned(), changed));
        let mut new = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, text) in entries {
            new.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            new.write_all(text.as_bytes()).unwrap();
        }
        new.finish().unwrap();
    }

    /// What `check` prints in a format, started beside the course.
    fn check(&self, options: &[&str]) -> Output {
        let mut command = program();
        command.args(["check", ".", "--python", python()]).args(options);
        command.current_dir(self.dir.path()).output().unwrap()
    }

    /// What it finds, with the exit code: the same numbers whenever it is asked.
    fn findings(&self, options: &[&str]) -> String {
        let output = self.check(&[&["--format", "json"], options].concat());
        let outcome: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
        let line = |finding: &Value| {
            let text = |member: &str| finding[member].as_str().unwrap_or_default();
            let line = finding["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
            let what = text("what").replace('\n', "\n      ");
            format!(
                "{} {} [{}{line}] {} {}\n      {what}\n      do: {}\n",
                text("level"),
                text("code"),
                text("file"),
                text("assignment"),
                text("question"),
                text("do")
            )
        };
        let findings: String = outcome["findings"].as_array().unwrap().iter().map(line).collect();
        format!("{findings}exit {}", output.status.code().unwrap())
    }
}

/// Leaves out what is different each time.
fn steady(mut outcome: Value) -> Value {
    for sheet in outcome["assignments"].as_array_mut().unwrap() {
        sheet["tests"]["python"] = "3".into();
        for run in sheet["runs"].as_array_mut().unwrap() {
            let graded = run["graded"].as_object_mut().unwrap();
            assert!(
                graded["seconds"].as_f64().unwrap() > 0.0 && graded["cpu_seconds"].as_f64().unwrap() > 0.0
            );
            for measured in ["seconds", "cpu_seconds", "peak_memory_bytes"] {
                graded.remove(measured);
            }
        }
    }
    outcome
}

#[test]
fn the_sample_course_is_fine() {
    let course = Course::copy();
    let output = course.check(&["--format", "json", "--strict"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let outcome = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!(steady(outcome));
}

#[test]
fn people_and_github_are_told_the_same() {
    let course = Course::copy();
    course.edit("dist/autograder/lab01.ipynb", |text| text.replace("* 9 / 5", "* 9 / 6"));
    let page = course.check(&[]);
    assert_eq!(page.status.code(), Some(1), "{}", said(&page));
    let page = String::from_utf8(page.stdout).unwrap();
    for part in ["data-101/fall26/lab01", "solution  11 of 14", "q2: the solution gets", "1 error"] {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }
    assert!(!page.contains('\u{1b}'), "colours are for terminals");
    let commands = String::from_utf8(course.check(&["--format", "github"]).stdout).unwrap();
    let error = commands.lines().find(|line| line.starts_with("::error ")).unwrap();
    assert!(
        error.starts_with("::error file=dist/autograder/lab01.ipynb,title=solution-not-full::"),
        "{error}"
    );
    assert!(error.contains("%0A"), "{error}");
}

#[test]
fn a_configuration_that_is_wrong_is_told_with_every_line() {
    let course = Course::copy();
    course.edit("course-config.json", |text| {
        text.replace("\"lab01\":", "\"lab/01\":").replace("fall26/autograders", "../autograders")
    });
    insta::assert_snapshot!(course.findings(&[]));
    course.write("course-config.json", "{\n  \"data-101\": \n");
    insta::assert_snapshot!(course.findings(&[]));
    course.take("course/course-config.json", "course-config.json");
    course.edit("course-config.json", |text| {
        text.replace("\"subpath_to_zips\"", "\"enviroment\": \"x\",\n      \"subpath_to_zips\"")
    });
    insta::assert_snapshot!(course.findings(&["--no-run"]));
}

#[test]
fn zips_that_are_missing_broken_or_nobodys_are_told() {
    let course = Course::copy();
    fs::rename(
        course.path(&format!("{ZIPS}/hw01-autograder.zip")),
        course.path(&format!("{ZIPS}/hw1-autograder.zip")),
    )
    .unwrap();
    course.write(&format!("{ZIPS}/lab01-autograder.zip"), "PK no zip");
    course.write(&format!("{ZIPS}/data.zip"), "PK");
    insta::assert_snapshot!(course.findings(&[]));
    let course = Course::copy();
    course.take(&format!("course/{ZIPS}/lab01-autograder.zip"), &format!("{ZIPS}/hw01-autograder.zip"));
    insta::assert_snapshot!(course.findings(&["--no-run"]));
}

/// lab01's tests, each broken in another way.
#[test]
fn tests_that_are_wrong_are_told() {
    let course = Course::copy();
    let doctest = |cases: &str| {
        format!(
            "OK_FORMAT = True\ntest = {{'name': 'NAME', 'points': 2, 'suites': [{{'cases': [{cases}], 'scored': True, 'setup': '', 'teardown': '', 'type': 'doctest'}}]}}\n"
        )
    };
    let public = "{'code': '>>> warmest in water\\nTrue', 'hidden': False, 'locked': False}";
    let empty = "{'code': '', 'hidden': True, 'locked': False}";
    let constant = "{'code': '>>> 1 == 1\\nTrue', 'hidden': False, 'locked': False, 'points': 0}";
    course.edit_zip("lab01", "tests/q1.py", |_| {
        doctest(&[public, empty, constant].join(", ")).replace("NAME", "q1")
    });
    course.edit_zip("lab01", "tests/q2.py", |_| {
        doctest(public).replace("NAME", "q2").replace("'points': 2", "'points': 0")
    });
    course.edit_zip("lab01", "tests/q3.py", |_| {
        let takes = public.replace("'locked'", "'points': -2, 'locked'");
        doctest(&takes).replace("NAME", "q3").replace("'points': 2, ", "")
    });
    course.edit_zip("lab01", "tests/q4.py", |_| {
        "from otter.test_files import test_case\nOK_FORMAT = False\nname = 'q4'\npoints = 2\n\n@test_case(name='change is 25', hidden=True)\ndef test_change(env):\n    assert env['change'] == 25\n".into()
    });
    course.edit_zip("lab01", "otter_config.json", |text| text.replace("lab01", "lab1"));
    course.edit_zip("lab01", "files/tests/q9.py", |_| "test = {'hidden': True}\n".into());
    insta::assert_snapshot!(course.findings(&["--no-run", "--assignment", "lab01"]));
    course.edit_zip("lab01", "tests/q5.py", |_| "test = {\n".into());
    insta::assert_snapshot!(course.findings(&["--assignment", "lab01"]));
}

#[test]
fn an_assignment_that_otter_grader_itself_grades_is_told() {
    let course = Course::copy();
    course.edit_zip("lab01", "otter_config.json", |text| text.replace('{', "{\"grade_from_log\": true,"));
    insta::assert_snapshot!(course.findings(&["--no-run", "--assignment", "lab01"]));
}

#[test]
fn notebooks_that_do_not_fit_are_told() {
    let course = Course::copy();
    // The solution of one question is wrong, and one name is misspelt.
    course.edit("dist/autograder/lab01.ipynb", |text| {
        text.replace("* 9 / 5", "* 9 / 6").replace("grader.check(\\\"q3\\\")", "grader.check(\\\"Q3\\\")")
    });
    // What is handed out brings its hidden tests along, and is done already.
    course.take("submissions/hw01-ada.ipynb", "dist/student/hw01.ipynb");
    course.write("dist/student/tests/q1.py", "test = {'cases': [{'hidden': True}]}\n");
    // One question's hidden case passes on what is handed out.
    course.edit_zip("lab01", "tests/q5.py", |text| text.replace("race_day == ", "'Saturday' == "));
    // Two cannot be handed in.
    course.take("student/lab01.ipynb", "other/student/lab01.ipynb");
    course.edit("other/student/lab01.ipynb", |text| text.replace("\"otter_service\"", "\"otter-service\""));
    course.take("student/hw01.ipynb", "other/student/hw02.ipynb");
    course.edit("other/student/hw02.ipynb", |text| {
        text.replace("\"assignment\": \"hw01\"", "\"assignment\": \"hw02\"")
    });
    insta::assert_snapshot!(course.findings(&[]));
}

#[test]
fn notebooks_of_another_assignment_and_those_without_end_are_told() {
    let course = Course::copy();
    course.edit("dist/student/hw01.ipynb", |text| {
        text.replace("\"assignment_name\": \"hw01\"", "\"assignment_name\": \"hw02\"")
    });
    course.write(
        "otter-service.toml",
        format!("[environment]\npython = {:?}\n[grading.limits]\ncell_s = 2\n", python()),
    );
    course.edit("dist/autograder/hw01.ipynb", |text| {
        text.replace("import pandas as pd", "import pandas as pd\\nwhile True: pass")
    });
    let found = course.findings(&["--assignment", "hw01", "--config", "otter-service.toml"]);
    assert!(found.contains("notebook-rejected") && found.ends_with("exit 1"), "{found}");
    insta::assert_snapshot!(found);
}

#[test]
fn an_environment_that_is_not_there_is_told() {
    let course = Course::copy();
    course.edit("course-config.json", |text| {
        text.replace("\"subpath_to_zips\"", "\"environment\": \"nowhere\",\n      \"subpath_to_zips\"")
    });
    // Without the service's configuration nobody knows which ones there are.
    let found = course.findings(&["--no-run", "--assignment", "hw01"]);
    assert!(
        found.starts_with("note environment-unknown [course-config.json]") && found.ends_with("exit 0"),
        "{found}"
    );
    course.write("otter-service.toml", "");
    let found = course.findings(&["--assignment", "hw01", "--config", "otter-service.toml"]);
    assert!(found.starts_with("error environment [") && found.ends_with("exit 1"), "{found}");
    assert!(found.contains("nowhere"), "{found}");
}

#[test]
fn what_cannot_be_looked_at_is_no_finding() {
    let course = Course::copy();
    let output = program().args(["check", "no-such-course"]).current_dir(course.dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let output = course.check(&["--assignment", "hw99"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("has no assignment hw99"), "{}", said(&output));
    let output = course.check(&["--notebooks", "none"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn a_course_of_the_configured_service_is_looked_at_by_its_name() {
    let course = Course::copy();
    let materials = course.dir.path().to_str().unwrap();
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("otter-service.toml");
    let text = format!(
        "[environment]\npython = {:?}\n[materials]\ndir = {materials:?}\n[data]\ndir = {:?}\n",
        python(),
        data.path().join("data")
    );
    fs::write(&file, text).unwrap();
    let check = |course: &str| {
        let mut command = program();
        command.args(["check", course, "--format", "json", "--config"]).arg(&file);
        command
            .arg("--notebooks")
            .arg(Path::new(materials).join("dist"))
            .current_dir(data.path())
            .output()
            .unwrap()
    };
    let output = check("data-101");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    let runs: Vec<_> = outcome["assignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sheet| sheet["runs"].as_array().unwrap().len())
        .collect();
    assert_eq!(runs, [2, 2]);
    assert!(!data.path().join("data").exists(), "a visit leaves nothing behind");
    let output = check("data-102");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("there are data-101"), "{}", said(&output));
}
