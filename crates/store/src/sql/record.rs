//! The end of a grading: a report or a fault.

use model::{Fault, Report, Step, SubmissionId};

use super::{
    Connection, Engine, claim, effects, event,
    lease::begin_held,
    rows::{integer, to_json},
};
use crate::{
    error::{LeaseError, StoreError},
    notebook,
    records::{Effects, GradingRecord, Lease, NewGrading, Outcome, Retry},
};

pub(super) async fn report(
    store: &Engine,
    held: &Lease,
    grading: &NewGrading,
    report: &Report,
    executed: Option<&[u8]>,
    effects: Effects,
) -> Result<(), LeaseError> {
    let executed = match executed {
        Some(notebook) => Some((notebook.len() as u64, notebook::pack(notebook.to_vec()).await?)),
        None => None,
    };
    let mut tx = begin_held(store, held).await?;
    keep(&mut tx, held.submission, grading, Some(to_json(report)), None).await?;
    if let Some((size_bytes, packed)) = executed {
        keep_executed(&mut tx, &grading.id.to_string(), size_bytes, &packed).await?;
    }
    let counts = report.fraction().is_some();
    sqlx::query(
        "UPDATE job
         SET state = 'done', worker = NULL, lease_until = NULL, grading = $2, fault = NULL,
             score = $3, max_score = $4, graded_at = $5
         WHERE submission = $1",
    )
    .bind(held.submission.to_string())
    .bind(grading.id.to_string())
    .bind(counts.then(|| report.counted().get()))
    .bind(counts.then(|| report.max_score.get()))
    .bind(counts.then(|| grading.finished_at.as_millisecond()))
    .execute(&mut *tx)
    .await?;
    let submission = claim::submission(&mut tx, &held.submission.to_string()).await?;
    effects::apply(&mut tx, held, submission, grading, report, effects).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn fault(
    store: &Engine,
    held: &Lease,
    grading: &NewGrading,
    fault: &Fault,
    retry: Retry,
) -> Result<(), LeaseError> {
    let json = to_json(fault);
    let (state, due_at, step) = match retry {
        Retry::At(retry_at) => ("queued", Some(retry_at.as_millisecond()), Step::Delayed { retry_at }),
        Retry::Never => ("failed", None, Step::Failed),
    };
    let mut tx = begin_held(store, held).await?;
    keep(&mut tx, held.submission, grading, None, Some(json.clone())).await?;
    sqlx::query(
        "UPDATE job
         SET state = $2, due_at = coalesce($3, due_at), faults = faults + 1, fault = $4, worker = NULL,
             lease_until = NULL
         WHERE submission = $1",
    )
    .bind(held.submission.to_string())
    .bind(state)
    .bind(due_at)
    .bind(json)
    .execute(&mut *tx)
    .await?;
    event::append(&mut tx, held.submission, grading.finished_at, Some(&held.worker), &[step]).await?;
    Ok(tx.commit().await?)
}

async fn keep(
    tx: &mut Connection,
    submission: SubmissionId,
    grading: &NewGrading,
    report: Option<String>,
    fault: Option<String>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO grading (id, submission, revision, started_at, finished_at, report, fault)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(grading.id.to_string())
    .bind(submission.to_string())
    .bind(&grading.revision)
    .bind(grading.started_at.as_millisecond())
    .bind(grading.finished_at.as_millisecond())
    .bind(report)
    .bind(fault)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a grading as another store had it.
pub(super) async fn keep_record(
    tx: &mut Connection,
    submission: SubmissionId,
    record: &GradingRecord,
) -> Result<(), StoreError> {
    let GradingRecord { id, revision, started_at, finished_at, outcome, .. } = record;
    let grading = NewGrading {
        id: *id,
        revision: revision.clone(),
        started_at: *started_at,
        finished_at: *finished_at,
    };
    let (report, fault) = match outcome {
        Outcome::Report(report) => (Some(to_json(report)), None),
        Outcome::Fault(fault) => (None, Some(to_json(fault))),
    };
    keep(tx, submission, &grading, report, fault).await
}

pub(super) async fn keep_executed(
    tx: &mut Connection,
    grading: &str,
    size_bytes: u64,
    packed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO executed_notebook (grading, size_bytes, zstd) VALUES ($1, $2, $3)")
        .bind(grading)
        .bind(integer(size_bytes))
        .bind(packed)
        .execute(tx)
        .await?;
    Ok(())
}
