//! `otter-service serve` as its operator meets it.

use std::{fs, time::Duration};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::{
    notebooks::{lab01_beginning_with, submission},
    sample::sample,
    service::Service,
    support::{program, run, said},
};

#[test]
fn it_refuses_to_be_open_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let output = run(["serve", "--listen", "0.0.0.0:0", "--data", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--insecure-single-user"), "{}", said(&output));
    assert!(!data.exists(), "it had not begun");
}

#[test]
fn it_names_everything_that_is_wrong_with_its_configuration() {
    let output = program()
        .args(["serve", "--listen", "here"])
        .env("OTTER_SERVICE_GRADING_JOBS", "many")
        .env("EDX_URL", "https://courses.edx.org/")
        .output()
        .unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2));
    for part in ["3 things", "--listen", "OTTER_SERVICE_GRADING_JOBS", "EDX_URL"] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

#[test]
fn it_says_what_is_missing_at_its_start() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (data, nowhere) = (data.to_str().unwrap(), dir.path().join("nowhere"));
    let no_materials =
        run(["serve", "--listen", "127.0.0.1:0", "--data", data, "--materials", nowhere.to_str().unwrap()]);
    assert_eq!(no_materials.status.code(), Some(2));
    assert!(said(&no_materials).contains("course-config.json"), "{}", said(&no_materials));
    let course = sample("course");
    let no_otter =
        ["serve", "--listen", "127.0.0.1:0", "--data", data, "--python", "/usr/bin/python3", "--materials"];
    let no_otter = run(no_otter.into_iter().chain([course.to_str().unwrap()]));
    assert_eq!(no_otter.status.code(), Some(2));
    assert!(said(&no_otter).contains("otter-grader"), "{}", said(&no_otter));
}

#[test]
fn a_second_service_may_not_use_the_same_data() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _first = Service::start(&data);
    let course = sample("course");
    let output = run([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
        "--materials",
        course.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("in use by another otter-service"), "{}", said(&output));
}

#[test]
fn a_stop_lets_a_running_grading_end_and_keeps_the_rest() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let one_job = [("OTTER_SERVICE_GRADING_JOBS", "1"), ("OTTER_SERVICE_GRADING_DRAIN_S", "60")];
        let service = Service::start_with(&data, &sample("course"), &one_job);
        let running = service.submit(&submission("lab01-ada.ipynb"));
        let waiting = service.submit(&submission("lab01-bruno.ipynb"));
        service.begins(&running);
        let (status, log) = service.end_by(signal);
        assert!(status.success(), "{log}");

        let service = Service::start(&data);
        let events = service.text(&format!("api/v1/submissions/{running}/events"));
        assert_eq!(events.matches("event: started").count(), 1, "it ended before the stop: {events}");
        assert_eq!(service.ended(&waiting)["status"], "graded");
    }
}

#[test]
fn a_stop_does_not_wait_longer_than_it_was_told_and_counts_no_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let service = Service::start_with(&data, &sample("course"), &[("OTTER_SERVICE_GRADING_DRAIN_S", "1")]);
    let id = service.submit(&lab01_beginning_with("import time; time.sleep(8)"));
    service.begins(&id);
    std::thread::sleep(Duration::from_secs(3));
    let (status, log) = service.end_by(Signal::SIGTERM);
    assert!(status.success() && log.contains("begins anew"), "{log}");

    let service = Service::start(&data);
    assert_eq!(service.ended(&id)["status"], "graded");
    let events = service.text(&format!("api/v1/submissions/{id}/events"));
    assert!(events.contains("event: released"), "{events}");
    assert_eq!(events.matches("\"attempt\":1").count(), 2, "the same attempt again: {events}");
}

#[test]
fn no_notebook_and_no_variable_reaches_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let variables = [("LTI_CONSUMER_SECRET", "planted-secret"), ("OTTER_SERVICE_LOG_LEVEL", "trace")];
    let service = Service::start_with(&dir.path().join("data"), &sample("course"), &variables);
    let code = "print('planted-output'); import os, sys; print('planted-error', file=sys.stderr); os.write(2, b'planted-raw')";
    let id = service.submit(&lab01_beginning_with(code));
    assert_eq!(service.ended(&id)["status"], "graded");
    service.post("{\"nb\": \"planted-refused\"}".into());
    // What is left in the place of results must not be repeated either.
    let forged = "import json, os, signal\nforged = {'failed': '\x1b[31mplanted-failed\\nline', 'broken': ['planted-broken']}\njson.dump({'extra_data': {'otter_service': forged}}, open('../results/results.json', 'w'))\nos.kill(os.getppid(), signal.SIGKILL)";
    assert_eq!(service.ended(&service.submit(&lab01_beginning_with(forged)))["status"], "graded");
    let (_, log) = service.end_by(Signal::SIGTERM);
    assert!(log.contains(&id), "it does log: {log}");
    let planted: Vec<_> = log.lines().filter(|line| line.contains("planted")).collect();
    assert!(planted.is_empty(), "in the log: {planted:?}");
}

#[test]
fn new_materials_are_used_at_once_and_a_broken_autograder_is_nobodys_zero() {
    let dir = tempfile::tempdir().unwrap();
    let course = dir.path().join("course");
    copy_tree(&sample("course"), &course);
    let service = Service::start_with(&dir.path().join("data"), &course, &[]);
    let zip = course.join("fall26/autograders/lab01-autograder.zip");
    let good = fs::read(&zip).unwrap();

    write_autograder(&zip, "this is not Python(");
    let id = service.submit(&submission("lab01-ada.ipynb"));
    let seen = service.ended(&id);
    assert_eq!(seen["status"], "failed");
    assert!(seen.get("grade").is_none(), "{seen}");
    assert!(service.log().contains("tests/q1.py: SyntaxError"), "{}", service.log());

    fs::write(&zip, good).unwrap();
    let list = service.get("api/v1/courses/data-101/failed");
    assert_eq!(list["submissions"][0]["id"], json!(id));
    assert_eq!(service.post_to(&format!("api/v1/submissions/{id}/regrade"), String::new()).0, 202);
    assert_eq!(service.ended(&id)["grading"]["report"]["score"], json!(14.0), "the same one, graded again");
    let id = service.submit(&submission("lab01-ada.ipynb"));
    assert_eq!(service.ended(&id)["grading"]["report"]["score"], json!(14.0));
}

fn write_autograder(path: &std::path::Path, test: &str) {
    let new = path.with_extension("new");
    let mut zip = zip::ZipWriter::new(fs::File::create(&new).unwrap());
    for (name, content) in [("otter_config.json", "{}"), ("tests/q1.py", test)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    fs::rename(new, path).unwrap();
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
