//! From what a run left behind to a report or a fault.

use std::fs::File;

use judge::clean;
use model::{Fault, Limit, Points, Report, ReportStatus};
use sandbox::{Ending, How, Limits};

use super::results::{Extra, Judged, Outline, ReadError, Results};
use crate::advice::advice;

/// What is known when a run is over.
pub(super) struct Run<'a> {
    /// The folder that otter-grader worked in.
    pub(super) dir: &'a File,
    /// How the processes ended.
    pub(super) ending: Ending,
    /// Whether the submission's code had begun to run.
    pub(super) had_begun: bool,
    /// The autograder's test files that otter-grader cannot read, each in a sentence.
    pub(super) broken: Vec<String>,
    /// What kept the driver from doing its work.
    pub(super) driver_fault: Option<String>,
    /// Whether the notebook wrote more output than is kept.
    pub(super) output_dropped: bool,
    pub(super) limits: Limits,
    pub(super) isolation: String,
}

impl Run<'_> {
    pub(super) fn judge(self) -> Result<Report, Fault> {
        let results = match Results::read(self.dir) {
            Ok(results) => results,
            Err(ReadError::NotOtters) => Results::default(),
            Err(ReadError::Io(error)) => {
                return Err(Fault::passing(format!("results.json cannot be read: {error}")));
            }
        };
        let reported_score = results.score;
        let extra = results.into_extra();
        if let Some(why) = &extra.rejected {
            let message =
                format!("This notebook cannot be graded here. {}.", clean(why.trim_end_matches('.')));
            return Ok(self.report(ReportStatus::Rejected, &extra, Some(message)));
        }
        if extra.questions.is_none() && !self.broken.is_empty() {
            return Err(Fault::lasting(format!(
                "the autograder is broken: {}",
                clean(&self.broken.join("; "))
            )));
        }
        match (self.ending.how, extra.questions.is_some()) {
            // Everything was judged, even if something went on afterwards until a limit ended it.
            (How::Exited(0) | How::Limit(_), true) => Ok(Report { reported_score, ..self.complete(extra) }),
            (How::Limit(limit), false) if self.had_begun => Ok(self.stopped(extra, limit)),
            (How::Signaled(_), _) if self.had_begun => Ok(self.crashed(extra)),
            (How::Exited(0), false) if self.had_begun && extra.was_the_submissions_doing() => {
                Ok(self.crashed(extra))
            }
            _ => Err(self.fault(&extra)),
        }
    }

    fn complete(self, extra: Extra) -> Report {
        let limits = Vec::from_iter(self.output_dropped.then(|| self.limits.hit(Limit::OutputBytes)));
        let (score, max_score) = (extra.total.rounded(), extra.possible.rounded());
        let report = self.report(ReportStatus::Complete, &extra, None);
        let questions = judge::in_order(
            extra.questions.unwrap_or_default().into_iter().map(Judged::into_question).collect(),
        );
        Report { score, max_score, questions, limits, ..report }
    }

    fn stopped(self, extra: Extra, limit: Limit) -> Report {
        let hit = self.limits.hit(limit);
        let look_for = advice(limit);
        let message = format!(
            "Your notebook met {hit} and was stopped, so none of its questions could be checked. {look_for}"
        );
        let limits = vec![hit];
        Report { limits, ..self.nothing_earned(ReportStatus::Stopped, extra, message) }
    }

    fn crashed(self, extra: Extra) -> Report {
        let message = if extra.no_results {
            "Your notebook ran, but afterwards its questions could not be checked: something in it changed what the checks need, such as the working folder or a built-in name."
        } else {
            "Your notebook's code ended the Python process it ran in, so its questions could not be checked."
        };
        self.nothing_earned(ReportStatus::Crashed, extra, message.into())
    }

    /// Every question of the autograder, with no points.
    fn nothing_earned(self, status: ReportStatus, mut extra: Extra, message: String) -> Report {
        let questions = judge::in_order(
            std::mem::take(&mut extra.outline).into_iter().map(Outline::into_question).collect(),
        );
        Report { questions, ..self.report(status, &extra, Some(message)) }.summed()
    }

    fn report(self, status: ReportStatus, extra: &Extra, message: Option<String>) -> Report {
        Report {
            status,
            score: Points::ZERO,
            max_score: Points::ZERO,
            reported_score: None,
            questions: Vec::new(),
            engine: super::NAME.into(),
            engine_reason: None,
            lateness: None,
            engine_version: format!("otter-grader {}", clean(&extra.otter_version)),
            isolation: self.isolation,
            seconds: to_millis(self.ending.wall),
            cpu_seconds: to_millis(self.ending.cpu),
            limits: Vec::new(),
            flags: Vec::new(),
            message,
        }
    }

    /// What may be our failure or the autograder's is no zero. Says nothing that the submission's code may have said.
    fn fault(&self, extra: &Extra) -> Fault {
        let why = if let Some(fault) = &self.driver_fault {
            format!("otter-grader could not work: {}", identifier(fault))
        } else if let Some(exception) = &extra.failed {
            let exception = identifier(exception);
            format!(
                "otter-grader failed with {exception}; `otter run` on this submission, in the same environment, shows where"
            )
        } else if self.had_begun {
            format!("otter-grader ended without a result ({:?})", self.ending.how)
        } else {
            // No code of the submission has run, so what Python said holds nothing of it.
            let said = self.ending.stderr_tail.lines().last().unwrap_or("nothing was said").trim();
            format!("otter-grader did not start ({:?}): {}", self.ending.how, clean(said))
        };
        Fault::passing(why)
    }
}

