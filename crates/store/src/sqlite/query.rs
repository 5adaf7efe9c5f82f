//! Queries. Each looks through a [`Scope`], in SQL.

use jiff::Timestamp;
use model::{ReportStatus, SubmissionId};
use sqlx::{AssertSqlSafe, sqlite::SqliteRow};

use crate::{
    error::StoreError,
    records::{GradingRecord, Lease, Outcome, Page, Scope, Status, SubmissionRecord},
    sqlite::{
        SqliteStore, notebook,
        rows::{self, Record},
    },
};

/// The column of `submission` that a scope fixes, and its value.
pub(super) fn filter(scope: &Scope) -> (&'static str, &str) {
    match scope {
        Scope::Own(user) => ("user", user.as_str()),
        Scope::Course(course) => ("course", course.as_str()),
    }
}

const RECORD: &str = "
    SELECT submission.*, state, grading.id AS grading, revision, started_at, finished_at, report, fault,
        EXISTS (SELECT 1 FROM executed_notebook WHERE grading = grading.id) AS has_executed
    FROM submission
        JOIN job ON job.submission = submission.id
        LEFT JOIN grading ON grading.id = job.grading";

pub(super) fn one_sql(column: &str) -> String {
    format!("{RECORD} WHERE submission.id = ?1 AND submission.{column} = ?2")
}

pub(super) fn list_sql(column: &str) -> String {
    format!(
        "{RECORD} WHERE submission.{column} = ?1 AND submission.id < ?2 ORDER BY submission.id DESC LIMIT ?3"
    )
}

pub(super) async fn submission(
    store: &SqliteStore,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Option<SubmissionRecord>, StoreError> {
    let (column, value) = filter(scope);
    let row = sqlx::query(AssertSqlSafe(one_sql(column)))
        .bind(id.to_string())
        .bind(value)
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(record).transpose()
}

pub(super) async fn submissions(
    store: &SqliteStore,
    scope: &Scope,
    page: Page,
) -> Result<Vec<SubmissionRecord>, StoreError> {
    /// After every id in the order of texts.
    const END: &str = "~";
    let (column, value) = filter(scope);
    let rows = sqlx::query(AssertSqlSafe(list_sql(column)))
        .bind(value)
        .bind(page.before.map_or_else(|| END.to_owned(), |id| id.to_string()))
        .bind(page.limit)
        .fetch_all(&store.readers)
        .await?;
    rows.iter().map(record).collect()
}

fn record(row: &SqliteRow) -> Result<SubmissionRecord, StoreError> {
    let job = Record::new("job of submission", "id", row);
    let grading = job.get::<Option<&str>>("grading")?.map(|_| rows::grading(row)).transpose()?;
    let status = match (job.get("state")?, &grading) {
        ("queued", _) => Status::Queued,
        ("leased", _) => Status::Grading,
        ("failed", _) => Status::Failed,
        ("done", Some(GradingRecord { outcome: Outcome::Report(report), .. })) => match report.status {
            ReportStatus::Rejected => Status::Rejected,
            ReportStatus::Complete | ReportStatus::Stopped | ReportStatus::Crashed => Status::Graded,
        },
        (state, _) => return Err(job.corrupt("state", format_args!("`{state}` does not fit the grading"))),
    };
    Ok(SubmissionRecord { submission: rows::submission(row)?, status, grading })
}

pub(super) fn gradings_sql(column: &str) -> String {
    format!(
        "SELECT grading.id AS grading, revision, started_at, finished_at, report, fault,
             EXISTS (SELECT 1 FROM executed_notebook WHERE grading = grading.id) AS has_executed
         FROM grading JOIN submission ON submission.id = grading.submission
         WHERE submission.{column} = ?1 AND grading.submission = ?2
         ORDER BY grading.id"
    )
}

pub(super) async fn gradings(
    store: &SqliteStore,
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
        "SELECT (SELECT count(*) FROM job WHERE state = 'queued' AND submission <= ?1) AS position
         FROM submission JOIN job ON job.submission = submission.id
         WHERE submission.id = ?1 AND submission.{column} = ?2 AND state = 'queued'"
    )
}

pub(super) async fn position(
    store: &SqliteStore,
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
    SELECT count(*) FILTER (WHERE state = 'queued' OR lease_until <= ?1) AS waiting,
        count(*) FILTER (WHERE lease_until > ?1) AS live
    FROM job
    WHERE state = 'queued' OR state = 'leased'";

pub(super) async fn queue(store: &SqliteStore, now: Timestamp) -> Result<(u64, u64), StoreError> {
    let (waiting, live): (i64, i64) =
        sqlx::query_as(QUEUE).bind(now.as_millisecond()).fetch_one(&store.readers).await?;
    Ok((waiting.unsigned_abs(), live.unsigned_abs()))
}

pub(super) fn notebook_sql(column: &str) -> String {
    format!(
        "SELECT submission.*, zstd
         FROM submission JOIN notebook ON notebook.submission = submission.id
         WHERE submission.id = ?1 AND submission.{column} = ?2"
    )
}

pub(super) async fn notebook(
    store: &SqliteStore,
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
        Some(row) => notebook::unpack(&row).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn notebook_to_grade(store: &SqliteStore, held: &Lease) -> Result<Vec<u8>, StoreError> {
    // The holder may see it whoever's it is: the scope is the submission itself.
    let row = sqlx::query(AssertSqlSafe(notebook_sql("id")))
        .bind(held.submission.to_string())
        .bind(held.submission.to_string())
        .fetch_optional(&store.readers)
        .await?;
    let missing = || StoreError::Corrupt { what: format!("submission {} has no notebook", held.submission) };
    notebook::unpack(&row.ok_or_else(missing)?).await
}

pub(super) fn executed_sql(column: &str) -> String {
    format!(
        "SELECT executed_notebook.*
         FROM submission
             JOIN job ON job.submission = submission.id
             JOIN executed_notebook ON executed_notebook.grading = job.grading
         WHERE submission.id = ?1 AND submission.{column} = ?2"
    )
}

pub(super) async fn executed(
    store: &SqliteStore,
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
        Some(row) => notebook::unpack_executed(&row).await.map(Some),
        None => Ok(None),
    }
}
