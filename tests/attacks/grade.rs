//! Has notebooks graded by the program.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    attack::Notebook,
    folder, leftovers,
    level::{self, Level, ORDINARY},
};

/// One call of the program at a time: what is left when it has ended is its own.
static ALONE: Mutex<()> = Mutex::new(());

/// The program at a level, with the assignment.
pub(crate) struct Grading {
    pub(crate) level: Level,
    engine: &'static str,
    python: String,
    timeout: Duration,
    memory_mib: u64,
    home: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// What became of a notebook.
pub(crate) struct Outcome {
    pub(crate) report: Value,
    /// What its cells printed, and their errors.
    pub(crate) printed: String,
}

impl Outcome {
    pub(crate) fn score(&self) -> f64 {
        self.report["score"].as_f64().unwrap_or(f64::NAN)
    }

    pub(crate) fn has_namespaces(&self) -> bool {
        self.report["isolation"].as_str().unwrap_or_default().contains("namespaces")
    }
}

impl Grading {
    /// `None` where the level cannot be had.
    pub(crate) fn prepare(level: Level, timeout: Duration, memory_mib: u64) -> Option<Self> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        leftovers::adopt_orphans();
        if let Some(why) = level.missing() {
            skip(&format!("attacks {level:?}"), why);
            return None;
        }
        let python =
            level::python().unwrap_or_else(|why| panic!("there is no Python for the attacks: {why}"));
        let home = tempfile::Builder::new().prefix("otter-attacks-").tempdir().unwrap();
        fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["tmp", "cache", "in", "out"] {
            fs::create_dir(home.path().join(name)).unwrap();
            if level.changes_user() {
                chown(home.path().join(name), Some(ORDINARY), Some(ORDINARY)).unwrap();
            }
        }
        if level.changes_user() {
            level::copy_program(&home.path().join("otter-service"));
        }
        zip(&folder().join("assignment"), &home.path().join("autograder.zip"));
        Some(Self { level, engine: "warm", python, timeout, memory_mib, home, _alone: alone })
    }

    /// The same with otter-grader's own code as the engine.
    pub(crate) fn by_otter_grader(self) -> Self {
        Self { engine: "otter", ..self }
    }

    pub(crate) fn memory_mib(&self) -> u64 {
        self.memory_mib
    }

    /// Grades notebooks in one call, so many at a time; what is wrong with the call itself is added to the problems.
    pub(crate) fn grade(
        &self,
        notebooks: &[Notebook],
        jobs: usize,
        problems: &mut Vec<String>,
    ) -> BTreeMap<String, Outcome> {
        let home = self.home.path();
        let out = tempfile::tempdir_in(home.join("out")).unwrap();
        if self.level.changes_user() {
            chown(out.path(), Some(ORDINARY), Some(ORDINARY)).unwrap();
        }
        let files: Vec<PathBuf> = notebooks
            .iter()
            .map(|notebook| {
                let file = home.join("in").join(format!("{}.ipynb", notebook.name));
                fs::write(&file, notebook.json().to_string()).unwrap();
                file
            })
            .collect();
        let mut command = self.level.program(&home.join("otter-service"), home);
        command
            .args(["grade", "--engine", self.engine, "--python", &self.python, "--autograder"])
            .arg(home.join("autograder.zip"))
            .args(["--jobs", &jobs.to_string(), "--timeout", &self.timeout.as_secs().to_string()])
            .args(["--memory", &self.memory_mib.to_string(), "--output"])
            .arg(out.path())
            .args(&files);
        // Each may use its time twice: for its cells, and for the tests.
        let most = Duration::from_secs(90) + 2 * self.timeout * u32::try_from(files.len()).unwrap();
        let said = run(&mut command, &home.join("said.txt"), most);
        problems.extend(leftovers::processes());
        problems
            .extend(leftovers::files(&home.join("tmp")).into_iter().map(|one| format!("left behind: {one}")));
        let outcomes: BTreeMap<_, _> = notebooks
            .iter()
            .filter_map(|notebook| Some((notebook.name.clone(), read(out.path(), &notebook.name)?)))
            .collect();
        if let Some(Outcome { report, .. }) = outcomes.values().next() {
            eprintln!("{:?}, isolation {}", self.level, report["isolation"]);
        }
        for (name, Outcome { report, .. }) in &outcomes {
            let flags = report["flags"].as_array().map_or(0, Vec::len);
            let (status, score, seconds) = (&report["status"], &report["score"], &report["seconds"]);
            let limits = report["limits"].as_array().map(|limits| Value::from(limits.clone()).to_string());
            let rest = report["fault"].as_str().map(str::to_owned).or(limits).unwrap_or_default();
            eprintln!("{:?} {name}: {status} {score}, {flags} flags, {seconds} s {rest}", self.level);
        }
        if outcomes.len() < notebooks.len() {
            problems.push(format!("{} of {} were graded: {said}", outcomes.len(), notebooks.len()));
        }
        outcomes
    }
}

/// Runs the program to its end, at the latest after so long, and gives what it said.
fn run(command: &mut Command, said: &Path, most: Duration) -> String {
    let output = File::create(said).unwrap();
    let mut child =
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
    let began = Instant::now();
    let mut hung = "";
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > most {
            hung = "IT HUNG AND WAS KILLED. ";
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    format!("{hung}{}", fs::read_to_string(said).unwrap_or_default())
}

fn read(out: &Path, name: &str) -> Option<Outcome> {
    let report: Value = serde_json::from_slice(&fs::read(out.join(format!("{name}.json"))).ok()?).unwrap();
    let executed = fs::read_to_string(out.join(format!("executed/{name}.ipynb"))).unwrap_or_default();
    // What a hostile notebook hands over as its executed self may be anything.
    let executed = serde_json::from_str::<Value>(&executed).unwrap_or_default();
    let outputs = executed["cells"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|cell| cell["outputs"].as_array().cloned().unwrap_or_default());
    let mut printed = String::new();
    for output in outputs {
        for part in [&output["text"], &output["evalue"], &output["data"]["text/plain"]] {
            for text in part
                .as_str()
                .into_iter()
                .chain(part.as_array().into_iter().flatten().filter_map(Value::as_str))
            {
                printed.push_str(text);
            }
            printed.push('\n');
        }
    }
    Some(Outcome { report, printed })
}

/// Packs the assignment as `otter assign` does: its configuration, its tests and its files.
fn zip(assignment: &Path, to: &Path) {
    let mut zip = zip::ZipWriter::new(File::create(to).unwrap());
    let mut paths = vec![assignment.join("otter_config.json")];
    for folder in ["tests", "files"] {
        paths.extend(assignment.join(folder).read_dir().unwrap().map(|entry| entry.unwrap().path()));
    }
    for path in paths {
        let name = path.strip_prefix(assignment).unwrap().to_str().unwrap();
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&fs::read(&path).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    fs::set_permissions(to, PermissionsExt::from_mode(0o644)).unwrap();
}

/// Leaves a test out, loudly; on CI that is a failure unless it is about root.
fn skip(what: &str, why: &str) {
    eprintln!("SKIPPED {what}: {why}");
    let list = crate::support::root().join("target/skipped.txt");
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    let before = fs::read_to_string(&list).unwrap_or_default();
    fs::write(list, format!("{before}SKIPPED {what}: {why}\n")).unwrap();
}
