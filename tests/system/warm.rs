//! The warm engine: the same scores, partial credit, and what it leaves to the otter engine.

use std::fs;

use serde_json::{Value, json};

use crate::{
    notebooks::{lab01_beginning_with, lab01_ending_with, submission},
    sample::{autograder, python, sample},
    support::{program, said},
};

/// Grades a notebook and gives its report, and the notebook as it was run.
fn graded(notebook: &Value, options: &[&str]) -> (Value, Option<Value>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lab01.ipynb");
    fs::write(&file, notebook.to_string()).unwrap();
    let output = program()
        .args(["grade", "--python", python(), "--autograder"])
        .arg(autograder("lab01"))
        .args(["--output", dir.path().join("out").to_str().unwrap()])
        .args(options)
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let read = |name: &str| serde_json::from_slice(&fs::read(dir.path().join("out").join(name)).ok()?).ok();
    (read("lab01.json").unwrap_or_else(|| panic!("{}", said(&output))), read("executed/lab01.ipynb"))
}

fn points(report: &Value) -> Vec<(String, f64)> {
    let of = |q: &Value| (q["name"].as_str().unwrap().to_owned(), q["score"].as_f64().unwrap());
    report["questions"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn both_engines_give_the_same_points_for_every_sample() {
    for assignment in ["lab01", "hw01"] {
        let dir = tempfile::tempdir().unwrap();
        let names: Vec<_> = ["ada", "bruno", "chloe", "dario", "emi", "farid"]
            .map(|student| format!("{assignment}-{student}"))
            .to_vec();
        let reports = |engine: &str| -> Vec<Value> {
            let out = dir.path().join(engine);
            let output = program()
                .args(["grade", "--engine", engine, "--python", python(), "--autograder"])
                .arg(autograder(assignment))
                .args(["--output", out.to_str().unwrap()])
                .args(names.iter().map(|name| sample("submissions").join(format!("{name}.ipynb"))))
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", said(&output));
            let read = |name: &String| fs::read(out.join(format!("{name}.json"))).unwrap();
            names.iter().map(|name| serde_json::from_slice(&read(name)).unwrap()).collect()
        };
        for (otter, warm) in reports("otter").iter().zip(reports("warm")) {
            assert_eq!(points(otter), points(&warm));
            assert_eq!((&otter["score"], &otter["max_score"]), (&warm["score"], &warm["max_score"]));
            let outcomes = |report: &Value| -> Vec<Value> {
                let cases = report["questions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|q| q["cases"].as_array().unwrap());
                cases
                    .map(|case| json!([case["name"], case["hidden"], case["passed"], case["points"]]))
                    .collect()
            };
            assert_eq!(outcomes(otter), outcomes(&warm));
            assert_eq!((warm["engine"].as_str(), warm["flags"].as_array().unwrap().len()), (Some("warm"), 0));
        }
    }
}

#[test]
fn auto_says_which_engine_and_why() {
    let (report, executed) = graded(&submission("lab01-ada.ipynb"), &[]);
    assert_eq!((report["engine"].as_str(), &report["score"]), (Some("warm"), &json!(14.0)), "{report}");
    assert!(report["engine_reason"].as_str().is_some_and(|why| why.ends_with('.')), "{report}");
    let executed = executed.expect("the notebook as it was run");
    let has_output = |cell: &Value| cell["outputs"].as_array().is_some_and(|outputs| !outputs.is_empty());
    assert!(executed["cells"].as_array().unwrap().iter().any(has_output), "{executed}");
    let (forced, _) = graded(&submission("lab01-ada.ipynb"), &["--engine", "warm"]);
    assert_eq!(forced["engine_reason"], Value::Null);
}

#[test]
fn an_endless_cell_ends_at_its_limit_and_the_rest_goes_on() {
    let notebook = lab01_beginning_with("while True: pass");
    let (report, _) = graded(&notebook, &["--cell-timeout", "3"]);
    assert_eq!((report["status"].as_str(), &report["score"]), (Some("complete"), &json!(14.0)), "{report}");
    assert_eq!(report["limits"], json!([{"limit": "cell_seconds", "value": 3, "cell": 1}]));
    assert!(report["message"].as_str().unwrap().contains("cell 1"), "{report}");
}

#[test]
fn questions_checked_before_an_end_keep_their_points() {
    // Deaf to interrupts, so the whole notebook is ended; before that, every question was checked.
    let deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass";
    let (report, _) = graded(&lab01_ending_with(deaf), &["--timeout", "8"]);
    assert_eq!(report["limits"][0]["limit"], "wall_seconds", "{report}");
    assert_eq!(report["score"], json!(14.0), "{report}");

    // The same, but the check of the fourth question is reached no more, and neither is the fifth.
    let mut notebook = submission("lab01-ada.ipynb");
    let cells = notebook["cells"].as_array_mut().unwrap();
    let is_check = |cell: &Value| cell["source"].to_string().contains("grader.check(");
    let last = cells.iter().rposition(is_check).unwrap();
    cells[last]["source"] = json!(deaf);
    let (report, _) = graded(&notebook, &["--timeout", "8"]);
    assert_eq!(report["status"], "stopped", "{report}");
    assert_eq!(report["limits"][0]["cell"], json!(last + 1), "{report}");
    let score = report["score"].as_f64().unwrap();
    assert!(score > 0.0 && score < 14.0, "{report}");
    assert!(report["message"].as_str().unwrap().contains("2 questions could not be checked"), "{report}");
}

#[test]
fn a_cell_that_ends_python_leaves_what_was_checked() {
    let (report, _) = graded(&lab01_ending_with("import os; os._exit(3)"), &[]);
    assert_eq!(report["score"], json!(14.0), "{report}");
    let (report, _) = graded(&lab01_beginning_with("import ctypes; ctypes.string_at(0)"), &[]);
    assert_eq!((report["status"].as_str(), &report["score"]), (Some("crashed"), &json!(0.0)), "{report}");
    assert_eq!(report["max_score"], json!(14.0));
}

#[test]
fn a_zip_goes_to_the_otter_engine() {
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("lab01.zip");
    let code = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').write(sys.argv[2], 'lab01.ipynb')";
    let notebook = sample("submissions/lab01-ada.ipynb");
    let made =
        std::process::Command::new("python3").args(["-c", code]).args([&zip, &notebook]).status().unwrap();
    assert!(made.success());
    let grade = |engine: &str| {
        program()
            .args(["grade", "--engine", engine, "--python", python(), "--autograder"])
            .arg(autograder("lab01"))
            .args(["--output", dir.path().to_str().unwrap()])
            .arg(&zip)
            .output()
            .unwrap()
    };
    assert!(grade("auto").status.success());
    let report: Value = serde_json::from_slice(&fs::read(dir.path().join("lab01.json")).unwrap()).unwrap();
    assert_eq!((report["engine"].as_str(), &report["score"]), (Some("otter"), &json!(14.0)), "{report}");
    assert!(report["engine_reason"].as_str().unwrap().contains("zip"), "{report}");
    // Forced, it is no other score but a fault.
    let forced = grade("warm");
    assert_eq!(forced.status.code(), Some(1), "{}", said(&forced));
}
