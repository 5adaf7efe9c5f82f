//! What the end of a grading adds to the events.

use model::{Question, Report, ReportStatus, Step};

/// What a report adds to the events.
pub(crate) fn of_report(report: &Report) -> Vec<Step> {
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