/// The name of an exception, whatever stands in its place.
fn identifier(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "_.".contains(*c)).take(80).collect()
}

/// Seconds to the millisecond: more would be noise.
fn to_millis(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sandbox::Level;
    use serde_json::{Value, json};

    use super::*;

    /// Judges a run that left this in `results.json` and ended so.
    fn judge(extra: &Value, how: How, had_begun: bool) -> Result<Report, Fault> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("results")).unwrap();
        let text = json!({"tests": [], "extra_data": {"otter_service": extra}}).to_string();
        std::fs::write(dir.path().join("results/results.json"), text).unwrap();
        let ending = Ending {
            how,
            wall: Duration::from_secs(1),
            cpu: Duration::from_secs(1),
            peak_memory_bytes: 0,
            stderr_tail: "the notebook's own words".into(),
            isolation: Level::default(),
        };
        Run {
            dir: &File::open(dir.path()).unwrap(),
            ending,
            had_begun,
            broken: Vec::new(),
            driver_fault: None,
            output_dropped: false,
            limits: Limits::default(),
            isolation: "pid-namespace".into(),
        }
        .judge()
    }

    fn outline() -> Value {
        json!({"outline": [{"name": "q1", "max_score": 2}]})
    }

    fn with(name: &str, value: impl Into<Value>) -> Value {
        let mut extra = outline();
        extra[name] = value.into();
        extra
    }

    #[test]
    fn only_what_the_submission_did_itself_is_a_report_without_results() {
        let status = |extra: &Value, how| {
            judge(extra, how, true).map(|report| (report.status, report.max_score.get()))
        };
        assert_eq!(status(&outline(), How::Limit(Limit::WallSeconds)), Ok((ReportStatus::Stopped, 2.0)));
        assert_eq!(status(&outline(), How::Signaled(9)), Ok((ReportStatus::Crashed, 2.0)));
        assert_eq!(
            status(&with("failed", "DeadKernelError"), How::Exited(0)),
            Ok((ReportStatus::Crashed, 2.0))
        );
        assert_eq!(status(&with("no_results", true), How::Exited(0)), Ok((ReportStatus::Crashed, 2.0)));
        for (extra, how) in [
            (with("failed", "OSError"), How::Exited(0)),
            (outline(), How::Exited(1)),
            (outline(), How::Exited(0)),
            (outline(), How::Abandoned),
        ] {
            assert!(status(&extra, how).is_err_and(|fault| fault.retry), "{extra} {how:?}");
        }
    }

    #[test]
    fn nothing_is_a_zero_before_the_submissions_code_runs() {
        for how in [How::Limit(Limit::WallSeconds), How::Signaled(11), How::Exited(1)] {
            assert!(judge(&outline(), how, false).is_err(), "{how:?}");
        }
        assert!(judge(&with("failed", "TypeError"), How::Exited(0), false).is_err());
    }

    #[test]
    fn a_fault_repeats_nothing_that_the_submission_may_have_said() {
        let forged = "\u{1b}[31mSECRET answer\nforged line";
        let fault = judge(&with("failed", forged), How::Exited(0), true).unwrap_err();
        assert!(
            !fault.message.contains(['\u{1b}', '\n']) && !fault.message.contains("SECRET answer"),
            "{fault}"
        );
        let fault = judge(&outline(), How::Exited(1), true).unwrap_err();
        assert!(!fault.message.contains("own words"), "{fault}");
    }

    #[test]
    fn results_that_are_complete_stand_although_something_went_on() {
        let judged = json!([{"name": "q1", "score": 2, "max_score": 2, "cases": []}]);
        let mut extra = with("questions", judged);
        (extra["total"], extra["possible"]) = (2.into(), 2.into());
        let report = judge(&extra, How::Limit(Limit::WallSeconds), true).unwrap();
        assert_eq!((report.status, report.score.get()), (ReportStatus::Complete, 2.0));
    }
}
