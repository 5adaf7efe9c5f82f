//! Events: numbered per submission, from 1, without gaps.

use jiff::Timestamp;
use model::{Event, Step, SubmissionId};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    error::StoreError,
    records::Scope,
    sqlite::{
        SqliteStore,
        query::filter,
        rows::{Record, integer, to_json},
    },
};

pub(super) const LAST: &str = "SELECT coalesce(max(seq), 0) FROM event WHERE submission = ?1";

/// Adds steps to a submission's events, as part of a write.
pub(super) async fn append(
    tx: &mut SqliteConnection,
    submission: SubmissionId,
    at: Timestamp,
    steps: &[Step],
) -> Result<(), StoreError> {
    let submission = submission.to_string();
    let last: i64 = sqlx::query_scalar(LAST).bind(&submission).fetch_one(&mut *tx).await?;
    for (seq, step) in (last + 1..).zip(steps) {
        sqlx::query("INSERT INTO event (submission, seq, at, step) VALUES (?1, ?2, ?3, ?4)")
            .bind(&submission)
            .bind(seq)
            .bind(at.as_millisecond())
            .bind(to_json(step))
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

pub(super) fn events_sql(column: &str) -> String {
    format!(
        "SELECT submission, seq, at, step
         FROM event JOIN submission ON submission.id = event.submission
         WHERE submission.{column} = ?1 AND event.submission = ?2 AND seq > ?3
         ORDER BY seq"
    )
}

pub(super) async fn events(
    store: &SqliteStore,
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
    rows.iter()
        .map(|row| {
            let record = Record::new("event of submission", "submission", row);
            Ok(Event { seq: record.count("seq")?, at: record.time("at")?, step: record.json("step")? })
        })
        .collect()
}
