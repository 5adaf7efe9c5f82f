//! From what a run left behind to a report or a fault.

use std::fs::File;

use model::{Fault, Limit, Points, Report, ReportStatus};
use sandbox::{Ending, How, Limits};

use super::results::{Extra, Judged, Outline, Results, clean};

/// What is known when a run is over.
pub(super) struct Run<'a> {
    /// The folder that otter-grader worked in.
    pub(super) dir: &'a File,
    /// How the processes ended.
    pub(super) ending: Ending,
    /// Whether the submission's code had begun to run.
    pub(super) had_begun: bool,
    pub(super) limits: Limits,
    pub(super) isolation: String,
}

impl Run<'_> {
    pub(super) fn judge(self) -> Result<Report, Fault> {
        let read = Results::read(self.dir);
        if !self.had_begun && !read.as_ref().is_ok_and(says_why) {
            return Err(self.never_began());
        }
        let results = read.unwrap_or_default();
        let reported_score = results.score;
        let extra = results.into_extra();
        if let Some(why) = extra.rejected {
            let message =
                format!("This notebook cannot be graded here. {}.", clean(why.trim_end_matches('.')));
            return Ok(self.report(ReportStatus::Rejected, &extra.otter_version, Some(message)));
        }
        if extra.questions.is_none() && !extra.broken.is_empty() {
            return Err(Fault::lasting(format!("the autograder is broken: {}", extra.broken.join("; "))));
        }
        if extra.questions.is_some() && matches!(self.ending.how, How::Exited(0)) {
            return Ok(Report { reported_score, ..self.complete(extra) });
        }
        if let How::Limit(limit) = self.ending.how {
            return Ok(self.stopped(extra, limit));
        }
        match extra.failed.as_deref() {
            // The kernel died under the submission's code, or what it left as results is not otter-grader's.
            None | Some("DeadKernelError" | "TypeError") => Ok(self.crashed(extra)),
            Some(exception) => Err(Fault::lasting(format!(
                "otter-grader failed with {exception}; `otter-service grade` on this submission shows where"
            ))),
        }
    }

    fn complete(self, extra: Extra) -> Report {
        let (score, max_score) = (extra.total.rounded(), extra.possible.rounded());
        let questions = extra.questions.unwrap_or_default().into_iter().map(Judged::into_question).collect();
        Report {
            score,
            max_score,
            questions,
            ..self.report(ReportStatus::Complete, &extra.otter_version, None)
        }
    }

    fn stopped(self, extra: Extra, limit: Limit) -> Report {
        let hit = self.limits.hit(limit);
        let look_for = match limit {
            Limit::WallSeconds | Limit::CpuSeconds => {
                "Look for a loop that does not end or a computation that is far larger than the question asks for."
            }
            Limit::MemoryBytes => "Look for data that is far larger than the question asks for.",
            Limit::Processes => "Look for code that starts programs or threads.",
            Limit::OutputBytes => "Look for printing inside a loop.",
        };
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
    fn nothing_earned(self, status: ReportStatus, extra: Extra, message: String) -> Report {
        let questions = extra.outline.into_iter().map(Outline::into_question).collect();
        Report { questions, ..self.report(status, &extra.otter_version, Some(message)) }.summed()
    }

    fn report(self, status: ReportStatus, otter_version: &str, message: Option<String>) -> Report {
        Report {
            status,
            score: Points::ZERO,
            max_score: Points::ZERO,
            reported_score: None,
            questions: Vec::new(),
            engine: super::NAME.into(),
            engine_version: format!("otter-grader {}", clean(otter_version)),
            isolation: self.isolation,
            seconds: to_millis(self.ending.wall),
            cpu_seconds: to_millis(self.ending.cpu),
            limits: Vec::new(),
            flags: Vec::new(),
            message,
        }
    }

    /// No code of the submission has run, so what Python said holds nothing of it.
    fn never_began(&self) -> Fault {
        let said = self.ending.stderr_tail.lines().last().unwrap_or("nothing was said").trim();
        let why = match self.ending.how {
            How::Limit(limit) => format!("it met {}", self.limits.hit(limit)),
            How::Exited(code) => format!("exit code {code}; {said}"),
            How::Signaled(signal) => format!("signal {signal}; {said}"),
            How::Abandoned => "the service let go".into(),
        };
        Fault::passing(format!("otter-grader did not start: {why}"))
    }
}

fn says_why(results: &Results) -> bool {
    results.extra().rejected.is_some() || results.extra().failed.is_some()
}

/// Seconds to the millisecond: more would be noise.
fn to_millis(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}
