//! One grade after the other.

use std::{sync::atomic::Ordering, time::Duration};

use server::{CourierSettings, NoDestination};
use store::{Delivery, PassbackState};

use super::{Act, Outbox, Platforms, again, posted, refused, settings};
use crate::work::soon;

#[tokio::test]
async fn a_grade_is_sent_with_all_that_belongs_to_it() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 3.0).await;
    let platforms = Platforms::new([]);
    let courier = outbox.start(&platforms);
    let record = outbox.until(&submission, PassbackState::Posted).await;
    assert_eq!((record.attempts, record.words.as_deref()), (1, Some("thanks")));
    let sent = platforms.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].submission, &sent[0].key), (submission.id, &submission.key));
    assert_eq!((sent[0].score.get(), sent[0].max_score.get()), (3.0, 5.0));
    assert_eq!(sent[0].grading, record.passback.grading);
    assert_eq!(Some(sent[0].stamp), record.stamp);
    let page = format!("https://hub.example/services/otter_grade/submissions/{}", submission.id);
    assert_eq!(sent[0].page.as_ref().unwrap().as_str(), page);
    // One that comes later is sent without waiting for the next look.
    let slow = CourierSettings { look_again: Duration::from_hours(1), ..settings() };
    let other = outbox.courier(super::Book(platforms), "slow", slow);
    let next = outbox.due("bob", 1.0).await;
    outbox.test.app.news.delivery();
    outbox.until(&next, PassbackState::Posted).await;
    outbox.test.app.stopping.cancel();
    other.ended().await;
    outbox.finish(courier).await;
}

#[tokio::test]
async fn only_the_newest_is_sent_and_never_two_at_once_of_one_user() {
    let outbox = Outbox::new().await;
    let mut old = vec![outbox.due("ada", 1.0).await, outbox.due("ada", 2.0).await];
    let held = outbox.due("ada", 3.0).await;
    let platforms = Platforms::new([Act::Hold]);
    let courier = outbox.start(&platforms);
    soon("the first is being sent", async || platforms.sent().len() == 1).await;
    old.push(outbox.due("ada", 4.0).await);
    let newest = outbox.due("ada", 5.0).await;
    let other = outbox.due("bob", 1.0).await;
    outbox.until(&other, PassbackState::Posted).await;
    assert_eq!(platforms.scores(), [("ada".into(), 3.0), ("bob".into(), 1.0)]);
    platforms.gate.add_permits(1);
    outbox.until(&newest, PassbackState::Posted).await;
    assert_eq!(outbox.record(&held).await.state, PassbackState::Posted);
    for submission in &old {
        assert_eq!(outbox.record(submission).await.state, PassbackState::Superseded);
    }
    let of_ada: Vec<_> = platforms.sent().into_iter().filter(|grade| grade.user.as_str() == "ada").collect();
    assert_eq!(of_ada.iter().map(|grade| grade.score.get()).collect::<Vec<_>>(), [3.0, 5.0]);
    assert!(of_ada[0].stamp < of_ada[1].stamp);
    outbox.finish(courier).await;
}

#[tokio::test]
async fn what_may_work_later_is_tried_again_at_its_time() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 1.0).await;
    let platforms = Platforms::new([Act::Say(again(None)), Act::Say(again(Some(1000))), Act::Panic]);
    let courier = outbox.start(&platforms);
    soon("the first try", async || outbox.record(&submission).await.attempts == 1).await;
    let record = outbox.until(&submission, PassbackState::Pending).await;
    assert_eq!(record.words.as_deref(), Some("busy"));
    let wait = record.due_at.duration_since(record.changed_at).as_secs();
    assert!((9..=13).contains(&wait), "{wait}");
    outbox.test.clock.advance(Duration::from_secs(14));
    soon("the second try", async || {
        let record = outbox.record(&submission).await;
        (record.attempts, record.state) == (2, PassbackState::Pending)
    })
    .await;
    let record = outbox.record(&submission).await;
    assert!(record.due_at.duration_since(record.changed_at).as_secs() >= 1000, "as it was asked");
    let record = outbox.until_later(&submission, PassbackState::Posted).await;
    assert_eq!(record.attempts, 4, "a defect of ours is tried again, too");
    let stamps: Vec<_> = platforms.sent().iter().map(|grade| grade.stamp).collect();
    assert!(stamps.is_sorted() && stamps[0] < stamps[3]);
    outbox.finish(courier).await;
}

#[tokio::test]
async fn what_is_refused_is_not_sent_again_unless_staff_wish_it() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 1.0).await;
    let platforms = Platforms::new([Act::Say(refused()), Act::Say(posted())]);
    let courier = outbox.start(&platforms);
    let record = outbox.until(&submission, PassbackState::Refused).await;
    assert_eq!(record.words.as_deref(), Some("User not found."));
    outbox.test.clock.advance(Duration::from_hours(100));
    let other = outbox.due("bob", 1.0).await;
    outbox.until(&other, PassbackState::Posted).await;
    assert_eq!(platforms.sent().len(), 2);
    assert!(outbox.resend(&submission).await);
    outbox.until(&submission, PassbackState::Posted).await;
    assert_eq!(platforms.sent().len(), 3);
    outbox.finish(courier).await;
}

