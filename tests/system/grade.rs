//! `otter-service grade` on the sample course.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::{
    sample::{autograder, python, sample},
    support::{program, said},
};

fn grade(assignment: &str, output: &Path, paths: &[&Path]) -> std::process::Output {
    program()
        .args(["grade", "--python", python(), "--autograder"])
        .arg(autograder(assignment))
        .arg("--output")
        .arg(output)
        .args(paths)
        .output()
        .unwrap()
}

fn report(output: &Path, stem: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(output.join(format!("{stem}.json"))).unwrap()).unwrap()
}

#[test]
fn every_sample_submission_gets_the_score_that_otter_grader_gives() {
    let expected: BTreeMap<String, Value> =
        serde_json::from_str(&fs::read_to_string(sample("expected.json")).unwrap()).unwrap();
    for assignment in ["lab01", "hw01"] {
        let dir = tempfile::tempdir().unwrap();
        let of_assignment: Vec<_> =
            expected.iter().filter(|(name, _)| name.starts_with(assignment)).collect();
        assert_eq!(of_assignment.len(), 6);
        // otter's first cell opens the notebook under the assignment's own name, so each is graded under that.
        for (name, expected) in of_assignment {
            let stem = name.strip_suffix(".ipynb").unwrap();
            let named = dir.path().join(stem).join(format!("{assignment}.ipynb"));
            fs::create_dir(named.parent().unwrap()).unwrap();
            fs::copy(sample("submissions").join(name), &named).unwrap();
            let output = grade(assignment, named.parent().unwrap(), &[&named]);
            assert!(output.status.success(), "{}", said(&output));
            let report = report(named.parent().unwrap(), assignment);
            assert_eq!(
                (&report["score"], &report["max_score"]),
                (&expected["score"], &expected["max_score"]),
                "{name}"
            );
            for question in report["questions"].as_array().unwrap() {
                let of_question = &expected["questions"][question["name"].as_str().unwrap()];
                assert_eq!(
                    (&question["score"], &question["max_score"]),
                    (&of_question[0], &of_question[1]),
                    "{name}"
                );
                assert!(!question["cases"].as_array().unwrap().is_empty(), "{name}: {question}");
            }
        }
    }
}

#[test]
fn a_folder_gives_a_table_a_csv_and_a_report_for_each() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, out) = (dir.path().join("in"), dir.path().join("out"));
    fs::create_dir(&folder).unwrap();
    for name in ["hw01-ada.ipynb", "hw01-emi.ipynb", "lab01-ada.ipynb"] {
        fs::copy(sample("submissions").join(name), folder.join(name)).unwrap();
    }
    fs::write(folder.join("broken.ipynb"), "{\"cells\": ").unwrap();
    let output = grade("hw01", &out, &[&folder]);
    assert_eq!(output.status.code(), Some(1), "two of four cannot be graded: {}", said(&output));
    let csv = fs::read_to_string(out.join("final_grades.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("file,q1,q2,q3,q4,q5,total_points_earned,percent_correct,grading_status"));
    assert_eq!(lines.next(), Some("points-per-question,1,4,3,5,1.5,14.5,1,--"));
    assert!(csv.contains("hw01-ada.ipynb,1,4,3,5,1.5,14.5,1,Completed"), "{csv}");
    assert!(csv.contains("hw01-emi.ipynb,0,0,0,0,0,0,0,Completed"), "{csv}");
    let other = report(&out, "lab01-ada");
    assert_eq!(other["status"], "rejected");
    assert!(other["message"].as_str().unwrap().contains("lab01"), "{other}");
    assert!(said(&output).contains("not graded"), "{}", said(&output));
}

#[test]
fn gradescopes_file_is_for_one_submission() {
    let dir = tempfile::tempdir().unwrap();
    let submissions = [sample("submissions/lab01-ada.ipynb"), sample("submissions/lab01-emi.ipynb")];
    let file = dir.path().join("results.json");
    let gradescope = |count: usize| {
        program()
            .args(["grade", "--python", python(), "--autograder"])
            .arg(autograder("lab01"))
            .args(["--gradescope", file.to_str().unwrap(), "--output", dir.path().to_str().unwrap()])
            .args(&submissions[..count])
            .output()
            .unwrap()
    };
    assert_eq!(gradescope(2).status.code(), Some(2));
    assert!(gradescope(1).status.success());
    let results: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let tests = results["tests"].as_array().unwrap();
    assert_eq!(tests[0]["name"], "Public Tests");
    let total: f64 = tests.iter().filter_map(|test| test["score"].as_f64()).sum();
    assert!((total - 14.0).abs() < 1e-9, "{results}");
}
