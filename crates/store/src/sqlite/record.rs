//! The end of a grading: a report or a fault.

use model::{Fault, GradePolicy, Question, Report, ReportStatus, Step};
use sqlx::SqliteConnection;

use crate::{
    error::{LeaseError, StoreError},
    records::{Lease, NewGrading, Retry},
    sqlite::{
        SqliteStore, claim, event, grade,
        lease::begin_held,
        notebook,
        rows::{integer, to_json},
    },
};

pub(super) async fn report(
    store: &SqliteStore,
    held: &Lease,
    grading: &NewGrading,
    report: &Report,
    executed: Option<&[u8]>,
    policy: GradePolicy,
) -> Result<(), LeaseError> {
    let json = to_json(report);
    let executed = match executed {
        Some(notebook) => Some((notebook.len() as u64, notebook::pack(notebook.to_vec()).await?)),
        None => None,
    };
    let mut tx = begin_held(store, held).await?;
    keep(&mut tx, held, grading, Some(&json), None).await?;
    if let Some((size_bytes, packed)) = executed {
        sqlx::query("INSERT INTO executed_notebook (grading, size_bytes, zstd) VALUES (?1, ?2, ?3)")
            .bind(grading.id.to_string())
            .bind(integer(size_bytes))
            .bind(packed)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "UPDATE job SET state = 'done', worker = NULL, lease_until = NULL, grading = ?2 WHERE submission = ?1",
    )
    .bind(held.submission.to_string())
    .bind(grading.id.to_string())
    .execute(&mut *tx)
    .await?;
    if report.fraction().is_some() {
        let submission = claim::submission(&mut tx, &held.submission.to_string()).await?;
        grade::update(&mut tx, submission, report, grading.finished_at, policy).await?;
    }
    event::append(&mut tx, held.submission, grading.finished_at, &steps(report)).await?;
    Ok(tx.commit().await?)
}

/// What a report adds to the events.
fn steps(report: &Report) -> Vec<Step> {
    let questions = report.questions.iter().map(|Question { name, score, max_score, .. }| Step::Question {
        name: name.clone(),
        score: *score,
        max_score: *max_score,
    });
    let last = match report.status {
        ReportStatus::Rejected => Step::Rejected,
        ReportStatus::Complete | ReportStatus::Stopped | ReportStatus::Crashed => {
            Step::Graded { score: report.score, max_score: report.max_score }
        }
    };
    questions.chain([last]).collect()
}

pub(super) async fn fault(
    store: &SqliteStore,
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
    keep(&mut tx, held, grading, None, Some(&json)).await?;
    sqlx::query(
        "UPDATE job
         SET state = ?2, due_at = coalesce(?3, due_at), faults = faults + 1, worker = NULL, lease_until = NULL
         WHERE submission = ?1",
    )
    .bind(held.submission.to_string())
    .bind(state)
    .bind(due_at)
    .execute(&mut *tx)
    .await?;
    event::append(&mut tx, held.submission, grading.finished_at, &[step]).await?;
    Ok(tx.commit().await?)
}

async fn keep(
    tx: &mut SqliteConnection,
    held: &Lease,
    grading: &NewGrading,
    report: Option<&str>,
    fault: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO grading (id, submission, revision, started_at, finished_at, report, fault)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(grading.id.to_string())
    .bind(held.submission.to_string())
    .bind(&grading.revision)
    .bind(grading.started_at.as_millisecond())
    .bind(grading.finished_at.as_millisecond())
    .bind(report)
    .bind(fault)
    .execute(tx)
    .await?;
    Ok(())
}
