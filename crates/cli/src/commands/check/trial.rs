//! What came out when a notebook was graded.

use grading::WarmLimits;
use model::{Case, Fault, LimitHit, Points, Question, Report, ReportStatus};

use super::{
    finding::Finding,
    notebooks::Kind,
    outcome::{self, NOT_CHECKED},
};

/// A run needs more than this part of a limit: on a busy day it meets it.
const CLOSE: f64 = 0.5;

/// The run in numbers.
pub(super) fn numbers(graded: &grading::Graded) -> Option<outcome::Graded> {
    let Report { score, max_score, seconds, cpu_seconds, status, .. } = &graded.report;
    status.counts().then_some(outcome::Graded {
        score: *score,
        max_score: *max_score,
        seconds: *seconds,
        cpu_seconds: *cpu_seconds,
        peak_memory_bytes: graded.peak_memory_bytes,
    })
}

/// What the run of a notebook of this kind shows.
pub(super) fn findings(
    kind: Kind,
    graded: &Result<grading::Graded, Fault>,
    limits: &WarmLimits,
) -> Vec<Finding> {
    let graded = match graded {
        Ok(graded) => graded,
        Err(fault) if fault.retry => {
            let what = format!("the {} notebook could not be graded: {}.", kind.word(), fault.message);
            return vec![
                Finding::error(NOT_CHECKED, what)
                    .fix("Try again. If it stays: `otter run` on it in the same environment shows more; `otter-service doctor` looks at this machine."),
            ];
        }
        Err(fault) => {
            let what = format!("the {} notebook cannot be graded: {}.", kind.word(), fault.message);
            return vec![Finding::error("not-graded", what).fix("Mend the autograder.")];
        }
    };
    let mut found = ended(kind, &graded.report);
    if !found.is_empty() {
        return found;
    }
    found.extend(limits_met(kind, &graded.report));
    match kind {
        Kind::Solution => found.extend(of_solution(&graded.report)),
        Kind::Student => found.extend(of_student(&graded.report)),
        Kind::Unknown => {}
    }
    found.extend(close_to_limits(graded, limits));
    found
}

/// A run that did not come to its end.
fn ended(kind: Kind, report: &Report) -> Vec<Finding> {
    let why = report.message.clone().unwrap_or_default();
    let (code, fix) = match report.status {
        ReportStatus::Complete => return Vec::new(),
        ReportStatus::Rejected => {
            ("notebook-rejected", "Make both versions and the zip in one run of `otter assign`.")
        }
        ReportStatus::Stopped => {
            ("limit-met", "Make the notebook need less, or raise the limit (`grading.limits`).")
        }
        ReportStatus::Crashed => {
            ("notebook-crashed", "Run the notebook in its environment and see what ends the kernel.")
        }
    };
    vec![Finding::error(code, format!("the {} notebook: {why}", kind.word())).fix(fix)]
}

/// Limits that a run met and yet came to its end: a cell was interrupted, or output was dropped.
fn limits_met(kind: Kind, report: &Report) -> Vec<Finding> {
    let fix = "Make the notebook need less, or raise the limit (`grading.limits`).";
    let found = |hit: &LimitHit| {
        let what = format!("the {} notebook met {hit}.", kind.word());
        let is_solution = kind == Kind::Solution;
        let found = if is_solution { Finding::error } else { Finding::warning }("limit-met", what);
        found.fix(fix)
    };
    report.limits.iter().map(found).collect()
}

fn of_solution(report: &Report) -> Vec<Finding> {
    let mut found: Vec<_> = report.questions.iter().filter_map(not_full).collect();
    for flag in &report.flags {
        let what = format!("the solution would be flagged for staff: {}", flag.reason);
        found.push(Finding::warning("solution-flagged", what));
    }
    found
}

