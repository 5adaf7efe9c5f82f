//! Handing a delivery out, and what came of sending it.

use std::time::Duration;

use jiff::Timestamp;
use model::Step;
use sqlx::AssertSqlSafe;

use super::{
    super::{
        Connection, Engine, Row,
        claim::until,
        dialect::{FOR_UPDATE, SKIP_LOCKED},
        event,
        rows::{Record, integer},
    },
    enqueue::{NEWEST, supersede},
    record,
};
use crate::{
    error::{LeaseError, StoreError},
    records::{
        Passback, PassbackJob, PassbackLease, PassbackOutcome, PassbackRecord, PassbackState, UNREADABLE,
        WorkerId,
    },
};

pub(in super::super) fn claim_sql() -> String {
    format!(
        r#"UPDATE passback
        SET state = 'sending', worker = $1, token = token + 1, attempts = attempts + 1, lease_until = $3,
            changed_at = $2
        WHERE grading = (
            SELECT this.grading
            FROM passback AS this
            WHERE (this.state = 'pending' OR this.state = 'sending')
                AND CASE this.state WHEN 'pending' THEN this.due_at ELSE this.lease_until END <= $2
                AND NOT EXISTS (
                    SELECT 1 FROM passback AS other
                    WHERE other.course = this.course AND other.section = this.section
                        AND other.assignment = this.assignment AND other."user" = this."user"
                        AND (other.state = 'pending' AND other.seq > this.seq
                            OR other.state = 'sending' AND other.lease_until > $2 AND other.seq <> this.seq))
            ORDER BY CASE this.state WHEN 'pending' THEN this.due_at ELSE this.lease_until END, this.grading
            LIMIT 1 {SKIP_LOCKED}
        )
        RETURNING *"#
    )
}

pub(in super::super) async fn claim(
    store: &Engine,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<PassbackJob>, StoreError> {
    let mut tx = store.begin().await?;
    let claimed = sqlx::query(AssertSqlSafe(claim_sql()))
        .bind(&*worker.0)
        .bind(now.as_millisecond())
        .bind(until(now, lease))
        .fetch_optional(&mut *tx)
        .await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let job = match hand_out(&mut tx, worker, now, &claimed).await {
        Err(unreadable @ StoreError::Corrupt { .. }) => {
            // It would be claimed first again and again, and nothing behind it would ever be sent.
            set_aside(&mut tx, now, &claimed).await?;
            tx.commit().await?;
            return Err(unreadable);
        }
        job => job?,
    };
    tx.commit().await?;
    Ok(Some(job))
}

async fn hand_out(
    tx: &mut Connection,
    worker: &WorkerId,
    now: Timestamp,
    claimed: &Row,
) -> Result<PassbackJob, StoreError> {
    let PassbackRecord { passback, attempts: attempt, .. } = record(claimed)?;
    let row = Record::new("delivery", "grading", claimed);
    let (token, since, told) = (row.count("token")?, row.time("since")?, row.count::<u32>("told")?);
    let stamp = stamp(tx, &passback, now, attempt).await?;
    // What an older holder left under way will not be taken up again.
    supersede(tx, &passback, now).await?;
    // One that was postponed begins the same try again.
    let step = (attempt > told).then_some(Step::Sending { attempt });
    event::append(tx, passback.submission, now, Some(worker), step.as_slice()).await?;
    let lease = PassbackLease { grading: passback.grading, worker: worker.clone(), token };
    Ok(PassbackJob { lease, passback, attempt, since, stamp })
}

async fn set_aside(tx: &mut Connection, now: Timestamp, claimed: &Row) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE passback
         SET state = 'given_up', words = $2, changed_at = $3, worker = NULL, lease_until = NULL
         WHERE grading = $1",
    )
    .bind(Record::new("delivery", "grading", claimed).get::<&str>("grading")?)
    .bind(UNREADABLE)
    .bind(now.as_millisecond())
    .execute(tx)
    .await?;
    Ok(())
}

