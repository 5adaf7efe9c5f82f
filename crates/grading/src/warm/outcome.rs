//! From what was found to a report or a fault.

use std::time::{Duration, Instant};

use judge::{Bundle, Scores};
use model::{Flag, Limit, LimitHit, Points, Report, ReportStatus};

use super::{evaluate::Evaluated, limits::WarmLimits, notebook::How};
use crate::{advice::advice, engine::Graded};

/// What every report of this engine has.
pub(super) struct Outcome {
    pub(super) limits: WarmLimits,
    pub(super) otter_version: String,
    pub(super) began: Instant,
}

impl Outcome {
    /// The submission cannot be graded by this autograder; nothing of it was run.
    pub(super) fn rejected(&self, message: String) -> Graded {
        self.report(ReportStatus::Rejected, String::new(), 0.0, Some(message)).into()
    }

    /// The report on a run.
    pub(super) fn of(
        &self,
        bundle: &Bundle,
        how: How,
        mut hits: Vec<LimitHit>,
        evaluated: Evaluated,
        isolation: String,
        cpu_seconds: f64,
    ) -> Graded {
        if let How::Failed(why) = &how {
            let message =
                format!("This notebook cannot be run: {}.", judge::clean(why.trim_end_matches('.')));
            return self.report(ReportStatus::Rejected, isolation, cpu_seconds, Some(message)).into();
        }
        let Evaluated { judged, mut flags, hits: at_cases, crashed, .. } = evaluated;
        hits.extend(at_cases);
        let is_complete = judged.len() == bundle.questions.len();
        let has_crashed = crashed || matches!(how, How::Crashed);
        let status = match (is_complete, has_crashed) {
            (true, false) => ReportStatus::Complete,
            _ if !hits.is_empty() => ReportStatus::Stopped,
            (_, true) => ReportStatus::Crashed,
            (false, false) => {
                // Its code has spoken in the runner's place, or kept snapshots from being taken.
                let reason = "The notebook's process was done before its last snapshot was taken.";
                flags.push(Flag { kind: "snapshot".into(), reason: reason.into() });
                ReportStatus::Crashed
            }
        };
        let (unjudged, message_hits) = (bundle.questions.len() - judged.len(), hits.clone());
        let mut executed = None;
        if let How::Done { result, output_dropped } = how {
            executed = Some(result.into_bytes());
            hits.extend(output_dropped.then(|| self.limits.hit(Limit::OutputBytes)));
        }
        let Scores { questions, score, max_score, reported_score } = bundle.assemble(judged);
        let message = explain(status, &message_hits, unjudged);
        let report = Report {
            questions,
            score,
            max_score,
            reported_score,
            flags,
            limits: hits,
            ..self.report(status, isolation, cpu_seconds, message)
        };
        Graded { report, executed, peak_memory_bytes: None }
    }

    fn report(
        &self,
        status: ReportStatus,
        isolation: String,
        cpu_seconds: f64,
        message: Option<String>,
    ) -> Report {
        Report {
            status,
            score: Points::ZERO,
            max_score: Points::ZERO,
            reported_score: None,
            questions: Vec::new(),
            engine: super::NAME.into(),
            engine_reason: None,
            lateness: None,
            engine_version: format!(
                "otter-service {} with otter-grader {}",
                env!("CARGO_PKG_VERSION"),
                judge::clean(&self.otter_version)
            ),
            isolation,
            seconds: to_millis(self.began.elapsed()),
            cpu_seconds: to_millis(Duration::try_from_secs_f64(cpu_seconds).unwrap_or_default()),
            limits: Vec::new(),
            flags: Vec::new(),
            message,
        }
    }
}

/// What happened, for the student; nothing if everything ran.
fn explain(status: ReportStatus, hits: &[LimitHit], unjudged: usize) -> Option<String> {
    let left = match unjudged {
        0 => "All questions could be checked.".to_owned(),
        1 => "One question could not be checked and has no points; the others keep theirs.".to_owned(),
        count => {
            format!("{count} questions could not be checked and have no points; the others keep theirs.")
        }
    };
    match (hits.first(), status) {
        (Some(hit), _) => Some(format!("Your notebook met {hit}. {left} {}", advice(hit.limit))),
        (None, ReportStatus::Crashed) => {
            Some(format!("Your notebook's code ended the Python process it ran in. {left}"))
        }
        (None, _) => None,
    }
}

/// Seconds to the millisecond: more would be noise.
fn to_millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_student_reads_which_cell_met_which_limit_and_what_counts() {
        let hit = LimitHit { limit: Limit::CellSeconds, value: 60, cell: Some(12) };
        let message = explain(ReportStatus::Stopped, &[hit], 2).unwrap();
        assert_eq!(
            message,
            "Your notebook met the time limit of 60 seconds for one cell (cell 12). 2 questions could not be checked and \
             have no points; the others keep theirs. Look for a loop that does not end or a computation that is far \
             larger than the question asks for."
        );
        assert_eq!(explain(ReportStatus::Complete, &[], 0), None);
    }
}
