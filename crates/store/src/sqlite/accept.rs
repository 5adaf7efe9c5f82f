//! Taking a submission in.

use model::Step;

use crate::{
    error::StoreError,
    records::{Accepted, NewSubmission},
    sqlite::{SqliteStore, event, notebook, rows::integer},
};

/// How many jobs wait that were accepted no later than the submission: its place, if it waits itself.
pub(super) const POSITION: &str = "SELECT count(*) FROM job WHERE state = 'queued' AND submission <= ?1";

pub(super) async fn accept(store: &SqliteStore, new: NewSubmission) -> Result<Accepted, StoreError> {
    let NewSubmission { submission, notebook } = new;
    let packed = notebook::pack(notebook).await?;
    let id = submission.id.to_string();

    let mut tx = store.begin().await?;
    sqlx::query(
        "INSERT INTO submission (id, user, course, section, assignment, received_at, sha256, size_bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(&id)
    .bind(submission.user.as_str())
    .bind(submission.key.course.as_str())
    .bind(submission.key.section.as_str())
    .bind(submission.key.assignment.as_str())
    .bind(submission.received_at.as_millisecond())
    .bind(submission.sha256.to_string())
    .bind(integer(submission.size_bytes))
    .execute(&mut *tx)
    .await?;
    sqlx::query("INSERT INTO notebook (submission, zstd) VALUES (?1, ?2)")
        .bind(&id)
        .bind(packed)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO job (submission) VALUES (?1)").bind(&id).execute(&mut *tx).await?;
    let position = sqlx::query_scalar::<_, i64>(POSITION).bind(&id).fetch_one(&mut *tx).await?.unsigned_abs();
    let steps = [Step::Received, Step::Queued { position }];
    event::append(&mut tx, submission.id, submission.received_at, &steps).await?;
    tx.commit().await?;
    Ok(Accepted { position })
}
