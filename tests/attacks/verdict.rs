//! Whether what became of an attack is what its file says must hold.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    attack::{Attack, Flagged, Notebook},
    grade::Outcome,
};

/// Part of a hidden test of the assignment; in no notebook.
const HIDDEN: &str = "hidden-marker-4";

/// What is wrong with an attack's outcomes.
pub(crate) fn on(attack: &Attack, outcomes: &BTreeMap<String, Outcome>) -> Vec<String> {
    let tries: Vec<_> =
        (0..attack.expected.tries).filter_map(|number| outcomes.get(&attack.try_name(number))).collect();
    let mut problems: Vec<_> = tries.iter().flat_map(|outcome| on_one(attack, outcome)).collect();
    let earned: Vec<_> = tries.iter().map(|outcome| outcome.score()).collect();
    let is_told =
        tries.iter().any(|outcome| outcome.report["flags"].as_array().is_some_and(|flags| !flags.is_empty()));
    let is = |wanted: f64| earned.iter().all(|score| (score - wanted).abs() < 1e-9);
    match attack.expected.flagged {
        Flagged::Always if !is_told => problems.push(format!("earned {earned:?} and staff is not told")),
        Flagged::OrNothing if !is_told && !is(0.0) => {
            problems.push(format!("earned {earned:?} and staff is not told"));
        }
        Flagged::NotAsked if !is(attack.expected.score) => {
            problems.push(format!("earned {earned:?}: {}", tries[0].report));
        }
        _ => {}
    }
    if attack.expected.differs {
        problems.extend(shared(&tries));
    }
    problems.into_iter().map(|problem| format!("{}: {problem}", attack.name)).collect()
}

fn on_one(attack: &Attack, outcome: &Outcome) -> Vec<String> {
    let (expected, report) = (&attack.expected, &outcome.report);
    let mut problems = Vec::new();
    if !report["fault"].is_null() {
        return vec![format!("a fault of ours: {}", report["fault"])];
    }
    let status = report["status"].as_str().unwrap_or_default();
    if !expected.statuses.iter().any(|one| one == status) {
        problems.push(format!("ended {status}: {} {}", report["message"], end_of(&outcome.printed)));
    }
    if report["max_score"].as_f64() != Some(10.0) {
        problems.push(format!("the maximum is {}", report["max_score"]));
    }
    let limit = report["limits"][0]["limit"].as_str().unwrap_or_default();
    if !expected.limits.is_empty() && !expected.limits.iter().any(|one| one == limit) {
        problems.push(format!("met the limits {}", report["limits"]));
    }
    if !expected.may_end_early && !outcome.printed.contains("THE END") {
        problems.push(format!("did not run to its end: {}", end_of(&outcome.printed)));
    }
    for line in outcome.printed.lines().filter_map(|line| line.split_once("REACHED").map(|(_, what)| what)) {
        let what = line.trim_start_matches([':', ' ']);
        if outcome.has_namespaces() || !expected.bare.iter().any(|may| what.starts_with(may.as_str())) {
            problems.push(format!("reached {what}"));
        }
    }
    if outcome.printed.contains(HIDDEN) || seen_by_student(report).contains(HIDDEN) {
        problems.push("a student reads part of a hidden test".into());
    }
    problems
}

/// What a student sees of a report: not what became of hidden cases.
fn seen_by_student(report: &Value) -> String {
    let mut seen = report.clone();
    seen["flags"].take();
    for question in seen["questions"].as_array_mut().into_iter().flatten() {
        for case in question["cases"].as_array_mut().into_iter().flatten() {
            if case["hidden"] == true {
                case.take();
            }
        }
    }
    seen.to_string()
}

/// Random numbers that two tries have in common.
fn shared(tries: &[&Outcome]) -> Vec<String> {
    let lines = |outcome: &Outcome| -> Vec<String> {
        outcome.printed.lines().filter(|line| line.starts_with("RANDOM")).map(str::to_owned).collect()
    };
    let [one, other] = tries else { return vec!["there are not two tries".into()] };
    let (one, other) = (lines(one), lines(other));
    if one.len() < 5 {
        return vec![format!("it printed {one:?}")];
    }
    one.into_iter().filter(|line| other.contains(line)).map(|line| format!("in both: {line}")).collect()
}

/// What is wrong with the honest notebooks around the attacks.
pub(crate) fn on_honest(outcomes: &BTreeMap<String, Outcome>) -> Vec<String> {
    let honest = outcomes.iter().filter(|(name, _)| Notebook::is_honest(name));
    honest
        .filter(|(_, outcome)| {
            let report = &outcome.report;
            let is_well = report["status"] == "complete" && (outcome.score() - 10.0).abs() < 1e-9;
            !is_well || report["flags"] != Value::Array(Vec::new()) || outcome.printed.contains("REACHED")
        })
        .map(|(name, outcome)| format!("{name}: {} {}", outcome.report, end_of(&outcome.printed)))
        .collect()
}

fn end_of(text: &str) -> String {
    let text: String = text.chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
    format!("…{text:?}")
}
