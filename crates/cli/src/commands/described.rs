//! A submission with all that belongs to it, as JSON: what is handed to its user, and what is compared when stores are.

use model::NotebookHash;
use serde_json::{Value, json};
use store::{JobState, Outcome, PassbackRecord, Whole};

/// Everything but the notebooks' bytes, in whose place stand their sizes and hashes. What only says who is at work
/// at the moment is left out: a job under a lease counts as waiting, a delivery that is being sent as pending. So what
/// two stores hold is the same if this is.
pub(crate) fn described(whole: &Whole) -> Value {
    let Whole { submission, notebook, job, gradings, events, grade, passbacks } = whole;
    let state = if job.state == JobState::Leased { JobState::Queued } else { job.state };
    let gradings: Vec<Value> = gradings
        .iter()
        .map(|(grading, executed)| {
            let (report, fault) = match &grading.outcome {
                Outcome::Report(report) => (Some(report), None),
                Outcome::Fault(fault) => (None, Some(fault)),
            };
            json!({
                "id": grading.id, "revision": grading.revision, "started_at": grading.started_at,
                "finished_at": grading.finished_at, "report": report, "fault": fault,
                "executed_notebook": executed.as_deref().map(bytes),
            })
        })
        .collect();
    let passbacks: Vec<_> = passbacks.iter().map(PassbackRecord::as_copied).collect();
    json!({
        "submission": submission,
        "notebook": notebook.as_deref().map(bytes),
        "job": {
            "state": state.as_str(), "lane": job.lane, "turn": job.turn, "due_at": job.due_at,
            "faults": job.faults, "claims": job.claims, "token": job.token, "grading": job.grading,
            "fault": job.fault,
        },
        "gradings": gradings,
        "events": events,
        "grade": grade,
        "deliveries": passbacks,
    })
}

fn bytes(notebook: &[u8]) -> Value {
    json!({ "size_bytes": notebook.len(), "sha256": NotebookHash::of(notebook) })
}

/// About how much room it takes, in bytes: its notebooks.
pub(crate) fn size(whole: &Whole) -> u64 {
    let executed = whole.gradings.iter().filter_map(|(_, executed)| executed.as_ref());
    executed.chain(&whole.notebook).map(|notebook| notebook.len() as u64).sum()
}
