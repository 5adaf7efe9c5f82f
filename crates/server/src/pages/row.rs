//! One submission in a list.

use store::Status;

use super::words;
use crate::api::submissions::Line;

/// One submission in a list (`rows.html`).
pub(super) struct Row {
    pub(super) id: String,
    /// Whose it is, in lists for staff. Such a list follows nothing: following is looking, and the audit trail has it.
    pub(super) user: Option<String>,
    pub(super) assignment: String,
    pub(super) course: String,
    pub(super) time: String,
    pub(super) datetime: String,
    pub(super) standing: words::Standing,
    pub(super) score: Option<words::Score>,
    /// Whether the user's grade for the assignment is this one's.
    pub(super) counts: bool,
}

impl Row {
    /// As its own user sees it.
    pub(super) fn of(line: &Line, counts: bool) -> Self {
        let points = line.score.zip(line.max_score).filter(|_| line.status == Status::Graded);
        Self {
            id: line.submission.id.to_string(),
            user: None,
            assignment: line.submission.key.assignment.to_string(),
            course: format!("{} / {}", line.submission.key.course, line.submission.key.section),
            time: words::time(line.submission.received_at),
            datetime: line.submission.received_at.to_string(),
            standing: words::standing(line.status),
            score: points.and_then(|(score, max_score)| words::Score::of(score, max_score)),
            counts,
        }
    }

    /// As staff see it, in a list of one course.
    pub(super) fn for_staff(line: &Line) -> Self {
        let user = Some(line.submission.user.to_string());
        Self { user, course: line.submission.key.section.to_string(), ..Self::of(line, false) }
    }
}
