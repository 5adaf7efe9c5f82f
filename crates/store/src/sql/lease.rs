//! What the holder of a job may do until it is done.

use std::time::Duration;

use jiff::Timestamp;
use model::{Step, SubmissionId};
use sqlx::{AssertSqlSafe, Transaction};

use super::{
    Connection, Engine,
    claim::until,
    dialect::{Db, FOR_UPDATE},
    event,
    rows::{Record, integer},
};
use crate::{
    error::{LeaseError, StoreError},
    records::{Lease, WorkerId},
};

pub(super) fn held_sql() -> String {
    format!(
        "SELECT 1 FROM job WHERE submission = $1 AND state = 'leased' AND worker = $2 AND token = $3 {FOR_UPDATE}"
    )
}

pub(super) fn abandoned_sql() -> String {
    format!(
        "SELECT submission, worker FROM job WHERE state = 'leased' ORDER BY lane, turn, submission {FOR_UPDATE}"
    )
}

/// Begins a write that is the holder's to make: until the transaction ends, nobody else can take the job.
pub(super) async fn begin_held(store: &Engine, held: &Lease) -> Result<Transaction<'static, Db>, LeaseError> {
    let mut tx = store.begin().await?;
    let is_held = sqlx::query(AssertSqlSafe(held_sql()))
        .bind(held.submission.to_string())
        .bind(&*held.worker.0)
        .bind(integer(held.token))
        .fetch_optional(&mut *tx)
        .await?
        .is_some();
    if is_held { Ok(tx) } else { Err(LeaseError::Lost) }
}

pub(super) async fn renew(
    store: &Engine,
    held: &Lease,
    now: Timestamp,
    lease: Duration,
) -> Result<(), LeaseError> {
    let mut tx = begin_held(store, held).await?;
    sqlx::query("UPDATE job SET lease_until = $2 WHERE submission = $1")
        .bind(held.submission.to_string())
        .bind(until(now, lease))
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn progress(
    store: &Engine,
    held: &Lease,
    now: Timestamp,
    steps: &[Step],
) -> Result<(), LeaseError> {
    let mut tx = begin_held(store, held).await?;
    event::append(&mut tx, held.submission, now, Some(&held.worker), steps).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn release(store: &Engine, held: &Lease, now: Timestamp) -> Result<(), LeaseError> {
    let mut tx = begin_held(store, held).await?;
    give_back(&mut tx, held.submission, &held.worker, now).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn release_abandoned(
    store: &Engine,
    gone: &(dyn for<'a> Fn(&'a WorkerId) -> bool + Sync),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let leased = sqlx::query(AssertSqlSafe(abandoned_sql())).fetch_all(&mut *tx).await?;
    let mut released = 0;
    for row in &leased {
        let record = Record::new("job", "submission", row);
        let worker = WorkerId(record.get::<&str>("worker")?.into());
        if gone(&worker) {
            give_back(&mut tx, record.parse("submission")?, &worker, now).await?;
            released += 1;
        }
    }
    tx.commit().await?;
    Ok(released)
}

/// Puts a leased job back into its place in the queue.
async fn give_back(
    tx: &mut Connection,
    id: SubmissionId,
    worker: &WorkerId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE job SET state = 'queued', worker = NULL, lease_until = NULL WHERE submission = $1")
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?;
    event::append(tx, id, now, Some(worker), &[Step::Released]).await
}
