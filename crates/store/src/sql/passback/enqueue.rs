//! Keeping the delivery of a new grade.

use jiff::Timestamp;
use model::{Grade, GradingId};

use super::super::{Connection, rows::integer};
use crate::{
    error::StoreError,
    records::{Delivery, Passback, PassbackRecord, PassbackState},
};

/// What the platform does not have gives way to what is newer.
const SUPERSEDE: &str = r#"
    UPDATE passback SET state = 'superseded', worker = NULL, lease_until = NULL, changed_at = $6
    WHERE course = $1 AND section = $2 AND assignment = $3 AND "user" = $4 AND seq < $5
        AND (state IN ('pending', 'refused', 'given_up', 'withheld') OR state = 'sending' AND lease_until <= $6)"#;

pub(in super::super) const NEWEST: &str = r#"
    SELECT coalesce(max(seq), 0) FROM passback
    WHERE course = $1 AND section = $2 AND assignment = $3 AND "user" = $4"#;

/// Keeps the delivery of a new grade, as part of a write that holds the lock of the grade.
pub(in super::super) async fn enqueue(
    tx: &mut Connection,
    grading: GradingId,
    grade: &Grade,
    delivery: Delivery,
) -> Result<(), StoreError> {
    let state = match delivery {
        Delivery::Nowhere => return Ok(()),
        Delivery::Withheld => PassbackState::Withheld,
        Delivery::Due => PassbackState::Pending,
    };
    let last: i64 = sqlx::query_scalar(NEWEST)
        .bind(grade.key.course.as_str())
        .bind(grade.key.section.as_str())
        .bind(grade.key.assignment.as_str())
        .bind(grade.user.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let passback = Passback {
        grading,
        submission: grade.submission,
        user: grade.user.clone(),
        key: grade.key.clone(),
        seq: last.unsigned_abs().saturating_add(1),
        score: grade.score,
        max_score: grade.max_score,
        graded_at: grade.graded_at,
    };
    supersede(tx, &passback, grade.graded_at).await?;
    let record = PassbackRecord {
        passback,
        state,
        attempts: 0,
        due_at: Timestamp::UNIX_EPOCH,
        words: None,
        changed_at: grade.graded_at,
        stamp: None,
    };
    insert(tx, &record).await
}

pub(super) async fn supersede(
    tx: &mut Connection,
    newer: &Passback,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(SUPERSEDE)
        .bind(newer.key.course.as_str())
        .bind(newer.key.section.as_str())
        .bind(newer.key.assignment.as_str())
        .bind(newer.user.as_str())
        .bind(integer(newer.seq))
        .bind(now.as_millisecond())
        .execute(tx)
        .await?;
    Ok(())
}

pub(in super::super) async fn insert(tx: &mut Connection, record: &PassbackRecord) -> Result<(), StoreError> {
    let PassbackRecord { passback, .. } = record;
    sqlx::query(
        r#"INSERT INTO passback
               (grading, submission, "user", course, section, assignment, seq, score, max_score, graded_at, state,
                attempts, since, due_at, words, changed_at, stamp)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"#,
    )
    .bind(passback.grading.to_string())
    .bind(passback.submission.to_string())
    .bind(passback.user.as_str())
    .bind(passback.key.course.as_str())
    .bind(passback.key.section.as_str())
    .bind(passback.key.assignment.as_str())
    .bind(integer(passback.seq))
    .bind(passback.score.get())
    .bind(passback.max_score.get())
    .bind(passback.graded_at.as_millisecond())
    .bind(record.state.as_str())
    .bind(i64::from(record.attempts))
    .bind(passback.graded_at.as_millisecond())
    .bind(record.due_at.as_millisecond())
    .bind(record.words.as_deref())
    .bind(record.changed_at.as_millisecond())
    .bind(record.stamp.map(Timestamp::as_millisecond))
    .execute(tx)
    .await?;
    Ok(())
}
