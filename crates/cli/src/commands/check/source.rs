//! What a notebook's text shows, without running it.

use std::{collections::BTreeSet, fs};

use grading::bundle::Bundle;
use serde_json::Value;

use super::{
    finding::{Finding, shown},
    notebooks::{Kind, Notebook},
    support_files::has_hidden_tests,
};

/// The names that a notebook checks.
struct Checked {
    names: BTreeSet<String>,
    /// `grader.check_all()`.
    all: bool,
}

/// Looks at the text of an assignment's notebooks.
pub(super) fn findings(bundle: &Bundle, notebooks: &[&Notebook]) -> Vec<Finding> {
    let mut found = Vec::new();
    let tests: BTreeSet<_> = bundle.check_names().into_iter().collect();
    // Of an autograder that could not be read as a whole some names are not known.
    let is_whole = bundle.broken.is_none() && bundle.declined.is_empty();
    // Where nothing is public, `otter assign` makes no cell that checks.
    let with_public =
        bundle.questions.iter().filter(|question| question.cases.iter().any(|case| !case.hidden));
    let with_public: BTreeSet<_> = with_public.map(|question| question.check.clone()).collect();
    for notebook in notebooks {
        let file = notebook.shown();
        let Checked { names, all } = checked(&notebook.json);
        for name in names.difference(&tests).filter(|_| is_whole) {
            let what = format!(
                "it calls `grader.check({name:?})`, and the autograder has no test file {name}.py: nothing is checked there."
            );
            let finding = Finding::warning("check-unknown", what)
                .fix("Correct the name, or add the test and make the zip again.");
            found.push(finding.in_file(&file).in_question(name));
        }
        // A solution may well leave out the checks.
        if notebook.kind == Kind::Student && !all {
            for name in with_public.difference(&names) {
                let what = format!(
                    "no cell calls `grader.check({name:?})`: it is graded on what is there at the end."
                );
                found.push(Finding::note("check-missing", what).in_file(&file).in_question(name));
            }
        }
        if notebook.kind == Kind::Student {
            found.extend(no_address(notebook).map(|finding| finding.in_file(&file)));
            found.extend(leaks(notebook).into_iter().map(|finding| finding.in_file(&file)));
        }
    }
    found
}

/// A student version that cannot be handed in.
fn no_address(notebook: &Notebook) -> Option<Finding> {
    let what = "it does not say where it is handed in (`otter_service` in its metadata), so no submission of it is accepted.";
    let fix = "Put course, section and assignment into the metadata of the master notebook.";
    notebook.address().is_none().then(|| Finding::warning("address-missing", what).fix(fix))
}

/// Hidden tests that a student version brings along, in it or beside it.
fn leaks(notebook: &Notebook) -> Vec<Finding> {
    const CODE: &str = "hidden-tests-show";
    const FIX: &str = "Hand out what `otter assign` wrote into the folder student.";
    let mut found = Vec::new();
    let tests = notebook.json["metadata"]["otter"]["tests"].to_string();
    if has_hidden_tests(&tests) {
        found.push(
            Finding::error(CODE, "the tests in its metadata have hidden cases, which students can read.")
                .fix(FIX),
        );
    }
    if let Some(cell) = code_cells(&notebook.json).find(|cell| has_solution_marks(cell)) {
        let line = cell.lines().next().unwrap_or_default().chars().take(60).collect::<String>();
        let what =
            format!("it is the master notebook: a cell still has the marks of `otter assign` ({line}).");
        found.push(Finding::error("solution-shows", what).fix(FIX));
    }
    let beside = notebook.path.with_file_name("tests");
    let mut files: Vec<_> =
        fs::read_dir(beside).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "py")) {
        if fs::read_to_string(path).is_ok_and(|text| has_hidden_tests(&text)) {
            let what = format!("{}, which is handed out with it, has hidden cases.", shown(path));
            found.push(Finding::error(CODE, what).fix(FIX));
        }
    }
    found
}

fn has_solution_marks(cell: &str) -> bool {
    let is_mark = |line: &str| line.ends_with("# SOLUTION") || line.starts_with("# BEGIN SOLUTION");
    cell.lines().any(|line| is_mark(line.trim()))
}

fn code_cells(notebook: &Value) -> impl Iterator<Item = String> {
    let cells = notebook["cells"].as_array().map(Vec::as_slice).unwrap_or_default();
    cells.iter().filter(|cell| cell["cell_type"] == "code").map(|cell| match &cell["source"] {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        source => source.as_str().unwrap_or_default().to_owned(),
    })
}

fn checked(notebook: &Value) -> Checked {
    let mut checked = Checked { names: BTreeSet::new(), all: false };
    for cell in code_cells(notebook) {
        for line in cell.lines().filter(|line| !line.trim_start().starts_with('#')) {
            checked.all |= line.contains(".check_all(");
            let calls = line.match_indices(".check(").map(|(at, call)| line[at + call.len()..].trim_start());
            checked.names.extend(calls.filter_map(text_at_start));
        }
    }
    checked
}

/// The text in quotes that some code begins with.
fn text_at_start(code: &str) -> Option<String> {
    let quote = code.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    code[1..].split_once(quote).map(|(text, _)| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_are_checked_are_found() {
        let notebook = serde_json::json!({"cells": [
            {"cell_type": "code", "source": ["grader.check(\"q1\")\n", "# grader.check('q2')\n", "ok.check( 'q3' );x.check(q4)"]},
            {"cell_type": "markdown", "source": "grader.check('q5')"},
        ]});
        let Checked { names, all } = checked(&notebook);
        assert_eq!(names, BTreeSet::from(["q1".to_owned(), "q3".to_owned()]));
        assert!(!all);
        assert!(
            checked(&serde_json::json!({"cells": [{"cell_type": "code", "source": "grader.check_all()"}]}))
                .all
        );
    }

    #[test]
    fn what_students_should_not_see_is_found() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tests")).unwrap();
        fs::write(dir.path().join("tests/q1.py"), "{'hidden': True}").unwrap();
        fs::write(dir.path().join("tests/q2.py"), "{'hidden': False}").unwrap();
        let notebook = |json: Value| Notebook {
            path: dir.path().join("lab.ipynb"),
            kind: Kind::Student,
            content: vec![],
            json,
        };
        let json = serde_json::json!({
            "metadata": {"otter": {"tests": {"q1": {"suites": [{"cases": [{"hidden": true}]}]}}}},
            "cells": [{"cell_type": "code", "source": "x = 3 # SOLUTION"}],
        });
        let codes: Vec<_> = leaks(&notebook(json)).into_iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["hidden-tests-show", "solution-shows", "hidden-tests-show"]);
    }
}
