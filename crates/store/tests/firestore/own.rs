//! What is in the database, and what becomes of it when something is wrong with it.

use std::{collections::BTreeSet, sync::Arc};

use libtest_mimic::Trial;
use model::{GradePolicy, Submission};
use serde_json::{Value, json};
use store::{
    FirestoreSettings, FirestoreStore, NewSubmission, Page, Retention, Scope, Store, StoreError,
    contract::kit::{
        DUE, LEASE, LEASE_MS, accepted, assert_idle, assert_queue, at, by, claim, finish, finish_executed,
        graded, noise, notebook_of, own, report, worker,
    },
};

use super::{raw::Raw, trial};

pub(crate) fn trials(host: &Arc<str>) -> Vec<Trial> {
    vec![
        trial(host, "own::a_notebook_of_20_mib_is_kept_in_pieces", large),
        trial(host, "own::pieces_that_belong_to_nothing_are_swept_away", orphans),
        trial(host, "own::each_malformed_value_is_named", damage),
        trial(host, "own::an_unreadable_job_does_not_hold_up_the_queue", unreadable_job),
        trial(host, "own::an_unreadable_delivery_does_not_hold_up_the_outbox", unreadable_delivery),
        trial(host, "own::a_database_of_a_newer_version_is_refused", newer),
        trial(host, "own::processes_share_the_queue", shared),
    ]
}

async fn large(store: FirestoreStore, settings: FirestoreSettings) {
    let notebook = noise(20 * 1024 * 1024);
    let new = notebook_of("ada", "88e/1/lab01", 0, notebook.clone());
    let submission = new.submission.clone();
    store.accept(new).await.unwrap();
    let read = store.notebook(&own(&submission), submission.id).await.unwrap().unwrap();
    assert!(read == notebook, "the notebook changed");
    let pieces = Raw::of(&settings).all("otter-chunks").await;
    assert!(pieces.len() > 20);
    for (id, fields) in &pieces {
        assert!(fields.get("pending").is_none(), "{id} belongs to nothing");
        // Bytes are a third longer as text.
        assert!(fields["data"]["bytesValue"].as_str().unwrap().len() * 3 / 4 < 1_000_000);
    }
    let job = claim(&store, "w", 10).await;
    finish_executed(&store, &job, &noise(3_000_000), 20).await;
    let all = Retention { notebooks_before: Some(at(30)), events_before: None };
    assert_eq!(store.expire(all, 10).await.unwrap().notebooks, 1);
    assert_eq!(Raw::of(&settings).all("otter-chunks").await, []);
}

async fn orphans(store: FirestoreStore, settings: FirestoreSettings) {
    let raw = Raw::of(&settings);
    let orphan = json!({ "data": { "bytesValue": "AAAA" }, "pending": { "booleanValue": true } });
    raw.add("otter-chunks", "of-nothing~0000", &orphan).await;
    let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
    store.expire(Retention::default(), 10).await.unwrap();
    assert_eq!(raw.all("otter-chunks").await.len(), 2, "it may yet belong to something");
    let impatient =
        FirestoreStore::open(FirestoreSettings { sweep_after_seconds: 0, ..settings }).await.unwrap();
    impatient.expire(Retention::default(), 10).await.unwrap();
    assert_eq!(raw.all("otter-chunks").await.len(), 1);
    assert!(store.notebook(&own(&submission), submission.id).await.unwrap().is_some());
}

/// Asks for everything about a submission, and gives the first complaint.
async fn complaint(store: &FirestoreStore, submission: &Submission) -> String {
    let scope = own(submission);
    let ask = async || {
        store.events(&scope, submission.id, 0).await?;
        store.gradings(&scope, submission.id).await?;
        store.grade(&submission.user, &submission.key).await?;
        store.submission(&scope, submission.id).await?;
        store.notebook(&scope, submission.id).await?;
        store.executed(&scope, submission.id).await?;
        Ok(())
    };
    match ask().await {
        Err(StoreError::Corrupt { what }) => what,
        other => panic!("{other:?}"),
    }
}

