//! How pages say things.

use jiff::{Timestamp, tz::TimeZone};
use model::{Points, Report, ReportStatus};
use store::Status;

/// Where a submission stands, in a word or two, and the class that colours it.
pub(super) struct Standing {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    /// Whether more is to come.
    pub(super) is_live: bool,
}

pub(super) fn standing(status: Status) -> Standing {
    let (word, class, is_live) = match status {
        Status::Queued => ("waiting", "waiting", true),
        Status::Grading => ("being graded", "grading", true),
        Status::Graded => ("graded", "graded", false),
        Status::Rejected => ("not gradable", "problem", false),
        Status::Failed => ("with the staff", "problem", false),
    };
    Standing { word, class, is_live }
}

/// `9.5 of 10`.
pub(super) fn score(score: Points, max_score: Points) -> String {
    format!("{score} of {max_score}")
}

/// The part earned in whole per cent, for bars; 0 when nothing can be earned.
pub(super) fn percent(score: Points, max_score: Points) -> u8 {
    let percent = score.fraction_of(max_score).unwrap_or(0.0) * 100.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let whole = percent.round() as u8;
    whole
}

/// A time for people, in UTC as long as nobody says where they are: `23 Nov 2026, 14:05 UTC`.
pub(super) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// What the page says above the questions of a report that did not run to its end.
pub(super) fn heading(report: &Report) -> Option<&'static str> {
    match report.status {
        ReportStatus::Complete => None,
        ReportStatus::Stopped => Some("Stopped before its end"),
        ReportStatus::Crashed => Some("Could not be checked"),
        ReportStatus::Rejected => Some("Not gradable here"),
    }
}
