//! Removing everything of a user's.

use model::{SubmissionId, UserName};
use sqlx::AssertSqlSafe;

use super::{
    Connection, Engine, audit,
    dialect::{self, FOR_UPDATE},
    expire::remove,
    rows::Record,
};
use crate::{error::StoreError, records::AuditEntry};

/// In the order in which rows refer to each other. Executed notebooks go with their gradings.
const OF_A_SUBMISSION: [&str; 7] = [
    "DELETE FROM passback WHERE submission = $1",
    "DELETE FROM grade WHERE submission = $1",
    "DELETE FROM event WHERE submission = $1",
    "DELETE FROM job WHERE submission = $1",
    "DELETE FROM grading WHERE submission = $1",
    "DELETE FROM notebook WHERE submission = $1",
    "DELETE FROM submission WHERE id = $1",
];

/// What does not belong to a submission.
pub(super) const OF_A_USER: [&str; 2] =
    [r#"DELETE FROM launch WHERE "user" = $1"#, r#"DELETE FROM token WHERE "user" = $1"#];

pub(super) fn jobs_sql() -> String {
    let of_job = if FOR_UPDATE.is_empty() { "" } else { "FOR UPDATE OF job" };
    format!(
        r#"SELECT submission.id FROM submission JOIN job ON job.submission = submission.id
           WHERE submission."user" = $1 ORDER BY submission.id {of_job}"#
    )
}

pub(super) async fn erase(store: &Engine, user: &UserName, entry: &AuditEntry) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    dialect::lock(&mut tx, "user", user.as_str()).await?;
    // Whoever grades one of them now is told that the lease is lost.
    let rows = sqlx::query(AssertSqlSafe(jobs_sql())).bind(user.as_str()).fetch_all(&mut *tx).await?;
    for row in &rows {
        submission(&mut tx, Record::new("submission", "id", row).parse("id")?).await?;
    }
    for sql in OF_A_USER {
        sqlx::query(sql).bind(user.as_str()).execute(&mut *tx).await?;
    }
    audit::insert(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(rows.len() as u64)
}

/// Removes a submission with all that belongs to it, as part of a write.
pub(super) async fn submission(tx: &mut Connection, id: SubmissionId) -> Result<(), StoreError> {
    for sql in OF_A_SUBMISSION {
        remove(tx, sql, id).await?;
    }
    Ok(())
}
