//! Submissions are kept, exactly and each one.

use futures_util::future::join_all;
use model::Step;

use super::kit::{
    assert_queue, at, by, claim, events, grade, gradings, noise, notebook_of, own, record, staff, status,
    steps,
};
use crate::{
    records::{NewSubmission, Status, SubmissionRecord},
    store::Store,
};

pub(super) async fn a_notebook_reads_back_byte_for_byte(store: &dyn Store) {
    let text = br#"{"cells": [{"cell_type": "code", "source": "1 + 1 \u0000"}],  "nbformat": 4 }"#;
    let notebooks = [
        vec![],
        b"{}".to_vec(),
        b"\0\xff\xfe not text \r\n\0".to_vec(),
        text.repeat(130_000 / text.len()),
        text.repeat(5_000_000 / text.len()),
        noise(5_000_000),
    ];
    for (ms, bytes) in (0..).zip(notebooks) {
        let new = notebook_of("ada", "88e/1/lab01", ms, bytes.clone());
        let submission = new.submission.clone();
        store.accept(new).await.unwrap();
        let job = claim(store, "w", ms).await;
        // Compared without printing megabytes.
        let read = [
            store.notebook(&own(&submission), submission.id).await.unwrap().unwrap(),
            store.notebook(&staff(&submission), submission.id).await.unwrap().unwrap(),
            store.notebook_to_grade(&job.lease).await.unwrap(),
        ];
        assert!(read.iter().all(|read| *read == bytes), "the notebook of {} bytes changed", bytes.len());
        assert_eq!(job.submission, submission);
    }
}

pub(super) async fn what_is_accepted_waits_and_says_so(store: &dyn Store) {
    let new = by("ada lovelace ✓ 'quoted'", "88e/1/lab01", 5);
    let submission = new.submission.clone();
    assert_eq!(store.accept(new).await.unwrap().position, 1);
    let (status, grading, fault) = (Status::Queued, None, None);
    let expected = SubmissionRecord { submission: submission.clone(), status, grading, fault };
    assert_eq!(record(store, &submission).await, expected);
    assert_eq!(steps(store, &submission).await, [Step::Received, Step::Queued { position: 1 }]);
    assert!(events(store, &submission).await.iter().all(|event| event.at == at(5)));
    assert_eq!(gradings(store, &submission).await, []);
    assert_eq!(grade(store, &submission).await, None);
}

pub(super) async fn places_count_up_and_move_up(store: &dyn Store) {
    let mut waiting = vec![];
    for (place, ms) in (1..).zip([10, 20, 30]) {
        let new = by("ada", "88e/1/lab01", ms);
        waiting.push(new.submission.clone());
        assert_eq!(store.accept(new).await.unwrap().position, place);
    }
    let mut places = vec![];
    for submission in &waiting {
        places.push(store.position(&own(submission), submission.id).await.unwrap());
    }
    assert_eq!(places, [Some(1), Some(2), Some(3)]);

    claim(store, "w", 100).await;
    places.clear();
    for submission in &waiting {
        places.push(store.position(&staff(submission), submission.id).await.unwrap());
    }
    assert_eq!(places, [None, Some(1), Some(2)]);
}

pub(super) async fn an_id_is_accepted_once(store: &dyn Store) {
    let first = by("ada", "88e/1/lab01", 1);
    let submission = first.submission.clone();
    let mut again = notebook_of("eve", "8x/1/lab01", 2, b"another".to_vec());
    again.submission.id = submission.id;
    store.accept(first.clone()).await.unwrap();
    store.accept(again).await.unwrap_err();
    assert_eq!(record(store, &submission).await.submission, submission);
    assert_eq!(steps(store, &submission).await.len(), 2);
    let notebook = store.notebook(&own(&submission), submission.id).await.unwrap();
    assert_eq!(notebook, Some(first.notebook));
    assert_queue(store, 9, 1, 0).await;
}

pub(super) async fn fifty_accepted_at_once_are_all_kept(store: &dyn Store) {
    let all: Vec<_> = (0..50).map(|n| by(&format!("user{n}"), "88e/1/lab01", n % 3)).collect();
    let results = join_all(all.iter().map(|new| store.accept(new.clone()))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    for NewSubmission { submission, notebook, .. } in all {
        assert_eq!(record(store, &submission).await.submission, submission);
        let kept = store.notebook(&own(&submission), submission.id).await.unwrap();
        assert_eq!(kept, Some(notebook));
        assert_eq!(steps(store, &submission).await.len(), 2);
    }
    assert_queue(store, 9, 50, 0).await;
}

pub(super) async fn two_submissions_of_a_user_at_once_are_both_kept(store: &dyn Store) {
    let (one, two) = (by("ada", "88e/1/lab01", 7), by("ada", "88e/1/lab01", 7));
    let results = join_all([store.accept(one.clone()), store.accept(two.clone())]).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    for new in [one, two] {
        assert_eq!(status(store, &new.submission).await, Status::Queued);
    }
    assert_queue(store, 9, 2, 0).await;
}
