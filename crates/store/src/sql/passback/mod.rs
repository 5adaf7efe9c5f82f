//! The outbox: deliveries of grades, in order for each user and assignment.

mod enqueue;
mod list;
mod send;

use model::{AssignmentKey, GradingId, SubmissionId, UserName};
use sqlx::AssertSqlSafe;

#[cfg(test)]
pub(super) use self::{
    enqueue::NEWEST,
    list::{OUTBOX, list_sql},
    send::{LAST_STAMP, claim_sql, held_sql},
};
pub(super) use self::{
    enqueue::{enqueue, insert},
    list::{deliveries, outbox},
    send::{claim, settle},
};
use super::{Connection, Engine, Row, audit, dialect, query::filter, rows::Record};
use crate::{
    error::StoreError,
    records::{AuditEntry, Passback, PassbackRecord, Scope},
};

const WHOSE: &str = r#"SELECT grading, course, section, assignment, "user" FROM passback WHERE grading = $1"#;

/// Makes those wait for each other that change the grade of a user and assignment, or its delivery.
pub(super) async fn lock(
    tx: &mut Connection,
    key: &AssignmentKey,
    user: &UserName,
) -> Result<(), StoreError> {
    dialect::lock(tx, "grade", &format!("{key} {user}")).await
}

pub(super) fn resend_sql(column: &str) -> String {
    format!(
        r#"UPDATE passback
           SET state = 'pending', attempts = 0, words = NULL, told = 0, due_at = $2, changed_at = $2,
               since = CASE WHEN $2 > graded_at THEN $2 ELSE graded_at + 1 END
           WHERE grading = $1
               AND state IN ('refused', 'given_up', 'withheld', 'posted')
               AND submission IN (SELECT id FROM submission WHERE {column} = $3)
               AND seq = (SELECT max(seq) FROM passback AS newest
                   WHERE newest.course = passback.course AND newest.section = passback.section
                       AND newest.assignment = passback.assignment AND newest."user" = passback."user")"#
    )
}

pub(super) async fn resend(
    store: &Engine,
    scope: &Scope,
    grading: GradingId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let (column, value) = filter(scope);
    let mut tx = store.begin().await?;
    let whose = sqlx::query(WHOSE).bind(grading.to_string()).fetch_optional(&mut *tx).await?;
    let Some(whose) = whose else { return Ok(false) };
    let whose = Record::new("delivery", "grading", &whose);
    // A new grade for the same comes before it and is seen, or comes after it.
    lock(&mut tx, &whose.key()?, &whose.parse("user")?).await?;
    let changed = sqlx::query(AssertSqlSafe(resend_sql(column)))
        .bind(grading.to_string())
        .bind(entry.at.as_millisecond())
        .bind(value)
        .execute(&mut *tx)
        .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    audit::insert(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) fn of_submission_sql(column: &str) -> String {
    format!(
        "SELECT passback.* FROM passback JOIN submission ON submission.id = passback.submission
         WHERE passback.submission = $1 AND submission.{column} = $2
         ORDER BY passback.grading"
    )
}

pub(super) async fn passbacks(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
) -> Result<Vec<PassbackRecord>, StoreError> {
    let (column, value) = filter(scope);
    let rows = sqlx::query(AssertSqlSafe(of_submission_sql(column)))
        .bind(id.to_string())
        .bind(value)
        .fetch_all(&store.readers)
        .await?;
    rows.iter().map(record).collect()
}

/// The delivery in a row with all columns of the table `passback`.
pub(super) fn record(row: &Row) -> Result<PassbackRecord, StoreError> {
    let record = Record::new("delivery", "grading", row);
    Ok(PassbackRecord {
        passback: Passback {
            grading: record.parse("grading")?,
            submission: record.parse("submission")?,
            user: record.parse("user")?,
            key: record.key()?,
            seq: record.count("seq")?,
            score: record.points("score")?,
            max_score: record.points("max_score")?,
            graded_at: record.time("graded_at")?,
        },
        state: record.parse("state")?,
        attempts: record.count("attempts")?,
        due_at: record.time("due_at")?,
        words: record.get("words")?,
        changed_at: record.time("changed_at")?,
        stamp: record.time_if_any("stamp")?,
    })
}
