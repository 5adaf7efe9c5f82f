//! Answers that are lost, refusals, and silence.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use libtest_mimic::Trial;
use model::{Fault, GradePolicy, Step};
use store::{
    Delivery, Effects, FirestoreSettings, FirestoreStore, PassbackOutcome, Regrade, Retry, Status, Store,
    StoreError, WorkerRecord,
    contract::kit::{
        LEASE, accepted, assert_queue, at, by, claim, entry, grading, gradings, page, points, report, staff,
        status, steps, worker,
    },
};
use tokio::{net::TcpListener, time::timeout};

use super::{
    proxy::{self, Mischief},
    raw::Raw,
    trial,
};

pub(crate) fn trials(host: &Arc<str>) -> Vec<Trial> {
    vec![
        trial(host, "outages::what_happened_though_its_answer_was_lost_happens_once", lost_answers),
        trial(host, "outages::a_lost_answer_to_a_wish_does_it_once", lost_wishes),
        trial(host, "outages::a_short_refusal_is_overcome", short_refusal),
        trial(host, "outages::a_long_refusal_is_told_and_nothing_happened", long_refusal),
        trial(host, "outages::silence_is_told", silence),
        trial(host, "outages::a_database_that_is_away_is_told", away),
    ]
}

/// The store behind a proxy.
async fn behind(settings: &FirestoreSettings) -> (FirestoreStore, Arc<Mischief>) {
    let (address, mischief) = proxy::before(settings.emulator.as_ref().unwrap()).await;
    let settings = FirestoreSettings { emulator: Some(address.to_string()), ..settings.clone() };
    (FirestoreStore::open(settings).await.unwrap(), mischief)
}

/// The answer to the next commit is lost.
fn lose(mischief: &Mischief) {
    assert_eq!(mischief.lose.swap(1, Ordering::SeqCst), 0, "the last one was lost");
}

const DUE: Effects = Effects { policy: GradePolicy::Latest, delivery: Delivery::Due };

async fn lost_answers(direct: FirestoreStore, settings: FirestoreSettings) {
    let (store, mischief) = behind(&settings).await;
    let raw = Raw::of(&settings);

    lose(&mischief);
    let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
    assert_eq!(raw.all("submissions").await.len(), 1);
    assert_queue(&direct, 1, 1, 0).await;

    lose(&mischief);
    let job = claim(&store, "w", 10).await;
    lose(&mischief);
    store.renew(&job.lease, at(11), LEASE).await.unwrap();
    lose(&mischief);
    store.progress(&job.lease, at(12), vec![Step::Cell { cell: 1, of: 2 }]).await.unwrap();
    lose(&mischief);
    store.release(&job.lease, at(13)).await.unwrap();
    let job = claim(&store, "w", 14).await;
    assert_eq!((job.attempt, job.claims, job.lease.token), (1, 2, 2));
    lose(&mischief);
    let fault = Fault::passing("no memory");
    store.record_fault(&job.lease, grading(20), &fault, Retry::At(at(21))).await.unwrap();
    let job = claim(&store, "w", 22).await;
    assert_eq!(job.attempt, 2);
    lose(&mischief);
    let report = report(3.0, 4.0);
    store.record_report(&job.lease, grading(30), &report, Some(b"{}"), DUE).await.unwrap();
    assert_eq!(status(&direct, &submission).await, Status::Graded);
    assert_eq!(raw.all("grades").await.len(), 1);

    lose(&mischief);
    let sent = store.claim_passback(&worker("s"), at(40), LEASE).await.unwrap().unwrap();
    assert_eq!((sent.attempt, sent.lease.token), (1, 1));
    lose(&mischief);
    store.settle_passback(&sent.lease, at(41), PassbackOutcome::Posted, None).await.unwrap();

    let started = |attempt| Step::Started { attempt };
    let expected = [
        Step::Received,
        Step::Queued { position: 1 },
        started(1),
        Step::Cell { cell: 1, of: 2 },
        Step::Released,
        started(1),
        Step::Delayed { retry_at: at(21) },
        started(2),
        Step::Question { name: "q1".into(), score: points(3.0), max_score: points(4.0) },
        Step::Graded { score: points(3.0), max_score: points(4.0) },
        Step::Sending { attempt: 1 },
        Step::Posted,
    ];
    assert_eq!(steps(&direct, &submission).await, expected);
    assert_eq!(gradings(&direct, &submission).await.len(), 2);
    assert_eq!(mischief.lose.load(Ordering::SeqCst), 0);
}