async fn damage(store: FirestoreStore, settings: FirestoreSettings) {
    let raw = Raw::of(&settings);
    let table: [(&str, &str, Option<Value>); 13] = [
        ("submissions", "sha256", Some(json!({ "stringValue": "abc" }))),
        ("submissions", "section", Some(json!({ "stringValue": "../up" }))),
        ("submissions", "received_at", Some(json!({ "integerValue": "9223372036854775807" }))),
        ("submissions", "size_bytes", Some(json!({ "integerValue": "-1" }))),
        ("submissions", "state", Some(json!({ "stringValue": "lost" }))),
        ("submissions", "lane", Some(json!({ "integerValue": "1" }))),
        ("submissions", "token", None),
        ("events", "events", Some(json!({ "arrayValue": { "values": [{ "stringValue": "{}" }] } }))),
        ("gradings", "revision", None),
        ("gradings", "report", Some(json!({ "bytesValue": "ABEiMw==" }))),
        ("gradings", "fault", Some(json!({ "stringValue": "[]" }))),
        ("grades", "score", Some(json!({ "doubleValue": "NaN" }))),
        ("chunks", "data", None),
    ];
    for (number, (kind, field, value)) in table.into_iter().enumerate() {
        let user = format!("user{number}");
        let submission = accepted(&store, &user, "88e/1/lab01", 0).await;
        let job = claim(&store, "w", 10).await;
        finish_executed(&store, &job, &noise(1000), 20).await;
        let kind = format!("otter-{kind}");
        let id = submission.id.to_string();
        let documents = raw.all(&kind).await;
        let (document, _) = documents
            .iter()
            .find(|(name, _)| name.starts_with(&id) || name.ends_with(&format!("~{user}")))
            .unwrap();
        match value {
            Some(value) => raw.set(&kind, document, field, value).await,
            None => raw.remove(&kind, document, Some(field)).await,
        }
        let what = complaint(&store, &submission).await;
        let expected = format!("{}-{kind}/{document}, field {field}: ", settings.environment);
        assert!(what.starts_with(&expected), "{what} is not {expected}");
    }

    let submission = accepted(&store, "eve", "88e/1/lab01", 100).await;
    let pieces = raw.all("otter-chunks").await;
    let (piece, _) = pieces.iter().find(|(name, _)| name.starts_with(&submission.id.to_string())).unwrap();
    raw.remove("otter-chunks", piece, None).await;
    let what = complaint(&store, &submission).await;
    assert_eq!(what, format!("{}-otter-chunks/{piece} is missing", settings.environment));
}

async fn unreadable_job(store: FirestoreStore, settings: FirestoreSettings) {
    let broken = accepted(&store, "ada", "88e/1/lab01", 0).await;
    let sound = accepted(&store, "bob", "88e/1/lab01", 1).await;
    let id = broken.id.to_string();
    Raw::of(&settings).set("otter-submissions", &id, "user", json!({ "stringValue": "" })).await;
    // It refuses nothing newer of the same user either.
    let newer = NewSubmission { supersedes: true, ..by("ada", "88e/1/lab01", 2) };
    let newest = newer.submission.clone();
    store.accept(newer).await.unwrap();
    let error = store.claim(&worker("w"), at(10), LEASE).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { what } if what.contains("field user")), "{error:?}");
    assert_eq!(claim(&store, "w", 10).await.submission, sound);
    assert_eq!(claim(&store, "w", 10).await.submission, newest);
    assert_idle(&store, 10 + LEASE_MS - 1).await;
    assert_queue(&store, 10, 0, 2).await;
}

async fn unreadable_delivery(store: FirestoreStore, settings: FirestoreSettings) {
    let broken = graded(&store, "ada", 0, 1.0, DUE).await;
    let sound = graded(&store, "bob", 10, 2.0, DUE).await;
    let next = async |ms| store.claim_passback(&worker("s"), at(ms), LEASE).await;
    let under_way = next(20).await.unwrap().unwrap();
    assert_eq!(under_way.passback.submission, broken.id);
    let document = under_way.passback.grading.to_string();
    Raw::of(&settings).set("otter-passbacks", &document, "score", json!({ "doubleValue": "NaN" })).await;
    let newer = graded(&store, "ada", 30, 2.0, DUE).await;
    let mut sent = BTreeSet::new();
    let mut complaints = vec![];
    for _ in 0..4 {
        match next(20 + LEASE_MS).await {
            Ok(job) => sent.extend(job.map(|job| job.passback.submission)),
            Err(error) => complaints.push(error.to_string()),
        }
    }
    assert_eq!(sent, BTreeSet::from([sound.id, newer.id]), "{complaints:?}");
    assert!(matches!(&complaints[..], [one] if one.contains("field score")), "{complaints:?}");
    let outbox = store.outbox().await.unwrap();
    assert_eq!((outbox.sending, outbox.given_up), (2, 1));
    let course = Scope::Course("88e".parse().unwrap());
    let listed = store.deliveries(&course, &[], Page { before: None, limit: 10 }).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.passback.submission).collect::<Vec<_>>(), [newer.id, sound.id]);
}

async fn newer(store: FirestoreStore, settings: FirestoreSettings) {
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    Raw::of(&settings).set("otter-meta", "schema", "version", json!({ "integerValue": "9999" })).await;
    let error = FirestoreStore::open(settings.clone()).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Newer { place } if place.contains(&settings.environment)),
        "{error:?}"
    );
}

async fn shared(store: FirestoreStore, settings: FirestoreSettings) {
    for ms in 0..40 {
        accepted(&store, &format!("user{ms}"), "88e/1/lab01", ms).await;
    }
    let work = async |number: usize| {
        // Each is as a process of its own: they share nothing but the database.
        let store = FirestoreStore::open(settings.clone()).await.unwrap();
        let (name, mut claimed) = (worker(&format!("w{number}")), vec![]);
        while let Some(job) = store.claim(&name, at(100), LEASE).await.unwrap() {
            finish(&store, &job, &report(1.0, 1.0), GradePolicy::Latest, 200).await;
            claimed.push(job.submission.id);
            assert!(claimed.len() <= 40, "a job was claimed twice");
        }
        claimed
    };
    let claimed = futures_util::future::join_all((0..4).map(work)).await;
    let claimed: Vec<_> = claimed.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 40);
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>().len(), 40);
    assert_queue(&store, 100, 0, 0).await;
}
