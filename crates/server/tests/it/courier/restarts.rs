//! Processes that end, and several at once.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use model::ambient::Clock;
use passback::Destination;
use server::{
    Courier, CourierSettings, Destinations, NoDestination,
    testing::{ManualClock, TestApp},
};
use store::{Passback, PassbackState, WorkerId};

use super::{Act, Book, Outbox, Platforms, settings};
use crate::work::soon;

/// A courier of a process that can end by itself.
struct Process {
    courier: Courier,
    workshop: Arc<server::Workshop>,
}

impl Process {
    fn start(test: &TestApp, platforms: &Arc<Platforms>, name: &str) -> Self {
        let ours = &test.app.workshop;
        let workshop = Arc::new(server::Workshop::new(
            Arc::clone(&ours.store),
            Arc::clone(&ours.materials),
            ours.rules.clone(),
            Arc::clone(&ours.clock),
            Arc::clone(&ours.entropy),
        ));
        let book: Arc<dyn server::Destinations> = Arc::new(Book(Arc::clone(platforms)));
        let quick = CourierSettings { drain: Duration::from_millis(10), ..settings() };
        let courier = Courier::start(&workshop, &book, &WorkerId(name.into()), quick);
        Self { courier, workshop }
    }

    async fn end(self) {
        self.workshop.stopping.cancel();
        self.courier.ended().await;
    }
}

/// Attack 68: the platform gets it twice, and it is the same grade of the same delivery.
#[tokio::test]
async fn what_was_under_way_when_a_process_ended_is_sent_again_as_the_same() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 2.0).await;
    let platforms = Platforms::new([Act::Hold]);
    let first = Process::start(&outbox.test, &platforms, "first");
    soon("it is being sent", async || platforms.sent().len() == 1).await;
    first.end().await;
    assert_eq!(outbox.record(&submission).await.state, PassbackState::Sending);

    let second = Process::start(&outbox.test, &platforms, "second");
    outbox.test.clock.advance(Duration::from_mins(4));
    let record = outbox.until(&submission, PassbackState::Posted).await;
    assert_eq!(record.attempts, 2);
    let sent = platforms.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!((sent[0].grading, sent[0].score), (sent[1].grading, sent[1].score));
    assert!(
        sent[0].stamp < sent[1].stamp,
        "a platform that looks at it refuses the first, should it come late"
    );
    second.end().await;
    outbox.test.finish().await;
}

/// The first who asks for a place gets it when more time has gone by than a lease leaves for a try.
struct Asleep {
    book: Book,
    clock: Arc<ManualClock>,
    has_slept: AtomicBool,
}

#[async_trait]
impl Destinations for Asleep {
    async fn of(&self, passback: &Passback) -> Result<Box<dyn Destination>, NoDestination> {
        if !self.has_slept.swap(true, Ordering::SeqCst) {
            self.clock.advance(Duration::from_mins(2));
        }
        self.book.of(passback).await
    }
}

/// Another process may have sent a newer grade meanwhile.
#[tokio::test]
async fn a_process_that_slept_sends_nothing_of_before() {
    let outbox = Outbox::new().await;
    let submission = outbox.due("ada", 2.0).await;
    let platforms = Platforms::new([]);
    let clock = Arc::clone(&outbox.test.clock);
    let woken = clock.now() + Duration::from_mins(2);
    let asleep = Asleep { book: Book(Arc::clone(&platforms)), clock, has_slept: AtomicBool::new(false) };
    let courier = outbox.courier(asleep, "courier", settings());
    let record = outbox.until(&submission, PassbackState::Posted).await;
    assert_eq!(record.attempts, 1, "that it slept is no try");
    let sent = platforms.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].stamp >= woken, "it was handed out anew");
    outbox.finish(courier).await;
}

#[tokio::test]
async fn several_processes_send_each_grade_once() {
    let outbox = Outbox::new().await;
    let mut submissions = vec![];
    for number in 0..30 {
        let user = format!("{}{number}", ["a", "b", "c"][number % 3]);
        outbox.due(&user, 1.0).await;
        submissions.push(outbox.due(&user, 2.0).await);
    }
    let platforms = Platforms::new([]);
    let processes: Vec<_> = ["one", "two", "three"]
        .map(|name| Process::start(&outbox.test, &platforms, name))
        .into_iter()
        .collect();
    for submission in &submissions {
        outbox.until_later(submission, PassbackState::Posted).await;
    }
    let sent: Vec<_> = platforms.sent().iter().map(|grade| grade.submission).collect();
    assert_eq!(sent.len(), 30);
    assert_eq!(sent.into_iter().collect::<BTreeSet<_>>(), submissions.iter().map(|one| one.id).collect());
    for process in processes {
        process.end().await;
    }
    outbox.test.finish().await;
}
