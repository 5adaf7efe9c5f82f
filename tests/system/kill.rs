//! A service that is killed loses nothing and grades nothing twice.

use std::time::Duration;

use crate::{notebooks::beginning_with, processes::lives, service::Service};

#[test]
fn twenty_submissions_survive_a_kill_in_their_midst_and_are_graded_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let service = Service::start(&data);
    let names = ["lab01-ada.ipynb", "lab01-bruno.ipynb", "hw01-ada.ipynb", "lab01-emi.ipynb"];
    // Each takes its time, so that some run when the service is killed.
    let ids: Vec<String> = (0..20)
        .map(|n| service.submit(&beginning_with("__import__('time').sleep(1)", names[n % names.len()])))
        .collect();
    service.ended(&ids[2]);
    // All that it starts has a path in its data folder on its command line or in its environment.
    let place = data.display().to_string();
    let until = |what: &str, happened: &dyn Fn() -> bool| {
        let mut looks = 0..1000;
        while !happened() {
            assert!(looks.next().is_some(), "it never happened: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    service.kill();
    until("nothing outlives the service", &|| !lives(&place));

    let service = Service::start(&data);
    let mut interrupted = 0;
    for (n, id) in ids.iter().enumerate() {
        let seen = service.ended(id);
        assert_eq!(seen["status"], "graded", "{seen}");
        let expected = if names[n % names.len()] == "lab01-emi.ipynb" { 0.0 } else { 1.0 };
        let report = &seen["grading"]["report"];
        let part = report["score"].as_f64().unwrap() / report["max_score"].as_f64().unwrap();
        assert!((part >= 0.8) == (expected > 0.5), "{}: {report}", names[n % names.len()]);
        let events = service.text(&format!("api/v1/submissions/{id}/events"));
        assert_eq!(events.matches("event: graded").count(), 1, "{events}");
        interrupted += events.matches("event: released").count();
        assert_eq!(events.matches("event: started").count(), 1 + events.matches("event: released").count());
    }
    assert!(interrupted >= 1, "at least one grading was interrupted by the kill");
    let left = std::fs::read_dir(data.join("gradings")).unwrap().count();
    assert_eq!(left, 0, "temporary folders left over");
}
