//! Who works.

use jiff::Timestamp;

use super::{Engine, Row, rows::Record};
use crate::{
    error::StoreError,
    records::{WorkerId, WorkerRecord},
};

pub(super) async fn heartbeat(store: &Engine, worker: &WorkerRecord) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sqlx::query(
        "INSERT INTO worker (id, version, jobs, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE
         SET version = excluded.version, jobs = excluded.jobs, started_at = excluded.started_at,
             seen_at = excluded.seen_at",
    )
    .bind(&*worker.id.0)
    .bind(&worker.version)
    .bind(i64::from(worker.jobs))
    .bind(worker.started_at.as_millisecond())
    .bind(worker.seen_at.as_millisecond())
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn goodbye(
    store: &Engine,
    worker: &WorkerId,
    silent_since: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sqlx::query("DELETE FROM worker WHERE id = $1 OR seen_at < $2")
        .bind(&*worker.0)
        .bind(silent_since.as_millisecond())
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn workers(store: &Engine) -> Result<Vec<WorkerRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM worker ORDER BY id").fetch_all(&store.readers).await?;
    rows.iter().map(worker).collect()
}

fn worker(row: &Row) -> Result<WorkerRecord, StoreError> {
    let record = Record::new("worker", "id", row);
    Ok(WorkerRecord {
        id: WorkerId(record.get::<&str>("id")?.into()),
        version: record.get("version")?,
        jobs: record.count("jobs")?,
        started_at: record.time("started_at")?,
        seen_at: record.time("seen_at")?,
    })
}
