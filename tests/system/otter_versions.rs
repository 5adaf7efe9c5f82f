//! Autograders made with each otter-grader from 3 to 7 from one source (tests/fixtures/otter-versions) are read to the same
//! tests, and give the solution the same points.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    sample::python,
    support::{program, root, said},
};

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/otter-versions").join(name)
}

/// A report on the solution, as far as it should be the same.
fn graded(zip: &str, solution: &str, engine: &str) -> Value {
    let out = tempfile::tempdir().unwrap();
    let output = program()
        .args(["grade", "--engine", engine, "--python", python(), "--jobs", "1", "--autograder"])
        .arg(fixture(zip))
        .arg("--output")
        .arg(out.path())
        .arg(fixture(solution))
        .output()
        .unwrap();
    assert!(output.status.success(), "{zip}: {}", said(&output));
    let reports = out.path().read_dir().unwrap().flatten().map(|entry| entry.path());
    let report =
        reports.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect::<Vec<_>>();
    let [report] = &report[..] else { panic!("one report: {report:?}") };
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let questions = report["questions"].as_array().unwrap_or_else(|| panic!("{report}"));
    let case = |case: &Value| {
        serde_json::json!([case["name"], case["hidden"], case["passed"], case["points"], case["hint"]])
    };
    let question = |question: &Value| {
        let cases: Vec<_> = question["cases"].as_array().unwrap().iter().map(case).collect();
        serde_json::json!([question["name"], question["score"], question["max_score"], cases])
    };
    serde_json::json!({
        "engine": report["engine"],
        "score": report["score"],
        "max_score": report["max_score"],
        "questions": questions.iter().map(question).collect::<Vec<_>>(),
    })
}

#[test]
fn zips_of_each_otter_grader_have_the_same_tests_and_give_the_same_points() {
    for (source, majors, points) in [("doctests", 3..=7, 7.5), ("functions", 4..=7, 5.0)] {
        let solution = format!("{source}.ipynb");
        let newest = graded(&format!("7-{source}.zip"), &solution, "warm");
        assert_eq!(
            (newest["score"].as_f64(), newest["max_score"].as_f64()),
            (Some(points), Some(points)),
            "{newest}"
        );
        let hidden = newest["questions"][0][3]
            .as_array()
            .unwrap()
            .iter()
            .map(|case| case[1] == true)
            .collect::<Vec<_>>();
        assert_eq!(hidden, [false, true]);
        for major in majors {
            assert_eq!(
                graded(&format!("{major}-{source}.zip"), &solution, "warm"),
                newest,
                "otter-grader {major}"
            );
        }
    }
}
