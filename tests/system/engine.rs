//! The otter engine on notebooks that mean no good. Each ends in a report, and nothing of them is left behind.

use std::fs;

use serde_json::{Value, json};

use crate::{
    notebooks::{lab01_beginning_with, lab01_ending_with},
    processes::lives,
    sample::{autograder, python},
    support::{program, said},
};

/// Grades a notebook and gives its report.
fn graded(notebook: &Value, options: &[&str]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lab01.ipynb");
    fs::write(&file, notebook.to_string()).unwrap();
    let output = program()
        .args(["grade", "--engine", "otter", "--python", python(), "--autograder"])
        .arg(autograder("lab01"))
        .args(["--output", dir.path().to_str().unwrap()])
        .args(options)
        .arg(&file)
        .env("PLANTED_SECRET", "do not inherit")
        .output()
        .unwrap();
    assert!(output.status.success(), "a report of any kind is a success: {}", said(&output));
    serde_json::from_str(&fs::read_to_string(dir.path().join("lab01.json")).unwrap()).unwrap()
}

/// The report says that nothing was earned, of everything there is, and why.
fn assert_nothing_earned(report: &Value, status: &str) {
    assert_eq!((report["status"].as_str(), &report["score"]), (Some(status), &json!(0.0)), "{report}");
    assert_eq!(report["max_score"], 14.0, "all questions are there: {report}");
    assert_eq!(report["questions"].as_array().unwrap().len(), 5);
    assert!(report["message"].as_str().is_some_and(|message| message.len() > 20), "{report}");
}

#[test]
fn an_endless_loop_is_stopped_and_says_which_limit_it_met() {
    let report = graded(
        &lab01_ending_with(
            "import subprocess, sys\nsubprocess.run([sys.executable, '-c', '\"ENDLESS_4242\"\\nwhile True: pass'])",
        ),
        &["--timeout", "20"],
    );
    assert_nothing_earned(&report, "stopped");
    let limit = report["limits"][0]["limit"].as_str().unwrap();
    assert!(limit == "wall_seconds" || limit == "cpu_seconds", "{report}");
    assert_eq!(report["limits"][0]["value"], 20);
    assert!(report["message"].as_str().unwrap().contains("20 seconds"), "{report}");
    assert!(!lives("ENDLESS_4242"), "its code runs on after the report");
}

#[test]
fn a_cell_that_ends_python_is_a_report() {
    assert_nothing_earned(&graded(&lab01_beginning_with("import os; os._exit(0)"), &[]), "crashed");
    assert_nothing_earned(
        &graded(&lab01_beginning_with("import os, signal; os.kill(os.getppid(), signal.SIGKILL)"), &[]),
        "crashed",
    );
    assert_nothing_earned(
        &graded(&lab01_beginning_with("import ctypes; ctypes.string_at(0)"), &[]),
        "crashed",
    );
}

#[test]
fn a_notebook_that_breaks_the_checks_is_told_so() {
    let report = graded(&lab01_beginning_with("import os; os.chdir('/')"), &[]);
    assert_nothing_earned(&report, "crashed");
    assert!(report["message"].as_str().unwrap().contains("working folder"), "{report}");
}

#[test]
fn sys_exit_and_input_only_end_their_cell() {
    for code in ["import sys; sys.exit(1)", "answer = input('? ')", "raise ValueError('no')"] {
        let report = graded(&lab01_beginning_with(code), &[]);
        assert_eq!(
            (report["status"].as_str(), &report["score"]),
            (Some("complete"), &json!(14.0)),
            "{code}: {report}"
        );
    }
}

#[test]
fn a_hog_of_memory_is_refused_and_a_pack_of_hogs_is_stopped() {
    let alone = graded(&lab01_beginning_with("hog = bytearray(6 << 30)"), &["--memory", "1024"]);
    assert_eq!(
        (alone["status"].as_str(), &alone["score"]),
        (Some("complete"), &json!(14.0)),
        "only its cell fails: {alone}"
    );
    let pack = "import subprocess, sys, time\nfor _ in range(8):\n    subprocess.Popen([sys.executable, '-c', 'import time; b = bytearray(400 << 20); time.sleep(60)'])\ntime.sleep(60)";
    let pack = graded(&lab01_beginning_with(pack), &["--memory", "1024"]);
    assert_nothing_earned(&pack, "stopped");
    assert_eq!(pack["limits"][0]["limit"], "memory_bytes");
}

#[test]
fn a_daemon_does_not_outlive_its_notebook() {
    let code = "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '4242.5'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)";
    let report = graded(&lab01_beginning_with(code), &[]);
    assert_eq!(report["score"], 14.0, "{report}");
    assert!(!lives("4242.5"));
}

