//! Gradescope's `results.json`
//! (<https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format>), as otter-grader writes it.

use model::{Case, Fault, Question, Report, ReportStatus};
use serde_json::{Map, Value, json};

/// The file's content for a report.
#[must_use]
pub fn results(report: &Report) -> Value {
    let mut output = Map::new();
    let mut tests = Vec::new();
    if let Some(score) = report.reported_score {
        output.insert("score".into(), json!(score));
    }
    if let Some(message) = &report.message {
        tests.push(json!({
            "name": "Autograder", "visibility": "visible", "status": "failed", "output": message,
        }));
    } else {
        tests.push(public_summary(&report.questions));
    }
    tests.extend(report.questions.iter().map(test));
    if report.status == ReportStatus::Rejected {
        output.insert("score".into(), json!(0));
    }
    output.insert("tests".into(), Value::Array(tests));
    output.insert("execution_time".into(), json!(report.seconds.round()));
    output.insert("stdout_visibility".into(), json!("hidden"));
    Value::Object(output)
}

/// The file's content when there is no report: as otter-grader's own when an autograder fails.
#[must_use]
pub fn failed(fault: &Fault) -> Value {
    json!({
        "score": 0,
        "tests": [
            {
                "name": "Autograder Failed", "visibility": "visible", "status": "failed",
                "output": "The autograder could not grade this submission, through no fault of yours. Please tell the course staff.",
            },
            {"name": "Autograder Fault", "visibility": "hidden", "status": "failed", "output": fault.message},
        ],
    })
}

fn public_summary(questions: &[Question]) -> Value {
    let public =
        |question: &Question| question.cases.iter().filter(|case| !case.hidden).cloned().collect::<Vec<_>>();
    let passed = questions.iter().flat_map(public).all(|case| case.passed != Some(false));
    let texts: Vec<_> = questions.iter().map(|question| summary(&question.name, &public(question))).collect();
    json!({
        "name": "Public Tests",
        "visibility": "visible",
        "status": if passed { "passed" } else { "failed" },
        "output": texts.join("\n\n"),
    })
}

fn test(question: &Question) -> Value {
    json!({
        "name": question.name,
        "score": question.score,
        "max_score": question.max_score,
        "visibility": "hidden",
        "output": summary(&question.name, &question.cases),
    })
}

/// A question's cases as text, in otter-grader's words.
fn summary(name: &str, cases: &[Case]) -> String {
    let hint = |case: &Case| case.hint.as_ref().map(|hint| format!("{} message: {hint}", case.name));
    if cases.iter().all(|case| case.passed != Some(false)) {
        let mut lines = vec![format!("{name} results: All test cases passed!")];
        lines.extend(cases.iter().filter_map(hint));
        return lines.join("\n");
    }
    let of_case = |case: &Case| {
        let message = indent(case.message.as_deref().unwrap_or_default().trim());
        let result = format!("{} result:\n{message}", case.name);
        hint(case).map_or(result.clone(), |hint| format!("{hint}\n\n{result}"))
    };
    let texts: Vec<_> = cases.iter().map(|case| indent(&of_case(case))).collect();
    format!("{name} results:\n{}", texts.join("\n\n"))
}

fn indent(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
