//! Grading again, at the wish of staff.

use model::{Step, SubmissionId};
use sqlx::{AssertSqlSafe, Row as _};

use super::{Engine, accept, audit, claim, dialect::FOR_UPDATE, event, query::filter, rows::integer};
use crate::{
    error::StoreError,
    records::{AuditEntry, Lane, Regrade, Scope},
};

pub(super) fn finished_sql(column: &str) -> String {
    format!(
        "SELECT job.state, EXISTS (SELECT 1 FROM notebook WHERE notebook.submission = job.submission) AS has_notebook
         FROM job JOIN submission ON submission.id = job.submission
         WHERE job.submission = $1 AND submission.{column} = $2 {for_update}",
        for_update = if FOR_UPDATE.is_empty() { "" } else { "FOR UPDATE OF job" }
    )
}

pub(super) async fn regrade(
    store: &Engine,
    scope: &Scope,
    id: SubmissionId,
    entry: &AuditEntry,
) -> Result<Regrade, StoreError> {
    let (column, value) = filter(scope);
    let mut tx = store.begin().await?;
    let row = sqlx::query(AssertSqlSafe(finished_sql(column)))
        .bind(id.to_string())
        .bind(value)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok(Regrade::Unknown) };
    let refusal = if matches!(row.try_get("state")?, "queued" | "leased") {
        Some(Regrade::Unfinished)
    } else if row.try_get::<bool, _>("has_notebook")? {
        None
    } else {
        Some(Regrade::NoNotebook)
    };
    if let Some(refusal) = refusal {
        // At once, not when the connection is next used: whoever claims meanwhile would pass the locked job by.
        tx.rollback().await?;
        return Ok(refusal);
    }
    let submission = claim::submission(&mut tx, &id.to_string()).await?;
    let turn = accept::next_turn(&mut tx, Lane::Regrade, &submission, entry.at).await?;
    sqlx::query(
        "UPDATE job
         SET state = 'queued', lane = $2, turn = $3, due_at = 0, faults = 0, claims = 0, fault = NULL
         WHERE submission = $1",
    )
    .bind(id.to_string())
    .bind(Lane::Regrade as i64)
    .bind(integer(turn))
    .execute(&mut *tx)
    .await?;
    let position = accept::place(&mut tx, Lane::Regrade, turn, id).await?;
    audit::insert(&mut tx, entry).await?;
    let steps = [Step::Regrade, Step::Queued { position }];
    event::append_by(&mut tx, id, entry.at, Some(&entry.actor), &steps).await?;
    tx.commit().await?;
    Ok(Regrade::Queued)
}
