//! Handing out jobs.

use std::time::Duration;

use jiff::Timestamp;
use model::{Step, Submission};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    error::StoreError,
    records::{Job, Lease, WorkerId},
    sqlite::{SqliteStore, event, rows},
};

pub(super) const CLAIM: &str = "
    UPDATE job
    SET state = 'leased', worker = ?1, token = token + 1, lease_until = ?3
    WHERE submission = (
        SELECT submission
        FROM job
        WHERE (state = 'queued' OR state = 'leased')
            AND CASE state WHEN 'queued' THEN due_at ELSE lease_until END <= ?2
        ORDER BY submission
        LIMIT 1
    )
    RETURNING submission AS id, token, faults";

pub(super) async fn claim(
    store: &SqliteStore,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Job>, StoreError> {
    let mut tx = store.begin().await?;
    let claimed = sqlx::query(CLAIM)
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
                event::append(&mut tx, id, now, &[Step::Failed]).await?;
            }
            tx.commit().await?;
            return Err(unreadable);
        }
        Err(error) => return Err(error),
    };
    event::append(&mut tx, job.submission.id, now, &[Step::Started { attempt: job.attempt }]).await?;
    tx.commit().await?;
    Ok(Some(job))
}

/// When a lease that begins now ends, as it is kept.
pub(super) fn until(now: Timestamp, lease: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

async fn job(tx: &mut SqliteConnection, worker: &WorkerId, claimed: &SqliteRow) -> Result<Job, StoreError> {
    let record = rows::Record::new("job", "id", claimed);
    let (token, faults) = (record.count("token")?, record.count::<u32>("faults")?);
    let submission = submission(tx, record.get("id")?).await?;
    let lease = Lease { submission: submission.id, worker: worker.clone(), token };
    Ok(Job { lease, submission, attempt: faults.saturating_add(1) })
}

/// The submission of a job, as part of a write.
pub(super) async fn submission(tx: &mut SqliteConnection, id: &str) -> Result<Submission, StoreError> {
    let row = sqlx::query("SELECT * FROM submission WHERE id = ?1").bind(id).fetch_one(tx).await?;
    rows::submission(&row)
}

async fn set_aside(tx: &mut SqliteConnection, claimed: &SqliteRow) -> Result<(), StoreError> {
    sqlx::query("UPDATE job SET state = 'failed', worker = NULL, lease_until = NULL WHERE submission = ?1")
        .bind(rows::Record::new("job", "id", claimed).get::<&str>("id")?)
        .execute(tx)
        .await?;
    Ok(())
}
