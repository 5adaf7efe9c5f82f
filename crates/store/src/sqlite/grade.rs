//! The grade of a user for an assignment.

use jiff::Timestamp;
use model::{AssignmentKey, Grade, GradePolicy, Report, Submission, UserName};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::{
    error::StoreError,
    sqlite::{SqliteStore, rows::Record},
};

pub(super) const GRADE: &str = "
    SELECT * FROM grade WHERE course = ?1 AND section = ?2 AND assignment = ?3 AND user = ?4";

pub(super) async fn grade(
    store: &SqliteStore,
    user: &UserName,
    key: &AssignmentKey,
) -> Result<Option<Grade>, StoreError> {
    read(&store.readers, user, key).await
}

/// Makes the report the user's grade if the policy says so, as part of a write.
pub(super) async fn update(
    tx: &mut SqliteConnection,
    submission: Submission,
    report: &Report,
    graded_at: Timestamp,
    policy: GradePolicy,
) -> Result<(), StoreError> {
    let current = read(&mut *tx, &submission.user, &submission.key).await?;
    let new = Grade {
        user: submission.user,
        key: submission.key,
        submission: submission.id,
        score: report.score,
        max_score: report.max_score,
        graded_at,
    };
    if current.is_some_and(|current| !policy.replaces(&new, &current)) {
        return Ok(());
    }
    sqlx::query(
        "INSERT OR REPLACE INTO grade
             (course, section, assignment, user, submission, score, max_score, graded_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(new.key.course.as_str())
    .bind(new.key.section.as_str())
    .bind(new.key.assignment.as_str())
    .bind(new.user.as_str())
    .bind(new.submission.to_string())
    .bind(new.score.get())
    .bind(new.max_score.get())
    .bind(new.graded_at.as_millisecond())
    .execute(tx)
    .await?;
    Ok(())
}

async fn read(
    from: impl SqliteExecutor<'_>,
    user: &UserName,
    key: &AssignmentKey,
) -> Result<Option<Grade>, StoreError> {
    let row = sqlx::query(GRADE)
        .bind(key.course.as_str())
        .bind(key.section.as_str())
        .bind(key.assignment.as_str())
        .bind(user.as_str())
        .fetch_optional(from)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let record = Record::new("grade of submission", "submission", &row);
    Ok(Some(Grade {
        user: record.parse("user")?,
        key: record.key()?,
        submission: record.parse("submission")?,
        score: record.points("score")?,
        max_score: record.points("max_score")?,
        graded_at: record.time("graded_at")?,
    }))
}
