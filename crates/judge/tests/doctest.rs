//! Our comparison and that of Python's own `doctest`, side by side.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says where")]

mod python;
mod strategies;

use judge::{Answer, Body, Case, Example, Flags, Question, Verdict, judge_example, matches};
use proptest::{
    prelude::*,
    test_runner::{Config, TestError, TestRunner},
};
use python::Python;
use serde_json::{Value, json};
use strategies::{doctests, options, pairs};

/// Runs a property so many times, with one interpreter for all.
fn check<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { failure_persistence: None, max_shrink_iters: 2000, ..Config::with_cases(cases) };
    match TestRunner::new(config).run(strategy, test) {
        Err(TestError::Fail(why, value)) => panic!("{why}: {value:?}"),
        result => result.unwrap(),
    }
}

#[test]
fn comparisons_agree() {
    let Some(python) = Python::start("check_output.py") else { return };
    check(20_000, &(pairs(), options()), |((want, got), names)| {
        let flags = Flags::of(&names.iter().map(|name| (name.clone(), true)).collect());
        let theirs = python.ask(&json!({"want": want, "got": got, "flags": names}));
        prop_assert_eq!(json!(matches(&want, &got, flags)), theirs);
        Ok(())
    });
}

#[test]
fn outcomes_of_examples_agree() {
    let Some(python) = Python::start("run_examples.py") else { return };
    check(5_000, &doctests(), |(doctest, deeds)| {
        let said = python.ask(&json!({"doctest": doctest, "deeds": deeds}));
        if said.is_null() {
            return Ok(());
        }
        let examples: Vec<Example> = read(&said["examples"]);
        let deeds: Vec<frames::Example> = read(&said["did"]);
        let did: Vec<_> = examples.iter().map(|example| deeds[number(&example.source)].clone()).collect();
        for (index, theirs) in read::<Vec<(usize, String)>>(&said["outcomes"]) {
            let ours = match judge_example(&examples[index], &did[index]) {
                Verdict::Passed => "passed",
                Verdict::Failed => "failed",
                Verdict::Boom => "boom",
            };
            prop_assert_eq!(ours, theirs);
        }
        let is_run = |(example, _): &(&Example, &frames::Example)| !Flags::of(&example.options).skip;
        let answer =
            Answer::Examples(examples.iter().zip(&did).filter(is_run).map(|(_, did)| did.clone()).collect());
        let judged = question(examples.clone()).judge(0, &answer).unwrap();
        prop_assert_eq!(json!(judged.passed), said["passed"].clone(), "{:?}", judged.message);
        Ok(())
    });
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// The number in `do(NUMBER)`.
fn number(source: &str) -> usize {
    source.split(['(', ')']).nth(1).unwrap().parse().unwrap()
}

fn question(examples: Vec<Example>) -> Question {
    let case = Case {
        name: "q - 1".into(),
        hidden: false,
        points: 1.0,
        success_message: None,
        failure_message: None,
        body: Body::Doctest(examples),
        literals: Vec::new(),
    };
    Question { name: "q".into(), check: "q".into(), all_or_nothing: false, module: None, cases: vec![case] }
}
