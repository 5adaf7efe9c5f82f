//! Queries about one submission. Each looks through a [`Scope`], in SQL.

use jiff::Timestamp;
use model::SubmissionId;
use sqlx::AssertSqlSafe;

use super::{
    Engine, Row,
    rows::{self, Record},
};
use crate::{
    error::StoreError,
    notebook,
    records::{GradingRecord, Lease, Queue, Scope},
};

/// The column of `submission` that a scope fixes, as SQL, and its value.
pub(super) fn filter(scope: &Scope) -> (&'static str, &str) {
    match scope {
        Scope::Own(user) => (r#""user""#, user.as_str()),
        Scope::Course(course) => ("course", course.as_str()),
    }
}

pub(super) fn gradings_sql(column: &str) -> String {
    format!(
        "SELECT grading.id AS grading, revision, started_at, finished_at, report, grading.fault,
             EXISTS (SELECT 1 FROM executed_notebook WHERE grading = grading.id) AS has_executed
         FROM grading JOIN submission ON submission.id = grading.submission
         WHERE submission.{column} = $1 AND grading.submission = $2
         ORDER BY grading.id"
    )
}

pub(super) async fn gradings(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Vec<GradingRecord>, StoreError> {
    let (column, value) = filter(scope);
    let rows = sqlx::query(AssertSqlSafe(gradings_sql(column)))
        .bind(value)
        .bind(id.to_string())
        .fetch_all(&store.readers)
        .await?;
    rows.iter().map(rows::grading).collect()
}

pub(super) fn position_sql(column: &str) -> String {
    format!(
        "SELECT (SELECT count(*) FROM job AS other
             WHERE (other.state = 'queued' OR other.state = 'leased') AND other.state = 'queued'
                 AND (other.lane, other.turn, other.submission) <= (job.lane, job.turn, job.submission)) AS position
         FROM submission JOIN job ON job.submission = submission.id
         WHERE submission.id = $1 AND submission.{column} = $2 AND job.state = 'queued'"
    )
}

pub(super) async fn position(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<u64>, StoreError> {
    let (column, value) = filter(scope);
    let position: Option<i64> = sqlx::query_scalar(AssertSqlSafe(position_sql(column)))
        .bind(id.to_string())
        .bind(value)
        .fetch_optional(&store.readers)
        .await?;
    Ok(position.map(i64::unsigned_abs))
}

pub(super) const QUEUE: &str = "
    SELECT count(*) FILTER (WHERE state = 'queued' OR lease_until <= $1) AS waiting,
        count(*) FILTER (WHERE state = 'leased' AND lease_until > $1) AS live
    FROM job
    WHERE state = 'queued' OR state = 'leased'";

pub(super) async fn queue(store: &Engine, now: Timestamp) -> Result<Queue, StoreError> {
    let (waiting, live): (i64, i64) =
        sqlx::query_as(QUEUE).bind(now.as_millisecond()).fetch_one(&store.readers).await?;
    Ok(Queue { waiting: waiting.unsigned_abs(), working: live.unsigned_abs() })
}

pub(super) fn notebook_sql(column: &str) -> String {
    format!(
        "SELECT submission.*, zstd
         FROM submission JOIN notebook ON notebook.submission = submission.id
         WHERE submission.id = $1 AND submission.{column} = $2"
    )
}

pub(super) async fn notebook(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let (column, value) = filter(scope);
    let row = sqlx::query(AssertSqlSafe(notebook_sql(column)))
        .bind(id.to_string())
        .bind(value)
        .fetch_optional(&store.readers)
        .await?;
    match row {
        Some(row) => unpack(&row).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn notebook_to_grade(store: &Engine, held: &Lease) -> Result<Vec<u8>, StoreError> {
    // The holder may see it whoever's it is: the scope is the submission itself.
    let row = sqlx::query(AssertSqlSafe(notebook_sql("id")))
        .bind(held.submission.to_string())
        .bind(held.submission.to_string())
        .fetch_optional(&store.readers)
        .await?;
    let missing = || StoreError::Corrupt { what: format!("submission {} has no notebook", held.submission) };
    unpack(&row.ok_or_else(missing)?).await
}

/// The notebook in a row with all columns of the tables `submission` and `notebook`: exactly the bytes that were
/// submitted, or an error.
pub(super) async fn unpack(row: &Row) -> Result<Vec<u8>, StoreError> {
    let submission = rows::submission(row)?;
    let packed = Record::new("notebook", "id", row).get("zstd")?;
    let what = format!("notebook {}, column zstd", submission.id);
    notebook::unpack(packed, submission.size_bytes, Some(submission.sha256), &what).await
}

pub(super) fn executed_sql(column: &str) -> String {
    format!(
        "SELECT executed_notebook.*
         FROM submission
             JOIN job ON job.submission = submission.id
             JOIN executed_notebook ON executed_notebook.grading = job.grading
         WHERE submission.id = $1 AND submission.{column} = $2"
    )
}

pub(super) async fn executed(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let (column, value) = filter(scope);
    let row = sqlx::query(AssertSqlSafe(executed_sql(column)))
        .bind(id.to_string())
        .bind(value)
        .fetch_optional(&store.readers)
        .await?;
    match row {
        Some(row) => unpack_executed(&row).await.map(Some),
        None => Ok(None),
    }
}

/// The notebook in a row with all columns of the table `executed_notebook`.
pub(super) async fn unpack_executed(row: &Row) -> Result<Vec<u8>, StoreError> {
    let record = Record::new("executed notebook of grading", "grading", row);
    let (size_bytes, packed) = (record.count("size_bytes")?, record.get("zstd")?);
    let what = format!("executed notebook of grading {}, column zstd", record.get::<&str>("grading")?);
    notebook::unpack(packed, size_bytes, None, &what).await
}
