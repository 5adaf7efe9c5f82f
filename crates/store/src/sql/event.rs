//! Events: numbered per submission, from 1, without gaps.

use jiff::Timestamp;
use model::{Event, Step, SubmissionId};
use sqlx::AssertSqlSafe;

use super::{
    Connection, Engine, Row, dialect,
    query::filter,
    rows::{Record, integer, to_json},
};
use crate::{
    error::StoreError,
    records::{Scope, WorkerId},
};

pub(super) const LAST: &str = "SELECT coalesce(max(seq), 0) FROM event WHERE submission = $1";

/// Adds steps of a worker to a submission's events, as part of a write.
pub(super) async fn append(
    tx: &mut Connection,
    submission: SubmissionId,
    at: Timestamp,
    worker: Option<&WorkerId>,
    steps: &[Step],
) -> Result<(), StoreError> {
    append_by(tx, submission, at, worker.map(|worker| &*worker.0), steps).await
}

/// Adds steps to a submission's events, as part of a write and as the last thing that it locks.
pub(super) async fn append_by(
    tx: &mut Connection,
    submission: SubmissionId,
    at: Timestamp,
    actor: Option<&str>,
    steps: &[Step],
) -> Result<(), StoreError> {
    let id = submission.to_string();
    dialect::lock(tx, "events", &id).await?;
    let last: i64 = sqlx::query_scalar(LAST).bind(&id).fetch_one(&mut *tx).await?;
    for (seq, step) in (last + 1..).zip(steps) {
        insert(tx, &id, seq, at, actor, step).await?;
    }
    Ok(())
}

/// The events of a submission that is new, and of which nobody else can know yet.
pub(super) async fn begin(
    tx: &mut Connection,
    submission: SubmissionId,
    at: Timestamp,
    position: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO event (submission, seq, at, actor, step) VALUES ($1, 1, $2, NULL, $3), ($1, 2, $2, NULL, $4)",
    )
    .bind(submission.to_string())
    .bind(at.as_millisecond())
    .bind(to_json(&Step::Received))
    .bind(to_json(&Step::Queued { position }))
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn insert(
    tx: &mut Connection,
    submission: &str,
    seq: i64,
    at: Timestamp,
    actor: Option<&str>,
    step: &Step,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO event (submission, seq, at, actor, step) VALUES ($1, $2, $3, $4, $5)")
        .bind(submission)
        .bind(seq)
        .bind(at.as_millisecond())
        .bind(actor)
        .bind(to_json(step))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) fn events_sql(column: &str) -> String {
    format!(
        "SELECT submission, seq, at, actor, step
         FROM event JOIN submission ON submission.id = event.submission
         WHERE submission.{column} = $1 AND event.submission = $2 AND seq > $3
         ORDER BY seq"
    )
}

pub(super) async fn events(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
    after: u64,
) -> Result<Vec<Event>, StoreError> {
    let (column, value) = filter(scope);
    let rows = sqlx::query(AssertSqlSafe(events_sql(column)))
        .bind(value)
        .bind(id.to_string())
        .bind(integer(after))
        .fetch_all(&store.readers)
        .await?;
    let mut events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    if matches!(scope, Scope::Own(_)) {
        for event in &mut events {
            event.actor = None;
        }
    }
    Ok(events)
}

pub(super) fn event(row: &Row) -> Result<Event, StoreError> {
    let record = Record::new("event of submission", "submission", row);
    Ok(Event {
        seq: record.count("seq")?,
        at: record.time("at")?,
        actor: record.get("actor")?,
        step: record.json("step")?,
    })
}