fn not_full(question: &Question) -> Option<Finding> {
    let Question { name, score, max_score, cases } = question;
    if score >= max_score && cases.iter().all(|case| case.passed != Some(false)) {
        return None;
    }
    let failed: Vec<_> = cases.iter().filter(|case| case.passed == Some(false)).map(failed_case).collect();
    let failed = if cases.is_empty() { "it was not judged".to_owned() } else { failed.join("\n") };
    let what = format!("the solution gets {score} of {max_score} points: {failed}");
    let fix =
        "Mend the solution or the test. If it passes where you made it, compare the packages' versions.";
    let finding = if score < max_score {
        Finding::error("solution-not-full", what)
    } else {
        Finding::warning("solution-fails-case", what)
    };
    Some(finding.fix(fix).in_question(name))
}

fn failed_case(case: &Case) -> String {
    let lines =
        case.message.as_deref().unwrap_or_default().lines().filter(|line| !line.contains("Test case failed"));
    let told: Vec<_> = lines.take(12).collect();
    format!("`{}` fails\n{}", case.name, told.join("\n")).trim_end().to_owned()
}

fn of_student(report: &Report) -> Vec<Finding> {
    if report.max_score > Points::ZERO && report.score >= report.max_score {
        let what = format!("the student version gets all {} points as it is handed out.", report.max_score);
        let fix = "Look whether the solutions were taken out, and whether the tests test them.";
        return vec![Finding::error("student-full-marks", what).fix(fix)];
    }
    report.questions.iter().filter_map(passes_untouched).collect()
}

/// A question's cases that pass without any work of the student.
fn passes_untouched(question: &Question) -> Option<Finding> {
    let passes = |case: &&Case| case.passed == Some(true);
    let passing: Vec<_> = question.cases.iter().filter(passes).collect();
    let first = passing.first()?;
    let names = if passing.len() == question.cases.len() && passing.len() > 1 {
        format!("all {} cases pass", passing.len())
    } else if passing.len() == 1 {
        format!("the {} case `{}` passes", if first.hidden { "hidden" } else { "public" }, first.name)
    } else {
        let names: Vec<_> = passing.iter().map(|case| format!("`{}`", case.name)).collect();
        format!("the cases {} pass", names.join(", "))
    };
    let matters = question.score > Points::ZERO || passing.iter().any(|case| case.hidden);
    let worth = if question.score > Points::ZERO {
        format!(", which gives {} of {} points", question.score, question.max_score)
    } else {
        String::new()
    };
    let what = format!("{names} on the untouched student version{worth}.");
    let fix = "Let the tests fail on what is handed out, or give such a case no points.";
    let finding =
        if matters { Finding::warning("no-effect", what).fix(fix) } else { Finding::note("no-effect", what) };
    Some(finding.in_question(&question.name))
}

