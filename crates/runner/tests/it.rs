//! The library in real Pythons, driven as the judge drives it.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod python;
#[path = "../src/threads.rs"]
mod threads;

use std::{
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::{Child, Command},
};

use frames::{Channel, Example, FromNotebook, FromSnapshot, Outcome, ToNotebook, ToSnapshot};
use python::{library, runs, skip};

const TESTS: [&str; 6] =
    ["test_bundle", "test_decoys", "test_doctest", "test_kernel", "test_otter", "test_snapshot"];

/// Each Python of a supported version that can be started.
fn pythons() -> Vec<String> {
    let named = (9..=13).map(|minor| format!("python3.{minor}"));
    let all = named.chain(["python3".into()]);
    all.filter(|program| runs(program, "import sys; assert (3, 9) <= sys.version_info < (3, 14)")).collect()
}

/// Runs a source in a bare Python and gives the snapshot that it ends with.
fn snapshot(program: &str, source: &str) -> (Child, Channel) {
    let (judge, notebook) = Channel::pair().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bare.py");
    let mut command = Command::new(program);
    command.arg("-I").arg(script).arg(library()).arg(source);
    let socket: OwnedFd = notebook.into();
    #[expect(unsafe_code, reason = "the child gets the socket as descriptor 3")]
    // SAFETY: between fork and exec only a system call is made; the descriptor is open.
    unsafe {
        let number = socket.as_fd().as_raw_fd();
        command.pre_exec(move || {
            if libc::dup2(number, 3) < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
        });
    }
    let child = command.spawn().unwrap();
    drop(socket);
    assert!(matches!(judge.receive().unwrap(), FromNotebook::Cell { index: 1, of: 1, position: None }));
    judge.send(&ToNotebook::Go { stop: false }).unwrap();
    let (message, mut descriptors) = judge.receive_with::<FromNotebook>(1000).unwrap();
    assert!(matches!(message, FromNotebook::Snapshot { question: Some(question) } if question == "q1"));
    let snapshot = Channel::from(descriptors.remove(0));
    assert!(matches!(snapshot.receive().unwrap(), FromSnapshot::Ready { threads: 1, .. }));
    judge.send(&ToNotebook::Taken).unwrap();
    assert!(matches!(judge.receive().unwrap(), FromNotebook::Done { output_dropped: false, .. }));
    (child, snapshot)
}

fn examples(snapshot: &Channel, sources: &[&str]) -> Vec<Example> {
    let examples = sources.iter().map(|source| format!("{source}\n")).collect();
    snapshot.send(&ToSnapshot::Doctest { name: "q1 0".into(), examples }).unwrap();
    match snapshot.receive().unwrap() {
        FromSnapshot::Examples(examples) => examples,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_python_evaluates() {
    let pythons = pythons();
    if pythons.is_empty() {
        return skip("the runner's library", "no Python from 3.9 to 3.13 can be started");
    }
    for program in pythons {
        let (mut child, snapshot) = snapshot(&program, "x = 3\nimport builtins\nbuiltins.len = None");
        let told = examples(
            &snapshot,
            &["x", "print(x, end='')", "len([1])", "1 / 0", "class E(Exception): pass", "raise E('a')"],
        );
        let printed: Vec<_> = told.iter().map(|example| example.printed.as_str()).collect();
        assert_eq!(printed, ["3\n", "3\n", "1\n", "", "", ""], "{program}");
        let raised: Vec<_> =
            told.iter().filter_map(|example| Some(example.raised.as_ref()?.line.as_str())).collect();
        assert_eq!(raised, ["ZeroDivisionError: division by zero\n", "E: a\n"], "{program}");
        let source = "def t(x):\n    assert x == 4, 'not four'\n".into();
        snapshot.send(&ToSnapshot::Module { name: "q1.py".into(), source }).unwrap();
        assert!(matches!(snapshot.receive().unwrap(), FromSnapshot::Ran(Outcome::Returned)), "{program}");
        snapshot.send(&ToSnapshot::Call { function: "t".into(), params: vec!["x".into()] }).unwrap();
        let FromSnapshot::Ran(Outcome::Raised(raised)) = snapshot.receive().unwrap() else {
            panic!("{program}")
        };
        assert_eq!(
            (raised.line.as_str(), raised.line_number),
            ("AssertionError: not four\n", 2),
            "{program}"
        );
        drop(snapshot);
        assert!(child.wait().unwrap().success(), "{program}");
    }
}

#[test]
fn a_hostile_state_does_not_hang_or_forge() {
    let program = "python3";
    if !runs(program, "import sys; assert sys.version_info >= (3, 9)") {
        return skip("hostile states", "no Python can be started");
    }
    // Descriptors, modules and hooks are as bad as they can be.
    let source = "import sys, os, gc\nx = 1\nsys.modules['io'] = None\nsys.stdout = None\nsys.meta_path.clear()\n\
                  sys.setrecursionlimit(60)\ngc.set_threshold(1)\nsys.settrace(lambda *a: 1 / 0)\n";
    let (mut child, snapshot) = snapshot(program, source);
    let told = examples(&snapshot, &["x", "x + 1"]);
    assert_eq!(told.iter().map(|example| example.printed.as_str()).collect::<Vec<_>>(), ["1\n", "2\n"]);
    drop(snapshot);
    child.wait().unwrap();
}

#[test]
fn notebooks_run_as_in_a_kernel() {
    let chosen = std::env::var("OTTER_RUNNER_PYTHON").unwrap_or_else(|_| "python3".into());
    if !runs(&chosen, "import otter, IPython") {
        let why = format!("{chosen} has no otter-grader; name one that has in OTTER_RUNNER_PYTHON");
        return skip("the runner's Python part", &why);
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runner/tests");
    let mut command = Command::new(chosen);
    command.args(["-W", "ignore", "-m", "unittest"]).args(TESTS).current_dir(tests);
    let output = command.env("OTTER_RUNNER_LIBRARY", library()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn threads_are_counted_without_proc() {
    let before = threads::count().unwrap();
    let (stop, wait) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || wait.recv().ok());
    // Other tests start and end threads meanwhile.
    let agree = || threads::count().unwrap() == u32::try_from(threads::by_number().unwrap()).unwrap();
    assert!((0..100).any(|_| agree()));
    assert!(threads::by_number().unwrap() > 1 && before > 0);
    // Where no thread can be made to see how far numbers go, all are tried.
    let own = i32::try_from(std::process::id()).unwrap();
    assert!(threads::up_to(own).unwrap() > 1);
    drop(stop);
    other.join().unwrap();
}