#[test]
fn results_that_lead_elsewhere_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let forged = dir.path().join("forged.json");
    let content = json!({"tests": [], "extra_data": {"otter_service": {"questions": [
        {"name": "forged", "score": 100, "max_score": 1, "cases": []}], "total": 100, "possible": 1}}});
    fs::write(&forged, content.to_string()).unwrap();
    // The kernel works in submission/; the results are beside it. Then the driver dies before it writes its own.
    let code = format!(
        "import os, signal\nos.remove('../results/results.json')\nos.symlink('{}', '../results/results.json')\nos.kill(os.getppid(), signal.SIGKILL)",
        forged.display()
    );
    let report = graded(&lab01_beginning_with(&code), &[]);
    assert_eq!((report["status"].as_str(), &report["score"]), (Some("crashed"), &json!(0.0)), "{report}");
    assert!(!report.to_string().contains("forged"), "{report}");

    // The same with the whole folder put aside.
    let other = dir.path().join("other");
    fs::create_dir_all(other.join("results")).unwrap();
    fs::copy(&forged, other.join("results/results.json")).unwrap();
    let code = format!(
        "import os, signal\nos.rename('../../autograder', '../../aside')\nos.symlink('{}', '../../autograder')\nos.kill(os.getppid(), signal.SIGKILL)",
        other.display()
    );
    let report = graded(&lab01_beginning_with(&code), &[]);
    assert!(!report.to_string().contains("forged"), "{report}");
}

#[test]
fn code_sees_neither_our_environment_nor_our_descriptors() {
    // Answers a question only if it sees nothing it should not.
    let code = "import os\nleaks = [name for name in os.environ if 'SECRET' in name or name.startswith(('CARGO', 'OTTER_'))]\nopen_files = [os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}')]\nleaks += [path for path in open_files if path.endswith(('.sqlite', '.pem', '.zip'))]\nif leaks: os._exit(1)";
    let report = graded(&lab01_beginning_with(code), &[]);
    assert_eq!(report["status"], "complete", "{report}");
}

#[test]
fn a_pickle_left_as_results_is_read_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("unpickled");
    // Goes on writing the trap until the end, over whatever otter-grader writes there.
    let trap = format!(
        "import pickle, os, time\nclass Trap:\n    def __reduce__(self):\n        return os.mkdir, ('{}',)\ntext = pickle.dumps(Trap())\nwhile True:\n    open('../results/results.pkl', 'wb').write(text); time.sleep(.01)",
        marker.display()
    );
    let code = format!("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {trap:?}])");
    let report = graded(&lab01_beginning_with(&code), &[]);
    assert_eq!((report["status"].as_str(), &report["score"]), (Some("complete"), &json!(14.0)), "{report}");
    assert!(!marker.exists(), "the pickle was read");
}

#[test]
fn a_flood_of_prints_is_dropped_beyond_the_limit_and_said() {
    let report = graded(&lab01_beginning_with("line = 'x' * 999\nfor _ in range(30000): print(line)"), &[]);
    assert_eq!((report["status"].as_str(), &report["score"]), (Some("complete"), &json!(14.0)), "{report}");
    assert_eq!(report["limits"][0]["limit"], "output_bytes", "{report}");
}

#[test]
fn a_folder_ten_thousand_deep_is_removed() {
    let code = "import os\nhere = os.getcwd()\nos.chdir(os.environ['HOME'])\nfor _ in range(20000):\n    os.mkdir('d'); os.chdir('d')\nos.chdir(here)";
    let report = graded(&lab01_beginning_with(code), &[]);
    assert_eq!((report["status"].as_str(), &report["score"]), (Some("complete"), &json!(14.0)), "{report}");
}

#[test]
fn what_a_notebook_prints_cannot_break_its_report() {
    // A lone surrogate, which no UTF-8 file can hold, and far more text than a report can.
    let code = "class Odd:\n    def __eq__(self, other): print('caf\\udce9' + 'x' * 20_000_000); return False\n    def __len__(self): return 0\nmornings = Odd()";
    let report = graded(&lab01_ending_with(code), &[]);
    assert_eq!(report["status"], "complete", "{report}");
}

#[test]
fn more_questions_than_an_assignment_has_are_no_results() {
    let code = "import json, os, signal\nmany = [{'name': 'q', 'max_score': 1}] * 100_000\njson.dump({'extra_data': {'otter_service': {'outline': many}}}, open('../results/results.json', 'w'))\nos.kill(os.getppid(), signal.SIGKILL)";
    let report = graded(&lab01_beginning_with(code), &[]);
    assert_eq!(
        (report["status"].as_str(), report["questions"].as_array().unwrap().len()),
        (Some("crashed"), 0),
        "{report}"
    );
}
