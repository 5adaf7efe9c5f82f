//! Handing out jobs.

use std::time::Duration;

use jiff::Timestamp;
use model::{Step, Submission};
use sqlx::AssertSqlSafe;

use super::{Connection, Engine, Row, dialect::SKIP_LOCKED, event, rows};
use crate::{
    error::StoreError,
    records::{Job, Lane, Lease, WorkerId},
};

pub(super) fn claim_sql() -> String {
    format!(
        "UPDATE job
         SET state = 'leased', worker = $1, token = token + 1, claims = claims + 1, lease_until = $3
         WHERE submission = (
             SELECT submission
             FROM job
             WHERE (state = 'queued' OR state = 'leased')
                 AND CASE state WHEN 'queued' THEN due_at ELSE lease_until END <= $2
             ORDER BY lane, turn, submission
             LIMIT 1 {SKIP_LOCKED}
         )
         RETURNING submission AS id, token, faults, claims, lane"
    )
}

pub(super) async fn claim(
    store: &Engine,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Job>, StoreError> {
    let mut tx = store.begin().await?;
    let claimed = sqlx::query(AssertSqlSafe(claim_sql()))
        .bind(&*worker.0)
        .bind(now.as_millisecond())
        .bind(until(now, lease))
        .fetch_optional(&mut *tx)
        .await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let job = match job(&mut tx, worker, &claimed).await {
        Ok(job) => job,
        Err(unreadable @ StoreError::Corrupt { .. }) => {
            // It would be claimed first again and again, and nothing behind it would ever be graded.
            set_aside(&mut tx, &claimed).await?;
            if let Ok(id) = rows::Record::new("job", "id", &claimed).parse("id") {
                event::append(&mut tx, id, now, Some(worker), &[Step::Failed]).await?;
            }
            tx.commit().await?;
            return Err(unreadable);
        }
        Err(error) => return Err(error),
    };
    let started = Step::Started { attempt: job.attempt };
    event::append(&mut tx, job.submission.id, now, Some(worker), &[started]).await?;
    tx.commit().await?;
    Ok(Some(job))
}

/// When a lease that begins now ends, as it is kept.
pub(super) fn until(now: Timestamp, lease: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

async fn job(tx: &mut Connection, worker: &WorkerId, claimed: &Row) -> Result<Job, StoreError> {
    let record = rows::Record::new("job", "id", claimed);
    let (token, faults) = (record.count("token")?, record.count::<u32>("faults")?);
    let submission = submission(tx, record.get("id")?).await?;
    let lease = Lease { submission: submission.id, worker: worker.clone(), token };
    let lane = lane(&record)?;
    Ok(Job { lease, submission, attempt: faults.saturating_add(1), claims: record.count("claims")?, lane })
}

pub(super) fn lane(record: &rows::Record<'_>) -> Result<Lane, StoreError> {
    match record.get::<i64>("lane")? {
        0 => Ok(Lane::Live),
        1 => Ok(Lane::Regrade),
        other => Err(record.corrupt("lane", format_args!("{other} is neither 0 nor 1"))),
    }
}

/// The submission of a job, as part of a write.
pub(super) async fn submission(tx: &mut Connection, id: &str) -> Result<Submission, StoreError> {
    let row = sqlx::query("SELECT * FROM submission WHERE id = $1").bind(id).fetch_one(tx).await?;
    rows::submission(&row)
}

async fn set_aside(tx: &mut Connection, claimed: &Row) -> Result<(), StoreError> {
    sqlx::query("UPDATE job SET state = 'failed', worker = NULL, lease_until = NULL WHERE submission = $1")
        .bind(rows::Record::new("job", "id", claimed).get::<&str>("id")?)
        .execute(tx)
        .await?;
    Ok(())
}
