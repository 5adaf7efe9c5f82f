//! How pages say things.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};
use model::{Points, Report, ReportStatus, Step};
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
        Status::Failed => ("grading failed", "problem", false),
        Status::Superseded => ("replaced by a newer one", "waiting", false),
    };
    Standing { word, class, is_live }
}

/// Points as pages show them.
pub(super) struct Score {
    pub(super) earned: String,
    pub(super) possible: String,
    /// The part earned in whole per cent, for bars.
    pub(super) percent: u8,
    /// `full`, `part` or `none`, which colours it.
    pub(super) class: &'static str,
}

impl Score {
    /// `None` when there is nothing to earn.
    pub(super) fn of(score: Points, max_score: Points) -> Option<Self> {
        let fraction = score.fraction_of(max_score)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let percent = (fraction * 100.0).round() as u8;
        let class = if score >= max_score {
            "full"
        } else if score > Points::ZERO {
            "part"
        } else {
            "none"
        };
        Some(Self { earned: score.to_string(), possible: max_score.to_string(), percent, class })
    }
}

impl fmt::Display for Score {
    /// `9.5 of 10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.earned, self.possible)
    }
}

/// What happened, for staff; `None` for what is of no interest to them.
pub(super) fn step(step: &Step) -> Option<String> {
    Some(match step {
        Step::Cell { .. } | Step::Question { .. } => return None,
        Step::Received => "received".into(),
        Step::Queued { position } => format!("waiting, number {position}"),
        Step::Started { attempt } => format!("grading started, try {attempt}"),
        Step::Released => "interrupted; it begins anew".into(),
        Step::Delayed { retry_at } => format!("failed; to be tried again at {}", time(*retry_at)),
        Step::Graded { score, max_score } => format!("graded: {score} of {max_score}"),
        Step::Rejected => "not gradable".into(),
        Step::Failed => "failed for good".into(),
        Step::Superseded { newer } => format!("skipped: {newer} came before its turn"),
        Step::Regrade => "a new grading was asked for".into(),
        Step::Sending { attempt } => format!("the grade is being sent, try {attempt}"),
        Step::Posted => "the learning platform has the grade".into(),
        Step::NotPosted { retry_at } => {
            format!("the grade was not sent; to be tried again at {}", time(*retry_at))
        }
        Step::NotAccepted => "the learning platform did not take the grade".into(),
    })
}

/// A part of a whole: `50 %`, `33.3 %`.
pub(super) fn percent(part: f64) -> String {
    let percent = format!("{:.1}", part * 100.0);
    format!("{} %", percent.trim_end_matches(".0"))
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
        ReportStatus::Rejected => Some("Not gradable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_full_only_with_every_point() {
        let score =
            |score, max_score| Score::of(Points::new(score).unwrap(), Points::new(max_score).unwrap());
        let class = |value, max_score| score(value, max_score).map(|score| (score.class, score.percent));
        assert_eq!(class(14.0, 14.0), Some(("full", 100)));
        assert_eq!(class(13.99, 14.0), Some(("part", 100)));
        assert_eq!(class(0.01, 14.0), Some(("part", 0)));
        assert_eq!(class(0.0, 14.0), Some(("none", 0)));
        assert_eq!(class(0.0, 0.0), None);
        assert_eq!(score(9.5, 10.0).unwrap().to_string(), "9.5 of 10");
    }
}