/// The last stamp of a user and assignment. Nobody else sends for these meanwhile.
pub(in super::super) const LAST_STAMP: &str = r#"
    SELECT max(stamp) AS stamp FROM passback
    WHERE course = $1 AND section = $2 AND assignment = $3 AND "user" = $4"#;

/// Gives the claimed delivery its stamp, and keeps that the try is told.
async fn stamp(
    tx: &mut Connection,
    passback: &Passback,
    now: Timestamp,
    attempt: u32,
) -> Result<Timestamp, StoreError> {
    let last = sqlx::query(LAST_STAMP)
        .bind(passback.key.course.as_str())
        .bind(passback.key.section.as_str())
        .bind(passback.key.assignment.as_str())
        .bind(passback.user.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let last = Record::new("delivery, newest", "grading", &last).time_if_any("stamp")?;
    let stamp = PassbackJob::stamp_after(last, now);
    sqlx::query("UPDATE passback SET stamp = $2, told = $3 WHERE grading = $1")
        .bind(passback.grading.to_string())
        .bind(stamp.as_millisecond())
        .bind(i64::from(attempt))
        .execute(tx)
        .await?;
    Ok(stamp)
}

pub(in super::super) fn held_sql() -> String {
    format!(
        "SELECT * FROM passback WHERE grading = $1 AND state = 'sending' AND worker = $2 AND token = $3 {FOR_UPDATE}"
    )
}

pub(in super::super) async fn settle(
    store: &Engine,
    held: &PassbackLease,
    now: Timestamp,
    outcome: PassbackOutcome,
    words: Option<&str>,
) -> Result<(), LeaseError> {
    let mut tx = store.begin().await?;
    let row = sqlx::query(AssertSqlSafe(held_sql()))
        .bind(held.grading.to_string())
        .bind(&*held.worker.0)
        .bind(integer(held.token))
        .fetch_optional(&mut *tx)
        .await?;
    let PassbackRecord { passback, attempts, words: last_words, .. } = record(&row.ok_or(LeaseError::Lost)?)?;
    let newest: i64 = sqlx::query_scalar(NEWEST)
        .bind(passback.key.course.as_str())
        .bind(passback.key.section.as_str())
        .bind(passback.key.assignment.as_str())
        .bind(passback.user.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let is_newest = newest.unsigned_abs() == passback.seq;
    let (state, due_at, step) = match outcome {
        PassbackOutcome::Posted => (PassbackState::Posted, now, Some(Step::Posted)),
        PassbackOutcome::Refused => (PassbackState::Refused, now, Some(Step::NotAccepted)),
        PassbackOutcome::GivenUp => (PassbackState::GivenUp, now, Some(Step::NotAccepted)),
        PassbackOutcome::Again(_) | PassbackOutcome::Postponed(_) if !is_newest => {
            (PassbackState::Superseded, now, None)
        }
        PassbackOutcome::Postponed(at) => (PassbackState::Pending, at, None),
        PassbackOutcome::Again(at) => (PassbackState::Pending, at, Some(Step::NotPosted { retry_at: at })),
    };
    let (attempts, words) = match outcome {
        PassbackOutcome::Postponed(_) => (attempts.saturating_sub(1), last_words.as_deref()),
        _ => (attempts, words),
    };
    sqlx::query(
        "UPDATE passback
         SET state = $2, due_at = $3, words = $4, changed_at = $5, attempts = $6, worker = NULL, lease_until = NULL
         WHERE grading = $1",
    )
    .bind(held.grading.to_string())
    .bind(state.as_str())
    .bind(due_at.as_millisecond())
    .bind(words)
    .bind(now.as_millisecond())
    .bind(i64::from(attempts))
    .execute(&mut *tx)
    .await?;
    event::append(&mut tx, passback.submission, now, Some(&held.worker), step.as_slice()).await?;
    Ok(tx.commit().await?)
}
