//! Platforms and stores that are away.

use std::time::Duration;

use store::PassbackState;

use super::{Outbox, Platforms, again, posted};
use crate::work::soon;

#[tokio::test]
async fn while_a_platform_is_away_its_grades_wait_and_others_go_on() {
    let outbox = Outbox::new().await;
    let mut of_a = vec![];
    for number in 0..20 {
        of_a.push(outbox.due(&format!("a{number:02}"), 1.0).await);
    }
    let platforms = Platforms::new([]);
    *platforms.otherwise.lock().unwrap() = again(None);
    let courier = outbox.start(&platforms);
    soon("nothing is sent any more", async || {
        let outbox = outbox.store().outbox().await.unwrap();
        platforms.sent().len() >= 5 && outbox.sending == 0
    })
    .await;
    let tried = platforms.sent().len();
    assert!((5..=8).contains(&tried), "five in a row, and what was under way beside them: {tried}");

    *platforms.otherwise.lock().unwrap() = posted();
    let of_b = outbox.due("b", 1.0).await;
    outbox.until(&of_b, PassbackState::Posted).await;
    assert_eq!(platforms.sent().len(), tried + 1);
    for submission in &of_a {
        outbox.until_later(submission, PassbackState::Posted).await;
    }
    let mut attempts = 0;
    for submission in &of_a {
        attempts += outbox.record(submission).await.attempts;
    }
    assert_eq!(usize::try_from(attempts).unwrap(), tried + 20, "waiting is no try");
    outbox.finish(courier).await;
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for_and_nothing_is_sent_twice() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 1.0).await;
    let platforms = Platforms::new([super::Act::Hold]);
    let courier = outbox.start(&platforms);
    soon("it is being sent", async || platforms.sent().len() == 1).await;
    outbox.test.store.set_away(true);
    platforms.gate.add_permits(1);
    soon("it is told to the store", async || outbox.test.store.refused() > 3).await;
    outbox.test.store.set_away(false);
    outbox.until(&submission, PassbackState::Posted).await;
    outbox.test.clock.advance(Duration::from_mins(10));
    let next = outbox.due("bob", 1.0).await;
    outbox.until(&next, PassbackState::Posted).await;
    assert_eq!(platforms.scores(), [("ada".into(), 1.0), ("bob".into(), 1.0)]);
    outbox.finish(courier).await;
}
