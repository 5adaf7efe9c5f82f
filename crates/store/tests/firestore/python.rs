//! The Python service's collections, field by field as it wrote them itself (`python-service.json`).

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use store::{
    Delivery, Effects, FirestoreSettings, FirestoreStore, PassbackOutcome, Retention, Store,
    contract::kit::{LEASE, accepted, at, claim, entry, grading, notebook_of, only, own, report, worker},
};

use super::{raw::Raw, trial};

pub(crate) fn trials(host: &Arc<str>) -> Vec<Trial> {
    vec![
        trial(host, "python::collections_are_as_the_python_service_wrote_them", as_written),
        trial(host, "python::without_verbose_logs_only_errors_are_logged", only_errors),
        trial(host, "python::a_notebook_that_is_no_map_is_omitted_and_kept", omitted),
        trial(host, "python::a_notebook_goes_when_its_time_is_over", expired),
        trial(host, "python::documents_of_the_python_service_are_erased_with_its_user", erased),
    ]
}

fn sample() -> Value {
    serde_json::from_str(include_str!("python-service.json")).unwrap()
}

/// The time that a document of the sample has, after the beginning of the case, in milliseconds.
fn time_of(document: &Value) -> i64 {
    let text = document["timestamp"]["stringValue"].as_str().unwrap();
    let (seconds, milliseconds) = text.split_once(',').unwrap();
    // All of them are of one November, when California is eight hours behind.
    let zoned: jiff::Timestamp = format!("{}.{milliseconds}-08", seconds.replace(' ', "T")).parse().unwrap();
    zoned.as_millisecond() - at(0).as_millisecond()
}

/// Submits the sample's notebook, grades it and fails to deliver the grade.
async fn as_the_sample(store: &FirestoreStore) {
    let sample = sample();
    let notebook = serde_json::to_vec(&sample["notebook"]).unwrap();
    let received = time_of(&sample["submissions"][0]);
    store.accept(notebook_of("ada", "88e/1/lab01", received, notebook)).await.unwrap();
    let job = claim(store, "w", received).await;
    let effects = Effects { delivery: Delivery::Due, ..only(model::GradePolicy::Latest) };
    let graded = time_of(&sample["grades"][0]);
    store.record_report(&job.lease, grading(graded), &report(2.0, 3.0), None, effects).await.unwrap();
    let sent = store.claim_passback(&worker("s"), at(graded), LEASE).await.unwrap().unwrap();
    let refused = time_of(&sample["logs"][1]);
    store.settle_passback(&sent.lease, at(refused), PassbackOutcome::Refused, Some("no")).await.unwrap();
}

async fn as_written(_: FirestoreStore, settings: FirestoreSettings) {
    let settings = FirestoreSettings { verbose_logs: true, ..settings };
    as_the_sample(&FirestoreStore::open(settings.clone()).await.unwrap()).await;
    let (raw, sample) = (Raw::of(&settings), sample());
    for kind in ["submissions", "grades"] {
        let found: Vec<_> = raw.all(kind).await.into_iter().map(|(_, fields)| fields).collect();
        assert_eq!(json!(found), sample[kind], "{kind}");
    }
    let logs: Vec<_> = raw.all("logs").await.into_iter().map(|(_, fields)| fields).collect();
    let messages: Vec<_> = logs.iter().map(|line| line["message"]["stringValue"].as_str().unwrap()).collect();
    let expected = [
        "user submission saved to logs",
        "Grade: 0.667",
        "Grade Written to database: 0.667",
        "Problem Posting Grade to LTI:no",
    ];
    assert_eq!(messages, expected);
    let without_time = |line: &Value| {
        let mut line = line.clone();
        line["timestamp"].take();
        line
    };
    for (found, expected) in [(&logs[0], &sample["logs"][0]), (&logs[3], &sample["logs"][1])] {
        assert_eq!(without_time(found), without_time(expected));
    }
    assert_eq!(logs[3]["timestamp"], sample["logs"][1]["timestamp"]);
}

