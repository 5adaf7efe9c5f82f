//! `final_grades.csv`, with the columns of `otter grade`.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use model::{Points, Report};

use super::Graded;

/// The row of maxima, as otter-grader names it.
const MAXIMA: &str = "points-per-question";

/// Writes a row of maxima and a row for each submission.
pub(super) fn write(path: &Path, graded: &[Graded]) -> anyhow::Result<()> {
    let problem = || format!("{} cannot be written", path.display());
    let mut csv = csv::Writer::from_path(path).with_context(problem)?;
    for row in rows(graded) {
        csv.write_record(row).with_context(problem)?;
    }
    csv.flush().with_context(problem)
}

fn rows(graded: &[Graded]) -> Vec<Vec<String>> {
    // A rejected submission says nothing about what there is to earn.
    let reports =
        || graded.iter().filter_map(|one| one.outcome.as_ref().ok().filter(|report| report.status.counts()));
    // In the order of their names, as otter-grader has them.
    let maxima: BTreeMap<&str, Points> =
        reports().flat_map(|report| &report.questions).map(|q| (q.name.as_str(), q.max_score)).collect();

    let row = |file: &str, points: &dyn Fn(&str) -> String, total: String, percent: String, status: &str| {
        let mut row = vec![inert(file)];
        row.extend(maxima.keys().map(|question| points(question)));
        row.extend([total, percent, inert(status)]);
        row
    };
    let mut rows = vec![row(
        "file",
        &|question| inert(question),
        "total_points_earned".into(),
        "percent_correct".into(),
        "grading_status",
    )];
    if let Some(full) = reports().next() {
        let of = |question: &str| maxima[question].to_string();
        rows.push(row(MAXIMA, &of, full.max_score.to_string(), "1".into(), "--"));
    }
    for Graded { name, outcome } in graded {
        rows.push(match outcome {
            Ok(report) => {
                let of = |question: &str| score(report, question).to_string();
                let percent = report.fraction().unwrap_or(0.0).to_string();
                row(
                    name,
                    &of,
                    report.score.to_string(),
                    percent,
                    report.message.as_deref().unwrap_or("Completed"),
                )
            }
            Err(fault) => row(name, &|_| "0".into(), "0".into(), "0".into(), &fault.message),
        });
    }
    rows
}

fn score(report: &Report, question: &str) -> Points {
    report.questions.iter().find(|q| q.name == question).map_or(Points::ZERO, |q| q.score)
}

/// Text that a spreadsheet takes as text: what would begin a formula gets an apostrophe (attack 69).
fn inert(text: &str) -> String {
    let begins_formula = text != "--" && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use model::{Fault, Question, ReportStatus};

    use super::*;

    fn report(scores: &[(&str, f64, f64)]) -> Report {
        let points = |value| Points::new(value).unwrap();
        let question = |&(name, score, max): &(&str, f64, f64)| Question {
            name: name.into(),
            score: points(score),
            max_score: points(max),
            cases: vec![],
        };
        Report {
            status: ReportStatus::Complete,
            score: Points::ZERO,
            max_score: Points::ZERO,
            reported_score: None,
            questions: scores.iter().map(question).collect(),
            engine: "otter".into(),
            engine_reason: None,
            lateness: None,
            engine_version: "otter-grader 7.0.0".into(),
            isolation: "pid-namespace".into(),
            seconds: 1.0,
            cpu_seconds: 1.0,
            limits: vec![],
            flags: vec![],
            message: None,
        }
        .summed()
    }

    #[test]
    fn the_columns_are_those_of_otter_grade() {
        let rejected =
            Report { status: ReportStatus::Rejected, message: Some("another".into()), ..report(&[]) };
        let graded = [
            Graded { name: "eve.ipynb".into(), outcome: Ok(rejected) },
            Graded { name: "ada.ipynb".into(), outcome: Ok(report(&[("q2", 2.0, 2.0), ("q1", 0.5, 1.0)])) },
            Graded {
                name: "=cmd()|x.ipynb".into(),
                outcome: Ok(report(&[("q1", 0.0, 1.0), ("q2", 0.0, 2.0)])),
            },
            Graded { name: "bob.ipynb".into(), outcome: Err(Fault::passing("the disk is full")) },
        ];
        let text: Vec<_> = rows(&graded).into_iter().map(|row| row.join(",")).collect();
        assert_eq!(
            text,
            [
                "file,q1,q2,total_points_earned,percent_correct,grading_status",
                "points-per-question,1,2,3,1,--",
                "eve.ipynb,0,0,0,0,another",
                "ada.ipynb,0.5,2,2.5,0.8333,Completed",
                "'=cmd()|x.ipynb,0,0,0,0,Completed",
                "bob.ipynb,0,0,0,0,the disk is full",
            ]
        );
    }
}
