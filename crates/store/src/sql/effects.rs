//! What follows from a report: the grade, and its delivery.

use model::{Report, Step, Submission};

use super::{Connection, event, grade, passback};
use crate::{
    error::StoreError,
    records::{Effects, Lease, NewGrading},
    steps,
};

/// Updates the grade and keeps its delivery, as part of a write, and adds what happened to the events.
pub(super) async fn apply(
    tx: &mut Connection,
    held: &Lease,
    submission: Submission,
    grading: &NewGrading,
    report: &Report,
    effects: Effects,
) -> Result<(), StoreError> {
    if report.fraction().is_some() {
        passback::lock(tx, &submission.key, &submission.user).await?;
        let new = grade::of(&submission, report, grading.finished_at);
        if let Some(grade) = grade::update(tx, new, effects.policy).await? {
            passback::enqueue(tx, grading.id, &grade, effects.delivery).await?;
        }
    }
    let steps: Vec<Step> = steps::of_report(report);
    event::append(tx, held.submission, grading.finished_at, Some(&held.worker), &steps).await
}