async fn lost_wishes(direct: FirestoreStore, settings: FirestoreSettings) {
    let (store, mischief) = behind(&settings).await;
    let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
    let job = claim(&store, "w", 10).await;
    store.record_report(&job.lease, grading(20), &report(3.0, 4.0), None, DUE).await.unwrap();
    let sent = store.claim_passback(&worker("s"), at(30), LEASE).await.unwrap().unwrap();
    store.settle_passback(&sent.lease, at(31), PassbackOutcome::Refused, Some("no")).await.unwrap();

    lose(&mischief);
    let wish = entry("resend", &submission, 40);
    assert!(store.resend(&staff(&submission), sent.passback.grading, &wish).await.unwrap());
    lose(&mischief);
    let wish = entry("regrade", &submission, 41);
    assert_eq!(store.regrade(&staff(&submission), submission.id, &wish).await.unwrap(), Regrade::Queued);
    lose(&mischief);
    store.audit(&entry("export", &submission, 42)).await.unwrap();
    lose(&mischief);
    let alive =
        WorkerRecord { id: worker("w"), version: "1".into(), jobs: 2, started_at: at(0), seen_at: at(43) };
    store.heartbeat(&alive).await.unwrap();
    assert_eq!(direct.audits(None, page(None, 10)).await.unwrap().len(), 3);
    assert_eq!(direct.workers().await.unwrap(), [alive]);

    let whole = direct.wholes(None, None, 10).await.unwrap();
    lose(&mischief);
    store.put_whole(&whole[0]).await.unwrap();
    assert_eq!(direct.wholes(None, None, 10).await.unwrap(), whole);
    lose(&mischief);
    assert_eq!(store.erase(&submission.user, &entry("erase", &submission, 44)).await.unwrap(), 1);
    assert_eq!(direct.wholes(None, None, 10).await.unwrap(), []);
    assert_eq!(mischief.lose.load(Ordering::SeqCst), 0);
}

async fn short_refusal(direct: FirestoreStore, settings: FirestoreSettings) {
    let (store, mischief) = behind(&settings).await;
    mischief.refuse.store(2, Ordering::SeqCst);
    let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
    assert_eq!(mischief.refuse.load(Ordering::SeqCst), 0);
    assert_eq!(steps(&direct, &submission).await.len(), 2);
}

async fn long_refusal(direct: FirestoreStore, settings: FirestoreSettings) {
    let (store, mischief) = behind(&settings).await;
    mischief.refuse.store(u32::MAX, Ordering::SeqCst);
    let new = by("ada", "88e/1/lab01", 0);
    let error = store.accept(new.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!error.to_string().contains("cells"), "no content: {error}");
    assert_queue(&direct, 1, 0, 0).await;
    mischief.refuse.store(0, Ordering::SeqCst);
    store.accept(new).await.unwrap();
}

async fn silence(_: FirestoreStore, settings: FirestoreSettings) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = vec![];
        while let Ok((client, _)) = listener.accept().await {
            open.push(client);
        }
    });
    let silent = FirestoreSettings { emulator: Some(address.to_string()), ..settings };
    let opened = timeout(Duration::from_mins(5), FirestoreStore::open(silent)).await.expect("an end");
    let error = opened.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

async fn away(_: FirestoreStore, settings: FirestoreSettings) {
    let port = testbed::free_port().unwrap();
    let away = FirestoreSettings { emulator: Some(format!("127.0.0.1:{port}")), ..settings };
    let error = FirestoreStore::open(away).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
}