fn close_to_limits(graded: &grading::Graded, limits: &WarmLimits) -> Vec<Finding> {
    let mut found = Vec::new();
    let Report { seconds, cpu_seconds, .. } = &graded.report;
    let (wall, cpu) = (limits.all.wall.as_secs_f64(), limits.all.cpu.as_secs_f64());
    let fix = "Make the notebook need less, or raise the limit (`grading.limits`).";
    if *seconds > wall * CLOSE || *cpu_seconds > cpu * CLOSE {
        let what = format!(
            "it took {seconds:.0} s, and {cpu_seconds:.0} s of computing; the limits are {wall:.0} s and {cpu:.0} s."
        );
        found.push(Finding::warning("time-close", what).fix(fix));
    }
    let limit = limits.all.memory_bytes;
    if let Some(bytes) = graded.peak_memory_bytes.filter(|bytes| *bytes > limit / 2) {
        let what = format!(
            "it used up to {} MiB of memory, counting what its processes share for each of them; the limit is {} MiB.",
            bytes >> 20,
            limit >> 20
        );
        // A note: the true number may be much smaller.
        found.push(Finding::note("memory-close", what).fix(fix));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(cases: &[(bool, bool)]) -> Question {
        let case = |(number, (hidden, passed)): (usize, &(bool, bool))| Case {
            name: format!("q1 - {number}"),
            hidden: *hidden,
            passed: Some(*passed),
            points: Some(Points::new(1.0).unwrap()),
            message: Some("❌ Test case failed\nExpected:\n    3".into()),
            hint: None,
        };
        let points = |count: usize| Points::new(f64::from(u32::try_from(count).unwrap())).unwrap();
        Question {
            name: "q1".into(),
            score: points(cases.iter().filter(|(_, passed)| *passed).count()),
            max_score: points(cases.len()),
            cases: (1..).zip(cases).map(case).collect(),
        }
    }

    fn graded(questions: Vec<Question>) -> grading::Graded {
        let report = Report {
            status: ReportStatus::Complete,
            score: Points::ZERO,
            max_score: Points::ZERO,
            reported_score: None,
            lateness: None,
            questions,
            engine: "warm".into(),
            engine_reason: None,
            engine_version: String::new(),
            isolation: String::new(),
            seconds: 1.0,
            cpu_seconds: 1.0,
            limits: vec![],
            flags: vec![],
            message: None,
        };
        report.summed().into()
    }

    fn codes(kind: Kind, graded: grading::Graded) -> Vec<&'static str> {
        findings(kind, &Ok(graded), &WarmLimits::default()).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_solution_gets_full_marks_and_a_student_version_nothing() {
        let full = || graded(vec![question(&[(false, true), (true, true)])]);
        let none = || graded(vec![question(&[(false, false), (true, false)])]);
        assert_eq!(codes(Kind::Solution, full()), Vec::<&str>::new());
        assert_eq!(codes(Kind::Solution, none()), ["solution-not-full"]);
        assert_eq!(codes(Kind::Student, none()), Vec::<&str>::new());
        assert_eq!(codes(Kind::Student, full()), ["student-full-marks"]);
        assert_eq!(codes(Kind::Unknown, full()), Vec::<&str>::new());
        let found = findings(Kind::Solution, &Ok(none()), &WarmLimits::default());
        assert_eq!(
            found[0].what,
            "the solution gets 0 of 2 points: `q1 - 1` fails\nExpected:\n    3\n`q1 - 2` fails\nExpected:\n    3"
        );
    }

    #[test]
    fn cases_that_pass_on_what_is_handed_out_are_told() {
        let other = question(&[(false, false)]);
        let found = |question| {
            let graded = graded(vec![question, other.clone()]);
            findings(Kind::Student, &Ok(graded), &WarmLimits::default()).pop().unwrap()
        };
        let pays = found(question(&[(false, true), (true, false)]));
        assert_eq!(
            pays.what,
            "the public case `q1 - 1` passes on the untouched student version, which gives 1 of 2 points."
        );
        let free = found(Question { score: Points::ZERO, ..question(&[(false, true)]) });
        assert_eq!(free.level, super::super::finding::Level::Note);
        let hidden = found(Question { score: Points::ZERO, ..question(&[(true, true)]) });
        assert_eq!(hidden.level, super::super::finding::Level::Warning);
    }

    #[test]
    fn what_needs_half_of_a_limit_is_told() {
        let mut slow = graded(vec![]);
        slow.report.seconds = 1e6;
        slow.peak_memory_bytes = Some(1 << 50);
        assert_eq!(codes(Kind::Solution, slow), ["time-close", "memory-close"]);
    }

    #[test]
    fn a_limit_that_was_met_on_the_way_is_told() {
        let mut graded = graded(vec![question(&[(false, true)]), question(&[(false, false)])]);
        graded.report.limits = vec![LimitHit { limit: model::Limit::CellSeconds, value: 60, cell: Some(3) }];
        let found = findings(Kind::Student, &Ok(graded), &WarmLimits::default());
        assert_eq!(
            found[0].what,
            "the student notebook met the time limit of 60 seconds for one cell (cell 3)."
        );
    }

    #[test]
    fn a_run_that_does_not_end_well_says_why() {
        for (status, code) in [
            (ReportStatus::Rejected, "notebook-rejected"),
            (ReportStatus::Stopped, "limit-met"),
            (ReportStatus::Crashed, "notebook-crashed"),
        ] {
            let mut graded = graded(vec![question(&[(false, false)])]);
            graded.report.status = status;
            assert_eq!(codes(Kind::Solution, graded), [code]);
        }
        let of = |fault| findings(Kind::Student, &Err(fault), &WarmLimits::default())[0].code;
        assert_eq!(of(Fault::lasting("x")), "not-graded");
        assert_eq!(of(Fault::passing("x")), NOT_CHECKED);
    }
}
