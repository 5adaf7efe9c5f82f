//! Submissions and where they stand, one and many. Each query looks through a [`Scope`], in SQL.

use model::{ReportStatus, SubmissionId};
use sqlx::AssertSqlSafe;

use super::{
    Engine, Row,
    query::filter,
    rows::{self, Record},
};
use crate::{
    error::StoreError,
    records::{Filter, GradingRecord, Outcome, Page, Scope, Status, SubmissionRecord},
};

/// After every id in the order of texts.
const END: &str = "~";

const RECORD: &str = "
    SELECT submission.*, state, job.fault AS job_fault, grading.id AS grading, revision, started_at, finished_at,
        report, grading.fault,
        EXISTS (SELECT 1 FROM executed_notebook WHERE grading = grading.id) AS has_executed
    FROM submission
        JOIN job ON job.submission = submission.id
        LEFT JOIN grading ON grading.id = job.grading";

pub(super) fn one_sql(column: &str) -> String {
    format!("{RECORD} WHERE submission.id = $1 AND submission.{column} = $2")
}

pub(super) fn list_sql(column: &str, filter: &Filter) -> String {
    let (only, id) = match filter {
        Filter::All => ("", "submission.id"),
        // Through the index of failed jobs, which has the names as well.
        Filter::Failed => ("AND job.state = 'failed'", "job.submission"),
        Filter::Assignment(_) => (
            "AND submission.course = $4 AND submission.section = $5 AND submission.assignment = $6",
            "submission.id",
        ),
    };
    let table = if matches!(filter, Filter::Failed) { "job" } else { "submission" };
    format!("{RECORD} WHERE {table}.{column} = $1 AND {id} < $2 {only} ORDER BY {id} DESC LIMIT $3")
}

pub(super) async fn submission(
    store: &Engine,
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
    store: &Engine,
    scope: &Scope,
    only: &Filter,
    page: Page,
) -> Result<Vec<SubmissionRecord>, StoreError> {
    let (column, value) = filter(scope);
    let sql = list_sql(column, only);
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(value)
        .bind(page.before.map_or_else(|| END.to_owned(), |id| id.to_string()))
        .bind(i64::from(page.limit));
    if let Filter::Assignment(key) = only {
        query = query.bind(key.course.as_str()).bind(key.section.as_str()).bind(key.assignment.as_str());
    }
    query.fetch_all(&store.readers).await?.iter().map(record).collect()
}

fn record(row: &Row) -> Result<SubmissionRecord, StoreError> {
    let submission = rows::submission(row)?;
    let record = Record::new("job of submission", "id", row);
    let grading: Option<GradingRecord> = match record.get::<Option<&str>>("grading")? {
        Some(_) => Some(rows::grading(row)?),
        None => None,
    };
    let fault = match record.get::<Option<&str>>("job_fault")? {
        Some(_) => Some(record.json("job_fault")?),
        None => None,
    };
    let status = match (record.get("state")?, &grading) {
        ("queued", _) => Status::Queued,
        ("leased", _) => Status::Grading,
        ("failed", _) => Status::Failed,
        ("superseded", _) => Status::Superseded,
        ("done", Some(GradingRecord { outcome: Outcome::Report(report), .. })) => match report.status {
            ReportStatus::Rejected => Status::Rejected,
            ReportStatus::Complete | ReportStatus::Stopped | ReportStatus::Crashed => Status::Graded,
        },
        (state, _) => return Err(record.corrupt("state", format_args!("{state:?} without a report"))),
    };
    Ok(SubmissionRecord { submission, status, grading, fault })
}
