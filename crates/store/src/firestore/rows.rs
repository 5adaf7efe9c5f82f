//! Rows, in which submissions of a user stand in line to be accepted one after the other.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use model::UserName;
use tokio::sync::{Mutex, MutexGuard};

use crate::error::StoreError;

/// How many users' submissions are accepted at once by one process, at most.
const ROWS: usize = 64;

/// All rows of a process.
#[derive(Debug)]
pub(super) struct Rows {
    rows: Box<[Row]>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Row {
    turn: Mutex<()>,
    /// How often Firestore gave no answer to one whose turn it was.
    unanswered: AtomicU64,
}

/// Held by the one whose turn it is.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    row: &'a Row,
    _turn: MutexGuard<'a, ()>,
}

impl Rows {
    pub(super) fn new() -> Self {
        Self { rows: (0..ROWS).map(|_| Row::default()).collect(), hasher: RandomState::new() }
    }

    /// Waits in the row of a user. When one before gets no answer, those behind do not wait for theirs: each would wait
    /// its whole time, one after the other.
    pub(super) async fn wait(&self, user: &UserName) -> Result<Turn<'_>, StoreError> {
        let hash = self.hasher.hash_one(user.as_str());
        let row = &self.rows[usize::try_from(hash % ROWS as u64).unwrap_or(0)];
        let before = row.unanswered.load(Ordering::Relaxed);
        let turn = row.turn.lock().await;
        if row.unanswered.load(Ordering::Relaxed) == before {
            Ok(Turn { row, _turn: turn })
        } else {
            Err(StoreError::Unavailable("Firestore gave no answer to a submission before this one".into()))
        }
    }
}

impl Turn<'_> {
    /// Ends the turn, and tells those behind if there was no answer.
    pub(super) fn end<T>(self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(result, Err(StoreError::Unavailable(_))) {
            self.row.unanswered.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_waits_behind_one_without_an_answer_is_told_at_once() {
        let (rows, user) = (Rows::new(), "ada".parse().unwrap());
        let first = rows.wait(&user).await.unwrap();
        let mut behind = Box::pin(rows.wait(&user));
        assert!((&mut behind).now_or_never().is_none());
        assert!(first.end::<()>(Err(StoreError::Unavailable("no answer".into()))).is_err());
        assert!(behind.await.is_err());

        let next = rows.wait(&user).await.unwrap();
        let mut behind = Box::pin(rows.wait(&user));
        assert!((&mut behind).now_or_never().is_none());
        next.end(Ok(())).unwrap();
        assert!(behind.await.is_ok());
    }
}
