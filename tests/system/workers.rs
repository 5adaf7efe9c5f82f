//! A service and workers that share a PostgreSQL database.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::Value;
use testbed::postgres::Server;

use crate::{
    notebooks::{beginning_with, lab01_beginning_with, submission},
    running::Running,
    sample::sample,
    service::Service,
    support::{program, said},
    worker::{self, Worker},
};

/// A service that grades nothing itself.
fn service(data: &Path, url: &str, variables: &[(&str, &str)]) -> Service {
    let own = [("OTTER_SERVICE_STORE_URL", url), ("OTTER_SERVICE_GRADING_IN_SERVER", "false")];
    Service::start_with(data, &sample("course"), &[&own, variables].concat())
}

/// What happened to a submission, as staff sees it.
fn history(service: &Service, id: &str) -> Vec<Value> {
    let history = service.get(&format!("api/v1/courses/data-101/submissions/{id}/events"));
    history["events"].as_array().unwrap().clone()
}

/// The workers that began to grade a submission.
fn graders(history: &[Value]) -> Vec<&str> {
    let started = history.iter().filter(|event| event["event"] == "started");
    started.map(|event| event["actor"].as_str().unwrap()).collect()
}

/// The processes that have given a sign of life, once so many have: each gives its first beside its other work.
fn all_known(service: &Service, number: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let known = service.get("api/v1/workers")["workers"].as_array().unwrap().clone();
        if known.len() == number {
            return known;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{known:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn count(history: &[Value], kind: &str) -> usize {
    history.iter().filter(|event| event["event"] == kind).count()
}

#[test]
fn two_workers_grade_what_a_service_accepts_and_end_in_order() {
    let Some(postgres) = testbed::or_skip("workers", Server::start()) else { return };
    let url = postgres.database("grades").unwrap().replace("postgres@", "postgres:planted-secret@");
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let service = service(&data, &url, &[]);
    // They share the service's folder, but not what is in the making there.
    let workers = [Worker::start(&data, &url, &[]), Worker::start(&data, &url, &[])];
    let folders =
        || fs::read_dir(data.join("workers")).unwrap().flatten().filter(|e| e.path().is_dir()).count();
    assert_eq!(folders(), 2);
    let known = all_known(&service, 3);
    let jobs: BTreeSet<_> = known.iter().map(|worker| worker["jobs"].as_u64()).collect();
    assert_eq!(jobs, BTreeSet::from([Some(0), Some(1)]));

    let names = ["lab01-ada.ipynb", "lab01-bruno.ipynb", "hw01-ada.ipynb"];
    let notebook = |n: usize| beginning_with("__import__('time').sleep(1)", names[n % 3]);
    let ids: Vec<_> = (0..6).map(|n| service.submit(&notebook(n))).collect();
    let mut seen = BTreeSet::new();
    for id in &ids {
        let ended = service.ended(id);
        assert_eq!(ended["status"], "graded", "{ended}");
        let history = history(&service, id);
        assert_eq!((count(&history, "started"), count(&history, "graded")), (1, 1), "{history:?}");
        seen.extend(graders(&history).into_iter().map(str::to_owned));
    }
    assert_eq!(seen.len(), 2, "both have graded: {seen:?}");

    // One is told to stop while it grades: what runs ends, what waits is left to the other one.
    let [first, second] = workers;
    drop(second);
    let running = service.submit(&lab01_beginning_with("__import__('time').sleep(3)"));
    let waiting = service.submit(&submission("lab01-bruno.ipynb"));
    service.begins(&running);
    let (status, log) = first.stop();
    assert!(status.success() && log.contains("stopped"), "{log}");
    assert_eq!(service.get(&format!("api/v1/submissions/{running}"))["status"], "graded");
    assert_eq!(service.get(&format!("api/v1/submissions/{waiting}"))["status"], "queued");
    assert_eq!(count(&history(&service, &running), "started"), 1);
    let third = Worker::start(&data, &url, &[]);
    assert_eq!(service.ended(&waiting)["status"], "graded");
    assert_eq!(folders(), 1, "the folders of the one that stopped and the one that was killed are gone");
    assert!(third.stop().0.success());
    assert_eq!(folders(), 0);
    assert!(service.log().contains("store=postgres://127.0.0.1"), "{}", service.log());
    assert!(!format!("{}{log}", service.log()).contains("planted-secret"), "a password is in a log");
}

#[test]
fn the_job_of_a_killed_worker_is_taken_by_another_one() {
    let Some(postgres) = testbed::or_skip("workers", Server::start()) else { return };
    let url = postgres.database("grades").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let service = service(&data, &url, &[]);
    let slow = lab01_beginning_with("__import__('time').sleep(4)");

    // One that starts later on the same machine sees that the process is gone, and does not wait for the lease.
    let long = [("OTTER_SERVICE_GRADING_LEASE_S", "3600")];
    let first = Worker::start(&data, &url, &long);
    let id = service.submit(&slow);
    service.begins(&id);
    first.kill();
    let short = [("OTTER_SERVICE_GRADING_LEASE_S", "5")];
    let second = Worker::start(&data, &url, &short);
    assert_eq!(service.ended(&id)["status"], "graded");
    let happened = history(&service, &id);
    assert_eq!((count(&happened, "released"), count(&happened, "graded")), (1, 1), "{happened:?}");
    assert_eq!(graders(&happened).into_iter().collect::<BTreeSet<_>>().len(), 2);

    // One that runs already takes it when the lease has run out.
    let mut workers = vec![second, Worker::start(&data, &url, &short)];
    let id = service.submit(&slow);
    service.begins(&id);
    let happened = history(&service, &id);
    let killed = format!("/{}/", workers[0].pid());
    let at = usize::from(!graders(&happened)[0].contains(&killed));
    workers.remove(at).kill();
    assert_eq!(service.ended(&id)["status"], "graded");
    let happened = history(&service, &id);
    assert_eq!((count(&happened, "started"), count(&happened, "graded")), (2, 1), "{happened:?}");
    assert_eq!(count(&happened, "released"), 0);
    assert!(workers.remove(0).stop().0.success());
}

#[test]
fn a_full_queue_refuses_and_a_newer_submission_takes_the_place_of_one_that_waits() {
    let Some(postgres) = testbed::or_skip("workers", Server::start()) else { return };
    let url = postgres.database("grades").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let settings =
        [("OTTER_SERVICE_QUEUE_MAX_WAITING", "2"), ("OTTER_SERVICE_GRADING_SKIP_SUPERSEDED", "true")];
    let service = service(&data, &url, &settings);
    let older = service.submit(&submission("lab01-ada.ipynb"));
    let newer = service.submit(&submission("lab01-bruno.ipynb"));
    let skipped = service.get(&format!("api/v1/submissions/{older}"));
    assert_eq!(
        (&skipped["status"], &skipped["superseded_by"]),
        (&"superseded".into(), &newer.clone().into())
    );
    let other = service.submit(&submission("hw01-ada.ipynb"));
    let (status, problem) = service.post(serde_json::json!({"nb": submission("hw01-ada.ipynb")}).to_string());
    assert_eq!(
        (status, &problem["type"]),
        (503, &"urn:otter-service:problem:queue-full".into()),
        "{problem}"
    );

    let worker = Worker::start(&data, &url, &[]);
    for id in [&newer, &other] {
        assert_eq!(service.ended(id)["status"], "graded");
    }
    service.ended(&service.submit(&submission("hw01-ada.ipynb")));
    assert!(worker.stop().0.success());
}

#[test]
fn who_starts_while_the_store_is_away_waits_for_it() {
    let Some(mut postgres) = testbed::or_skip("workers", Server::start()) else { return };
    let url = postgres.database("grades").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let elsewhere = worker::command(&data, &url.replace("/grades", "/none")).output().unwrap();
    assert_eq!(elsewhere.status.code(), Some(2), "{}", said(&elsewhere));
    assert!(said(&elsewhere).contains("\"none\" does not exist"), "{}", said(&elsewhere));

    postgres.pause();
    let mut waiting = Running::start(&mut worker::command(&data, &url), &data);
    waiting.says("the store is not there yet", Duration::from_mins(1));
    postgres.resume().unwrap();
    waiting.says("otter-service worker is ready", Duration::from_mins(1));
    assert!(waiting.end_by(Signal::SIGTERM).0.success());
}

#[test]
fn a_worker_without_a_shared_store_says_what_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    let output = program().arg("worker").arg("--data").arg(dir.path().join("data")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("a store that it shares") && said(&output).contains("store.url"),
        "{}",
        said(&output)
    );
    let alone =
        program().args(["config", "check"]).env("OTTER_SERVICE_GRADING_IN_SERVER", "false").output().unwrap();
    assert_eq!(alone.status.code(), Some(2));
    assert!(said(&alone).contains("grading.in_server"), "{}", said(&alone));
}
