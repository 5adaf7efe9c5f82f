//! The scores of real otter-grader, question by question: the quick cases of a conformance corpus (see tests/README.md).
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says where")]

#[path = "../support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use support::{environment, program, root};

/// Where a corpus is, if there is one.
fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("OTTER_CORPUS").map(PathBuf::from);
    let beside = root().join("../shared/corpus");
    named.or(Some(beside)).filter(|corpus| corpus.join("public/index.json").is_file())
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// Name to score and maximum, of those tests that have points.
fn points(results: &Value) -> BTreeMap<String, (f64, f64)> {
    let of = |test: &Value| {
        let max_score = test["max_score"].as_f64()?;
        Some((test["name"].as_str()?.to_owned(), (test["score"].as_f64().unwrap_or(0.0), max_score)))
    };
    results["tests"].as_array().into_iter().flatten().filter_map(of).collect()
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6
}

/// What is different from the reference, if anything.
fn difference(corpus: &Path, case: &Value, engine: &str, python: &str) -> Option<String> {
    let folder = corpus.join("public").join(case["id"].as_str()?);
    let expected = json(&folder.join("expected.json"))?;
    let out = tempfile::tempdir().unwrap();
    let results = out.path().join("results.json");
    let output = program()
        .args(["grade", "--engine", engine, "--python", python, "--jobs", "1", "--autograder"])
        .arg(folder.join("autograder.zip"))
        .arg("--gradescope")
        .arg(&results)
        .arg("--output")
        .arg(out.path().join("reports"))
        .arg(folder.join(case["submission"].as_str()?))
        .output()
        .unwrap();
    if expected["status"] == "error" {
        return output.status.success().then(|| "it was graded, and otter-grader refuses it".into());
    }
    let Some(got) = json(&results) else { return Some(format!("no results: {}", support::said(&output))) };
    let (want, have) = (points(&expected), points(&got));
    let same = want.len() == have.len()
        && want.iter().all(|(name, (score, max))| {
            have.get(name).is_some_and(|(s, m)| is_close(*s, *score) && is_close(*m, *max))
        });
    let same_total = expected["reported_score"]
        .as_f64()
        .is_none_or(|total| got["score"].as_f64().is_some_and(|score| is_close(score, total)));
    (!same || !same_total)
        .then(|| format!("expected {want:?} {}, got {have:?} {}", expected["reported_score"], got["score"]))
}

/// Leaves a test out, loudly; on CI that is a failure.
fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("CI").is_none(), "on CI nothing is skipped: {what}: {why}");
    eprintln!("SKIPPED {what}: {why}");
    let list = root().join("target/skipped.txt");
    std::fs::create_dir_all(list.parent().unwrap()).unwrap();
    let before = std::fs::read_to_string(&list).unwrap_or_default();
    std::fs::write(list, format!("{before}SKIPPED {what}: {why}\n")).unwrap();
}

#[test]
fn quick_cases_have_the_scores_of_otter_grader() {
    compare("auto", 1);
}

/// otter-grader's own code grades here, so a part of the cases shows whether it is driven rightly.
#[test]
fn some_quick_cases_have_them_with_the_otter_engine() {
    compare("otter", 4);
}

/// Compares every so many quick cases.
fn compare(engine: &str, every: usize) {
    let Some(corpus) = corpus() else {
        skip("conformance", "there is no corpus; name one in OTTER_CORPUS (tests/README.md)");
        return;
    };
    let python = environment(&corpus.join("requirements-lock.txt"));
    let index = json(&corpus.join("public/index.json")).unwrap();
    let cases: Vec<_> =
        index.as_array().unwrap().iter().filter(|case| case["quick"] == true).step_by(every).collect();
    assert!(cases.len() * every > 50, "the corpus has {} quick cases", cases.len());
    let next = AtomicUsize::new(0);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let different: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut different = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Some(difference) = difference(&corpus, case, engine, &python) {
                    different.push(format!("{}: {difference}", case["id"]));
                }
            }
            different
        };
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), cases.len(), different.join("\n"));
}
