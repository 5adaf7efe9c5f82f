//! Taking a submission in.

use jiff::Timestamp;
use model::{Step, Submission, SubmissionId};

use super::{
    Connection, Engine, dialect, event,
    rows::{Record, integer},
};
use crate::{
    error::StoreError,
    notebook,
    records::{Accepted, Lane, NewSubmission},
    turn::turn,
};

/// How many open jobs a user and a course have in a lane.
pub(super) const OPEN: &str = r#"
    SELECT
        (SELECT count(*) FROM job WHERE (state = 'queued' OR state = 'leased') AND "user" = $2 AND lane = $1) AS of_user,
        (SELECT count(*) FROM job WHERE (state = 'queued' OR state = 'leased') AND course = $3 AND lane = $1) AS of_course"#;

/// How many jobs wait that are not behind this one: its place, if it waits itself.
pub(super) const POSITION: &str = "
    SELECT count(*) FROM job
    WHERE (state = 'queued' OR state = 'leased') AND state = 'queued' AND (lane, turn, submission) <= ($1, $2, $3)";

/// The jobs that nobody ever took of a user's earlier submissions for an assignment.
const SUPERSEDE: &str = r#"
    UPDATE job SET state = 'superseded'
    WHERE state = 'queued' AND claims = 0 AND lane = 0 AND "user" = $1 AND submission IN (
        SELECT id FROM submission
        WHERE course = $2 AND section = $3 AND assignment = $4 AND "user" = $1 AND id < $5)
    RETURNING submission"#;

pub(super) async fn accept(store: &Engine, new: NewSubmission) -> Result<Accepted, StoreError> {
    let NewSubmission { submission, notebook, supersedes } = new;
    let packed = notebook::pack(notebook).await?;
    let mut tx = store.begin().await?;
    insert(&mut tx, &submission).await?;
    keep_notebook(&mut tx, submission.id, &packed).await?;
    // Two at once by one user: the turn of the second counts the first, and each skips only what is older. What takes
    // long is done by now, so that one does not hold up the other for it.
    dialect::lock(&mut tx, "user", submission.user.as_str()).await?;
    let superseded = if supersedes { supersede(&mut tx, &submission).await? } else { vec![] };
    let turn = next_turn(&mut tx, Lane::Live, &submission, submission.received_at).await?;
    sqlx::query(r#"INSERT INTO job (submission, "user", course, turn) VALUES ($1, $2, $3, $4)"#)
        .bind(submission.id.to_string())
        .bind(submission.user.as_str())
        .bind(submission.key.course.as_str())
        .bind(integer(turn))
        .execute(&mut *tx)
        .await?;
    let position = place(&mut tx, Lane::Live, turn, submission.id).await?;
    event::begin(&mut tx, submission.id, submission.received_at, position).await?;
    tx.commit().await?;
    Ok(Accepted { position, superseded })
}

pub(super) async fn insert(tx: &mut Connection, submission: &Submission) -> Result<(), StoreError> {
    sqlx::query(
        r#"INSERT INTO submission (id, "user", course, section, assignment, received_at, sha256, size_bytes)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"#,
    )
    .bind(submission.id.to_string())
    .bind(submission.user.as_str())
    .bind(submission.key.course.as_str())
    .bind(submission.key.section.as_str())
    .bind(submission.key.assignment.as_str())
    .bind(submission.received_at.as_millisecond())
    .bind(submission.sha256.to_string())
    .bind(integer(submission.size_bytes))
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn keep_notebook(
    tx: &mut Connection,
    submission: SubmissionId,
    packed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO notebook (submission, zstd) VALUES ($1, $2)")
        .bind(submission.to_string())
        .bind(packed)
        .execute(tx)
        .await?;
    Ok(())
}

/// Skips what the submission supersedes, if no later one is there already.
async fn supersede(tx: &mut Connection, submission: &Submission) -> Result<Vec<SubmissionId>, StoreError> {
    let rows = sqlx::query(SUPERSEDE)
        .bind(submission.user.as_str())
        .bind(submission.key.course.as_str())
        .bind(submission.key.section.as_str())
        .bind(submission.key.assignment.as_str())
        .bind(submission.id.to_string())
        .fetch_all(&mut *tx)
        .await?;
    let mut superseded: Vec<SubmissionId> = vec![];
    for row in &rows {
        superseded.push(Record::new("job", "submission", row).parse("submission")?);
    }
    superseded.sort_unstable();
    for &older in &superseded {
        let step = Step::Superseded { newer: submission.id };
        event::append(&mut *tx, older, submission.received_at, None, &[step]).await?;
    }
    Ok(superseded)
}

/// The turn of a job that is queued now.
pub(super) async fn next_turn(
    tx: &mut Connection,
    lane: Lane,
    submission: &Submission,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let (of_user, of_course): (i64, i64) = sqlx::query_as(OPEN)
        .bind(lane as i64)
        .bind(submission.user.as_str())
        .bind(submission.key.course.as_str())
        .fetch_one(tx)
        .await?;
    Ok(turn(now, of_user.unsigned_abs(), of_course.unsigned_abs()))
}

/// The place of a waiting job.
pub(super) async fn place(
    tx: &mut Connection,
    lane: Lane,
    turn: u64,
    submission: SubmissionId,
) -> Result<u64, StoreError> {
    let place: i64 = sqlx::query_scalar(POSITION)
        .bind(lane as i64)
        .bind(integer(turn))
        .bind(submission.to_string())
        .fetch_one(tx)
        .await?;
    Ok(place.unsigned_abs())
}
