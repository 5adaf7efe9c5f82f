//! Environments: built, listed, removed; not to be changed; and which modules are imported beforehand.

use std::{
    fs::{self, File, Permissions},
    io::Write,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::geteuid;
use serde_json::Value;

use crate::{
    sample::python,
    support::{program, root, said},
};

/// A folder that everybody may enter, and an environment without packages in it.
fn empty_environment() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
    fs::write(dir.path().join("requirements.txt"), "# none\n").unwrap();
    let output = program()
        .args(["environment", "build", "--base-python", "/usr/bin/python3", "--root"])
        .arg(dir.path().join("environments"))
        .arg("--requirements")
        .arg(dir.path().join("requirements.txt"))
        .output()
        .unwrap();
    // It is built, and lacks what grading needs.
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("lacks ipykernel"), "{}", said(&output));
    let folders = fs::read_dir(dir.path().join("environments")).unwrap().flatten();
    let built = folders.map(|entry| entry.path().join("bin/python")).find(|python| python.exists()).unwrap();
    (dir, built)
}

fn in_shelf(dir: &Path, args: &[&str]) -> std::process::Output {
    program().arg("environment").args(args).arg("--root").arg(dir.join("environments")).output().unwrap()
}

#[test]
fn environments_are_listed_and_removed() {
    let (dir, built) = empty_environment();
    let id = built.ancestors().nth(2).unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let list = in_shelf(dir.path(), &["list"]);
    assert!(said(&list).contains(&id), "{}", said(&list));
    assert!(in_shelf(dir.path(), &["remove", &id]).status.success());
    assert!(!built.exists());
    let again = in_shelf(dir.path(), &["remove", &id]);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("there is no environment"), "{}", said(&again));
    assert!(said(&in_shelf(dir.path(), &["list"])).contains("There is no environment"));
}

#[test]
fn nobody_but_root_installs_into_an_environment() {
    let (dir, built) = empty_environment();
    let wheel = dir.path().join("tiny-1.0-py3-none-any.whl");
    write_wheel(&wheel);
    let as_other = |args: &[&str]| {
        let mut command = Command::new(&built);
        command.args(args).current_dir("/").env_clear().env("HOME", "/nonexistent");
        if geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        command.output().unwrap()
    };
    let runs = as_other(&["-c", "import sys"]);
    assert!(runs.status.success(), "others may use it: {}", said(&runs));
    // What an installer does in the end; one that uv has built has no pip of its own.
    let install = "import sys, sysconfig, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sysconfig.get_path('purelib'))";
    let installed = as_other(&["-c", install, wheel.to_str().unwrap()]);
    assert!(said(&installed).contains("PermissionError"), "{}", said(&installed));
    assert!(!as_other(&["-c", "import tiny"]).status.success());
}

fn write_wheel(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, text) in [
        ("tiny.py", ""),
        ("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"),
        (
            "tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        (
            "tiny-1.0.dist-info/RECORD",
            "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\ntiny-1.0.dist-info/RECORD,,\n",
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
}

/// Runs the trial of `neutral.py` on modules with these names and sources.
fn trial(modules: &[(&str, &str)]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    for (name, source) in modules {
        fs::write(dir.path().join(format!("{name}.py")), source).unwrap();
    }
    let names: Vec<_> = modules.iter().map(|(name, _)| *name).filter(|name| !name.starts_with('_')).collect();
    let code = format!(
        "import sys; sys.path.insert(0, {:?}); from otter_runner import neutral; sys.path[0] = {:?}\n\
         sys.path.append(sys.path.pop(0)); neutral.CANDIDATES[:] = {names:?}; neutral.SECONDS_FOR_ONE = 5\n\
         sys.exit(neutral.main())",
        root().join("runner").to_str().unwrap(),
        dir.path().to_str().unwrap(),
    );
    let output = Command::new(python())
        .args(["-I", "-B", "-c", &code])
        .env("HOME", dir.path())
        .env("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
}

#[test]
fn only_modules_that_change_nothing_are_imported_beforehand() {
    let found = trial(&[
        ("numpy", "raise ImportError('the installed one comes first')"),
        ("quiet", "import decimal\nx = 1\nprint('hello')"),
        ("uses_quiet", "import quiet, json"),
        ("prints", "import numpy\nnumpy.set_printoptions(legacy='1.13')"),
        ("variable", "import os\nos.environ['ADDED'] = '1'"),
        ("filters", "import warnings\nwarnings.simplefilter('ignore')"),
        ("own_filter", "import warnings\nclass W(Warning): pass\nwarnings.simplefilter('always', W)"),
        (
            "thread",
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        ),
        ("holds", "f = open('/dev/null')"),
        ("patches", "import json\njson.dumps = lambda *a: ''"),
        ("patches_class", "import json\njson.JSONEncoder.default = lambda s, o: ''"),
        ("seeds", "import random\nrandom.seed(1)"),
        ("seeds_numpy", "import numpy\nnumpy.random.seed(1)"),
        ("builtin", "import builtins\nbuiltins.shout = print"),
        ("logs", "import logging\nlogging.basicConfig(level='DEBUG')"),
        ("options", "import pandas\npandas.set_option('display.max_rows', 5)"),
        ("session", "from IPython import get_ipython\nget_ipython().events.register('post_execute', print)"),
        ("fails", "1 / 0"),
        ("ends", "import os\nos._exit(0)"),
        ("hangs", "import time\ntime.sleep(60)"),
        ("exits", "raise SystemExit"),
        ("rude", "import _dear, os\nos.umask(0o1)"),
        ("_dear", ""),
        ("last", ""),
    ]);
    let modules: Vec<_> = found["modules"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let expected = ["numpy", "quiet", "uses_quiet", "own_filter", "_dear", "last"];
    assert_eq!(modules[3..], expected, "{found:#}");
    let refused = |name: &str, why: &str| {
        let reason = found["refused"][name].as_str().unwrap_or("not refused");
        assert!(reason.contains(why), "{name}: {reason}");
    };
    refused("prints", "numpy print options changed: legacy False -> 1.13");
    refused("variable", "environment variable added: ADDED");
    refused("filters", "warning filter added: Warning");
    refused("thread", "thread changed: number 1 -> 2");
    refused("holds", "open file added");
    refused("patches", "json.dumps is replaced");
    refused("patches_class", "json.encoder.JSONEncoder.default is replaced");
    refused("seeds", "random state changed: random ");
    refused("seeds_numpy", "random state changed: numpy.random ");
    refused("builtin", "built-in name added: shout");
    refused("logs", "log level changed: root 30 -> 10");
    refused("options", "pandas option changed: display.max_rows 60 -> 5");
    refused("session", "IPython changed: hooks post_execute");
    refused("fails", "ZeroDivisionError");
    refused("ends", "its import ends Python");
    refused("hangs", "takes more than 5 seconds");
    refused("exits", "SystemExit");
    refused("rude", "umask");
}
