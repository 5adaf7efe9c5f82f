//! Removes what is older than the operator wants to keep, a little at a time.

use std::{sync::Arc, time::Duration};

use store::Retention;
use tokio::task::JoinHandle;

use crate::workshop::Workshop;

/// How often it looks for what has become too old.
const EVERY: Duration = Duration::from_hours(1);
/// From how many submissions it removes something in one effect of the store, and how long it lets others work between two.
const BATCH: u32 = 50;
const PAUSE: Duration = Duration::from_secs(1);
/// How long after the start it begins: a process that starts has better to do.
const FIRST: Duration = Duration::from_secs(20);

/// For how long things are kept, from the receipt of a submission on. `None`: for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Notebooks, as submitted and as run.
    pub notebooks: Option<Duration>,
    /// Events.
    pub events: Option<Duration>,
}

/// Removes what is too old. Several at once do no harm: what one has removed, the other does not find.
pub struct Janitor {
    task: Option<JoinHandle<()>>,
}

impl Janitor {
    /// Begins, unless everything is kept for ever.
    #[must_use]
    pub fn start(workshop: &Arc<Workshop>, keep: Keep) -> Self {
        let workshop = Arc::clone(workshop);
        let is_needed = keep != Keep::default();
        Self { task: is_needed.then(|| tokio::spawn(async move { work(&workshop, keep).await })) }
    }

    /// Ends; what is under way in the store is one effect, and happens as a whole or not at all.
    pub fn end(self) {
        if let Some(task) = self.task {
            task.abort();
        }
    }
}

async fn work(workshop: &Workshop, keep: Keep) {
    tokio::time::sleep(FIRST).await;
    loop {
        sweep(workshop, keep, PAUSE).await;
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes all that is too old now.
pub(crate) async fn sweep(workshop: &Workshop, keep: Keep, pause: Duration) {
    let now = workshop.clock.now();
    let before = |age: Duration| now - age;
    let what =
        Retention { notebooks_before: keep.notebooks.map(before), events_before: keep.events.map(before) };
    let (mut notebooks, mut events) = (0, 0);
    loop {
        match workshop.store.expire(what, BATCH).await {
            Ok(gone) if gone.notebooks == 0 && gone.events == 0 => break,
            Ok(gone) => {
                notebooks += gone.notebooks;
                events += gone.events;
                tokio::time::sleep(pause).await;
            }
            Err(error) => {
                tracing::warn!(%error, "what is too old could not be removed; it will be tried again");
                break;
            }
        }
    }
    if notebooks > 0 || events > 0 {
        tracing::info!(notebooks, events, "removed what is older than the configuration keeps");
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::testing::TestApp;

    const DAY: Duration = Duration::from_hours(24);

    #[tokio::test]
    async fn what_is_too_old_goes_and_the_report_stays() {
        let mut test = TestApp::new().await;
        test.work();
        let old = test.submit("x = 1").await;
        test.follow(old).await;
        test.clock.advance(10 * DAY);
        let new = test.submit("x = 2").await;
        test.follow(new).await;

        let keep = Keep { notebooks: Some(5 * DAY), events: Some(5 * DAY) };
        sweep(&test.app.workshop, keep, Duration::ZERO).await;
        let notebook = async |id| test.get(&format!("api/v1/submissions/{id}/notebook")).await;
        let gone = notebook(old).await;
        assert_eq!(
            (gone.status, &gone.json()["type"]),
            (StatusCode::GONE, &"urn:otter-service:problem:notebook-gone".into())
        );
        assert_eq!(notebook(new).await.status, StatusCode::OK);
        assert_eq!(test.submission(old).await["grading"]["report"]["score"], 2.0);
        // A stream that has nothing to tell ends at once.
        let stream = test.get(&format!("api/v1/submissions/{old}/events")).await;
        assert_eq!(stream.status, StatusCode::NO_CONTENT);
        assert!(test.follow(new).await.contains("event: graded"));
        test.finish().await;
    }
}