#[tokio::test]
async fn a_grade_that_can_go_nowhere_says_why() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 1.0).await;
    let none =
        [NoDestination::NotNow("the hub is away".into()), NoDestination::Nowhere("no line item".into())];
    let platforms = Platforms::new(none.map(Act::Without));
    let courier = outbox.start(&platforms);
    soon("the first try", async || outbox.record(&submission).await.words.is_some()).await;
    assert_eq!(outbox.record(&submission).await.words.as_deref(), Some("the hub is away"));
    let record = outbox.until_later(&submission, PassbackState::Refused).await;
    assert_eq!(record.words.as_deref(), Some("no line item"));
    assert!(platforms.sent().is_empty());
    outbox.finish(courier).await;
}

#[tokio::test]
async fn what_never_works_is_given_up_after_the_time_that_is_configured() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 1.0).await;
    let platforms = Platforms::new([]);
    *platforms.otherwise.lock().unwrap() = again(None);
    let hour = CourierSettings { give_up: Duration::from_hours(1), ..settings() };
    let courier = outbox.courier(super::Book(std::sync::Arc::clone(&platforms)), "courier", hour);
    let record = outbox.until_later(&submission, PassbackState::GivenUp).await;
    let took = record.changed_at.duration_since(record.passback.graded_at).as_secs();
    assert!((3600..4300).contains(&took), "{took}");
    assert_eq!(record.words.as_deref(), Some("busy"));
    assert!((5..=15).contains(&record.attempts), "{record:?}");
    // After somebody has mended it, each wish has its own time.
    *platforms.otherwise.lock().unwrap() = posted();
    assert!(outbox.resend(&submission).await);
    outbox.until_later(&submission, PassbackState::Posted).await;
    outbox.finish(courier).await;
}

#[tokio::test]
async fn after_a_long_wait_a_hiccup_is_no_reason_to_give_up() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 1.0).await;
    outbox.test.clock.advance(Duration::from_hours(80));
    let platforms = Platforms::new([Act::Say(again(None)), Act::Say(again(Some(60))), Act::Say(again(None))]);
    let courier = outbox.start(&platforms);
    let record = outbox.until_later(&submission, PassbackState::Posted).await;
    assert_eq!(record.attempts, 4);
    outbox.finish(courier).await;
}

#[tokio::test]
async fn what_is_withheld_on_purpose_stays_here() {
    let outbox = Outbox::new().await;
    let withheld = outbox.graded("ada", 1.0, Delivery::Withheld).await;
    let platforms = Platforms::new([]);
    let courier = outbox.start(&platforms);
    let due = outbox.due("bob", 1.0).await;
    outbox.until(&due, PassbackState::Posted).await;
    assert_eq!(outbox.record(&withheld).await.state, PassbackState::Withheld);
    assert_eq!(platforms.sent().len(), 1);
    assert!(outbox.resend(&withheld).await);
    outbox.until(&withheld, PassbackState::Posted).await;
    outbox.finish(courier).await;
}

#[tokio::test]
async fn where_grades_are_withheld_what_waits_from_before_is_not_sent() {
    let outbox = Outbox::new().await;
    let (backlog, wished) = (outbox.due("ada", 1.0).await, outbox.due("bob", 1.0).await);
    assert!(outbox.resend(&outbox.graded("carl", 1.0, Delivery::Withheld).await).await);
    let platforms = Platforms::new([]);
    let courier = outbox.start_withholding(&platforms);
    soon("what staff asked for is sent", async || platforms.sent().len() == 1).await;
    assert_eq!(platforms.scores(), [("carl".to_owned(), 1.0)]);
    for waits in [&backlog, &wished] {
        outbox.until(waits, PassbackState::Pending).await;
    }
    outbox.finish(courier).await;
    assert_eq!(platforms.sent().len(), 1);
}

#[tokio::test]
async fn never_more_at_once_than_a_platform_may_get() {
    let outbox = Outbox::new().await;
    let mut submissions = vec![];
    for number in 0..12 {
        submissions.push(outbox.due(&format!("a{number}"), 1.0).await);
    }
    let platforms = Platforms::new((0..12).map(|_| Act::Hold));
    let courier = outbox.start(&platforms);
    soon("four are under way", async || platforms.at_once.load(Ordering::SeqCst) == 4).await;
    platforms.gate.add_permits(12);
    for submission in &submissions {
        let record = outbox.until_later(submission, PassbackState::Posted).await;
        assert_eq!(record.attempts, 1, "those that had to wait were not tried");
    }
    assert_eq!(platforms.most_at_once.load(Ordering::SeqCst), 4);
    assert_eq!(platforms.sent().len(), 12);
    outbox.finish(courier).await;
}