async fn only_errors(store: FirestoreStore, settings: FirestoreSettings) {
    as_the_sample(&store).await;
    let logs = Raw::of(&settings).all("logs").await;
    let kinds: Vec<_> = logs.iter().map(|(_, line)| line["type"]["stringValue"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["error"]);
}

async fn omitted(store: FirestoreStore, settings: FirestoreSettings) {
    let deep = format!("{{\"a\": {}1{}}}", "{\"b\": ".repeat(30), "}".repeat(30));
    let table = [
        (r#"{"cells": [[1, 2], [3]]}"#.to_owned(), "it has a list of lists"),
        ("not JSON".to_owned(), "it is not a JSON object"),
        ("[]".to_owned(), "it is not a JSON object"),
        (r#"{"": 1}"#.to_owned(), "it has a name that Firestore does not take"),
        (r#"{"__x__": 1}"#.to_owned(), "it has a name that Firestore does not take"),
        (r#"{"n": 18446744073709551615}"#.to_owned(), "it has a number that Firestore does not take"),
        (json!({ "cells": vec![1; 20_000] }).to_string(), "it has too many values for one document"),
        (
            json!({ "text": "x".repeat(790_000), "more": "y".repeat(9_900) }).to_string(),
            "it is too large for one document",
        ),
        (json!({ "text": "x".repeat(2_000_000) }).to_string(), "it is too large for one document"),
        (deep, "it is nested too deeply"),
    ];
    let raw = Raw::of(&settings);
    for (ms, (notebook, reason)) in (0..).zip(table) {
        let new = notebook_of("ada", "88e/1/lab01", ms, notebook.clone().into_bytes());
        let submission = new.submission.clone();
        store.accept(new).await.unwrap();
        let read = store.notebook(&own(&submission), submission.id).await.unwrap().unwrap();
        assert!(read == notebook.as_bytes(), "{reason}");
        let all = raw.all("submissions").await;
        let (_, fields) = all.iter().find(|(id, _)| *id == submission.id.to_string()).unwrap();
        assert_eq!(fields["notebook_omitted"]["stringValue"], reason);
        let reference = fields["notebook_reference"]["referenceValue"].as_str().unwrap();
        assert!(reference.ends_with(&format!("-otter-submissions/{}", submission.id)), "{reference}");
        assert!(fields.get("notebook").is_none());
    }
    // One that just fits.
    let fits = json!({ "cells": vec![json!({ "source": "x".repeat(7000) }); 100] }).to_string();
    let new = notebook_of("bob", "88e/1/lab01", 100, fits.into_bytes());
    let id = new.submission.id.to_string();
    store.accept(new).await.unwrap();
    let all = raw.all("submissions").await;
    let (_, fields) = all.iter().find(|(name, _)| *name == id).unwrap();
    assert!(fields["notebook"]["mapValue"]["fields"]["cells"]["arrayValue"]["values"].is_array());
}

async fn expired(store: FirestoreStore, settings: FirestoreSettings) {
    as_the_sample(&store).await;
    let all = Retention { notebooks_before: Some(at(i64::MAX >> 20)), events_before: None };
    assert_eq!(store.expire(all, 10).await.unwrap().notebooks, 1);
    let (_, fields) = Raw::of(&settings).all("submissions").await.remove(0);
    assert!(fields.get("notebook").is_none());
    assert_eq!(fields["notebook_omitted"]["stringValue"], "it was removed because of its age");
    assert_eq!(fields["user"]["stringValue"], "ada");
}

async fn erased(store: FirestoreStore, settings: FirestoreSettings) {
    let (raw, sample) = (Raw::of(&settings), sample());
    for kind in ["submissions", "grades", "logs"] {
        raw.add(kind, "by-python", &sample[kind][0]).await;
        let mut of_another = sample[kind][0].clone();
        of_another["user"]["stringValue"] = json!("bob");
        raw.add(kind, "of-another", &of_another).await;
    }
    let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
    assert_eq!(store.erase(&submission.user, &entry("erase", &submission, 1)).await.unwrap(), 1);
    for kind in ["submissions", "grades", "logs"] {
        let left: Vec<_> = raw.all(kind).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(left, ["of-another"], "{kind}");
    }
    for kind in ["submissions", "events", "gradings", "grades", "passbacks", "chunks"] {
        assert_eq!(raw.all(&format!("otter-{kind}")).await, [], "{kind}");
    }
}
