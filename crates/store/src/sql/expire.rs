//! Removing what is too old.

use std::time::Duration;

use jiff::Timestamp;
use model::SubmissionId;

use super::{Connection, Engine, rows::Record};
use crate::{
    error::StoreError,
    records::{Expired, Retention},
};

/// How far the time in an id and the time of receipt may be apart.
const CLOCK_READINGS_APART: Duration = Duration::from_mins(1);

/// Finished submissions received before a time that still have a notebook, oldest first.
pub(super) const WITH_NOTEBOOK: &str = "
    SELECT notebook.submission AS id
    FROM notebook
        JOIN job ON job.submission = notebook.submission
        JOIN submission ON submission.id = notebook.submission
    WHERE notebook.submission < $3 AND submission.received_at < $1 AND state <> 'queued' AND state <> 'leased'
    ORDER BY notebook.submission
    LIMIT $2";

/// The same for events. The first event stands for all, so that none is read twice.
pub(super) const WITH_EVENTS: &str = "
    SELECT event.submission AS id
    FROM event
        JOIN job ON job.submission = event.submission
        JOIN submission ON submission.id = event.submission
    WHERE event.submission < $3 AND event.seq = 1 AND submission.received_at < $1 AND state <> 'queued' AND state <> 'leased'
    ORDER BY event.submission
    LIMIT $2";

pub(super) async fn expire(store: &Engine, what: Retention, limit: u32) -> Result<Expired, StoreError> {
    let mut tx = store.begin().await?;
    let mut expired = Expired::default();
    if let Some(before) = what.notebooks_before {
        let ids = select(&mut tx, WITH_NOTEBOOK, before, limit).await?;
        for id in &ids {
            remove(&mut tx, "DELETE FROM notebook WHERE submission = $1", *id).await?;
            remove(
                &mut tx,
                "DELETE FROM executed_notebook
                 WHERE grading IN (SELECT id FROM grading WHERE submission = $1)",
                *id,
            )
            .await?;
        }
        expired.notebooks = ids.len() as u64;
    }
    if let Some(before) = what.events_before {
        let ids = select(&mut tx, WITH_EVENTS, before, limit).await?;
        for id in &ids {
            remove(&mut tx, "DELETE FROM event WHERE submission = $1", *id).await?;
        }
        expired.events = ids.len() as u64;
    }
    tx.commit().await?;
    Ok(expired)
}

async fn select(
    tx: &mut Connection,
    sql: &'static str,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<SubmissionId>, StoreError> {
    // Where to stop looking: an id is made some moments before or after the time at which the submission was received.
    let bound = SubmissionId::lowest_at(
        before.saturating_add(CLOCK_READINGS_APART).expect("a span of time can be added"),
    );
    let rows = sqlx::query(sql)
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .bind(bound.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter().map(|row| Record::new("submission", "id", row).parse("id")).collect()
}

/// Runs a statement that removes something of a submission.
pub(super) async fn remove(
    tx: &mut Connection,
    sql: &'static str,
    id: SubmissionId,
) -> Result<(), StoreError> {
    sqlx::query(sql).bind(id.to_string()).execute(tx).await?;
    Ok(())
}
