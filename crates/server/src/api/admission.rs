//! Whether an assignment still takes this user's work: its due date, and how many attempts are left.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use model::{AssignmentKey, AssignmentSettings, Refusal, UserName};
use store::{Filter, Page, Scope, Status, StoreError};
use tokio::sync::{Mutex, MutexGuard};

use super::problem::ApiError;
use crate::app::App;

/// How many submissions are looked at in one go.
const PAGE: u32 = 100;

/// Makes those wait for each other who count and then add: else two submissions at once would both take the last
/// attempt. Users share a place by chance, which costs them some milliseconds.
///
/// It holds for one process. Where several `serve` share a store, a user who reaches two of them at the same moment may
/// get one attempt more.
#[derive(Debug, Default)]
pub struct Turnstile([Mutex<()>; 16]);

impl Turnstile {
    async fn pass(&self, user: &UserName) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        user.as_str().hash(&mut hasher);
        let place = hasher.finish() % self.0.len() as u64;
        self.0[usize::try_from(place).expect("less than the length")].lock().await
    }
}

/// Refuses work that comes too late. What counts is when the service received it, by its own clock.
pub(crate) fn in_time(assignment: &AssignmentSettings, received_at: Timestamp) -> Result<(), Refusal> {
    let Some(due) = assignment.due else { return Ok(()) };
    let end = match assignment.late {
        None => Some(due),
        Some(late) => late.until,
    };
    match end {
        Some(end) if received_at > end => Err(Refusal::TooLate { due, end }),
        _ => Ok(()),
    }
}

/// Refuses work when all attempts are used up; hold what this gives until the submission is kept.
pub(crate) async fn attempt<'a>(
    app: &'a App,
    user: &UserName,
    key: &AssignmentKey,
    assignment: &AssignmentSettings,
) -> Result<Option<MutexGuard<'a, ()>>, ApiError> {
    let Some(allowed) = assignment.attempts else { return Ok(None) };
    let guard = app.turnstile.pass(user).await;
    if used(app, user, key, allowed.get()).await? >= allowed.get() {
        return Err(Refusal::NoAttemptsLeft { allowed: allowed.get() }.into());
    }
    Ok(Some(guard))
}

/// How many attempts are used up, counted at most up to `enough`. What was never judged is none: what failed through our
/// fault, what a newer one replaced, and notebooks that this autograder is not for.
async fn used(app: &App, user: &UserName, key: &AssignmentKey, enough: u32) -> Result<u32, StoreError> {
    let (scope, filter) = (Scope::Own(user.clone()), Filter::Assignment(key.clone()));
    let mut page = Page { before: None, limit: PAGE };
    let mut count = 0;
    loop {
        let records = app.store.submissions(&scope, &filter, page).await?;
        for record in &records {
            count += u32::from(matches!(record.status, Status::Queued | Status::Grading | Status::Graded));
        }
        page.before = records.last().map(|record| record.submission.id);
        if count >= enough || records.len() < PAGE as usize {
            return Ok(count);
        }
    }
}
