//! Five hundred submissions in a row through one zygote: it stays as it was, and nothing is left behind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use crate::{
    sample::{autograder, python, sample},
    support::program,
};

const SUBMISSIONS: usize = 500;

/// The memory of its own in KiB of the zygote below a process, if there is one: the first Python below its stage.
fn zygote_memory(service: u32) -> Option<(u32, u64)> {
    let children = |pid: u32| -> Vec<u32> {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
        lists
            .flat_map(|list| list.split_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<_>>())
            .collect()
    };
    let is_zygote = |pid: &u32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains("otter_runner/__main__.py")
    };
    let zygote = children(service).into_iter().flat_map(children).find(is_zygote)?;
    let status = fs::read_to_string(format!("/proc/{zygote}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some((zygote, line.split_whitespace().next()?.parse().ok()?))
}

/// Our control groups, in whatever tree.
fn control_groups(service: u32) -> Vec<PathBuf> {
    fn below(folder: &Path, depth: u32, name: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name().to_string_lossy().contains(name) {
                    found.push(entry.path());
                } else if depth > 0 {
                    below(&entry.path(), depth - 1, name, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    below(Path::new("/sys/fs/cgroup"), 3, &format!("otter-{service}-"), &mut found);
    found
}

fn mounts() -> usize {
    fs::read_to_string("/proc/self/mounts").unwrap().lines().count()
}

#[test]
fn five_hundred_submissions_leave_one_zygote_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (submitted, out, temporary) = (dir.path().join("in"), dir.path().join("out"), dir.path().join("tmp"));
    for folder in [&submitted, &temporary] {
        fs::create_dir(folder).unwrap();
    }
    for index in 0..SUBMISSIONS {
        fs::copy(sample("submissions/lab01-ada.ipynb"), submitted.join(format!("s{index:03}.ipynb")))
            .unwrap();
    }
    let mounts_before = mounts();
    let mut service = program()
        .args(["grade", "--engine", "warm", "--python", python(), "--autograder"])
        .arg(autograder("lab01"))
        .arg("--output")
        .arg(&out)
        .arg(&submitted)
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut seen: Vec<(u32, u64)> = Vec::new();
    let status = loop {
        if let Some(status) = service.try_wait().unwrap() {
            break status;
        }
        // Once it has forked, it is warm.
        if out.join("s000.json").exists() {
            seen.extend(zygote_memory(service.id()));
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(status.success());
    let graded =
        fs::read_dir(&out).unwrap().flatten().filter(|e| e.path().extension().is_some_and(|e| e == "json"));
    assert_eq!(graded.count(), SUBMISSIONS);

    let zygotes: std::collections::BTreeSet<_> = seen.iter().map(|(zygote, _)| zygote).collect();
    assert_eq!(zygotes.len(), 1, "one zygote served all: {zygotes:?}");
    let memory = || seen.iter().map(|(_, kib)| *kib);
    let (least, most) = (memory().min().unwrap(), memory().max().unwrap());
    assert!(most - least < 8 << 10, "the zygote's memory went from {least} to {most} KiB");

    assert!(!zygotes.iter().any(|zygote| Path::new(&format!("/proc/{zygote}")).exists()));
    assert_eq!(control_groups(service.id()), Vec::<PathBuf>::new());
    assert_eq!(mounts(), mounts_before);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "temporary files are left");
}
