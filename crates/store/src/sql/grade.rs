//! The grade of a user for an assignment.

use jiff::Timestamp;
use model::{AssignmentKey, Grade, GradePolicy, Report, Submission, UserName};
use sqlx::Executor;

use super::{Connection, Engine, Row, dialect::Db, rows::Record};
use crate::error::StoreError;

pub(super) const GRADE: &str = r#"
    SELECT * FROM grade WHERE course = $1 AND section = $2 AND assignment = $3 AND "user" = $4"#;

/// What each of a user's submissions for an assignment earned.
pub(super) const CANDIDATES: &str = r#"
    SELECT submission.*, submission.id AS submission, job.score, job.max_score, job.graded_at
    FROM submission JOIN job ON job.submission = submission.id
    WHERE submission.course = $1 AND submission.section = $2 AND submission.assignment = $3
        AND submission."user" = $4 AND job.score IS NOT NULL"#;

pub(super) async fn grade(
    store: &Engine,
    user: &UserName,
    key: &AssignmentKey,
) -> Result<Option<Grade>, StoreError> {
    read(&store.readers, user, key).await
}

/// What the submission's grade is if the report counts.
pub(super) fn of(submission: &Submission, report: &Report, graded_at: Timestamp) -> Grade {
    Grade {
        user: submission.user.clone(),
        key: submission.key.clone(),
        submission: submission.id,
        score: report.counted(),
        max_score: report.max_score,
        graded_at,
    }
}

/// Makes the new one the user's grade if the policy says so, as part of a write; gives the grade if it is another one now.
pub(super) async fn update(
    tx: &mut Connection,
    new: Grade,
    policy: GradePolicy,
) -> Result<Option<Grade>, StoreError> {
    let current = read(&mut *tx, &new.user, &new.key).await?;
    let settled = match &current {
        Some(current) if !policy.replaces(&new, current) => return Ok(None),
        Some(current) if policy.must_compare_again(&new, current) => best(tx, new).await?,
        _ => new,
    };
    keep(tx, &settled).await?;
    let is_new = current.is_none_or(|current| !settled.is_same_as(&current));
    Ok(is_new.then_some(settled))
}

/// The best of all the user's submissions for the assignment, the one with the new grade among them.
async fn best(tx: &mut Connection, new: Grade) -> Result<Grade, StoreError> {
    let rows = sqlx::query(CANDIDATES)
        .bind(new.key.course.as_str())
        .bind(new.key.section.as_str())
        .bind(new.key.assignment.as_str())
        .bind(new.user.as_str())
        .fetch_all(tx)
        .await?;
    let set_at = new.graded_at;
    let mut best = new;
    for row in &rows {
        let candidate = from_row(row)?;
        if candidate.submission != best.submission && GradePolicy::Best.replaces(&candidate, &best) {
            best = Grade { graded_at: set_at, ..candidate };
        }
    }
    Ok(best)
}

/// Keeps a grade in the place of the one there is.
pub(super) async fn keep(tx: &mut Connection, grade: &Grade) -> Result<(), StoreError> {
    sqlx::query(
        r#"INSERT INTO grade (course, section, assignment, "user", submission, score, max_score, graded_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (course, section, assignment, "user") DO UPDATE
           SET submission = excluded.submission, score = excluded.score, max_score = excluded.max_score,
               graded_at = excluded.graded_at"#,
    )
    .bind(grade.key.course.as_str())
    .bind(grade.key.section.as_str())
    .bind(grade.key.assignment.as_str())
    .bind(grade.user.as_str())
    .bind(grade.submission.to_string())
    .bind(grade.score.get())
    .bind(grade.max_score.get())
    .bind(grade.graded_at.as_millisecond())
    .execute(tx)
    .await?;
    Ok(())
}

async fn read<'c>(
    from: impl Executor<'c, Database = Db>,
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
    row.as_ref().map(from_row).transpose()
}

pub(super) fn from_row(row: &Row) -> Result<Grade, StoreError> {
    let record = Record::new("grade of submission", "submission", row);
    Ok(Grade {
        user: record.parse("user")?,
        key: record.key()?,
        submission: record.parse("submission")?,
        score: record.points("score")?,
        max_score: record.points("max_score")?,
        graded_at: record.time("graded_at")?,
    })
}
