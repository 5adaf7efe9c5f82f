//! A remote that says what it is told to, and counts how often it is asked.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use jiff::Timestamp;
use materials::{
    Fetched, Materials, Origin, Place,
    remote::{Commit, Remote, RemoteError},
};
use model::{Name, ambient::Clock};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::folder::{CONFIG, ZIP, zip};

/// The files of a commit.
pub(crate) type Files = Vec<(&'static str, Vec<u8>)>;

/// A remote that says what it is told to.
#[derive(Debug)]
pub(crate) struct Scripted {
    answer: Mutex<Result<Commit, RemoteError>>,
    commits: Mutex<HashMap<Commit, Result<Files, RemoteError>>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) fetched: AtomicUsize,
    /// One permit for each fetch that may come to its end.
    pub(crate) gate: Semaphore,
}

/// The commit named by one digit.
pub(crate) fn commit(digit: char) -> Commit {
    digit.to_string().repeat(40).parse().unwrap()
}

/// Materials with an autograder of this content.
pub(crate) fn files(content: &str) -> Files {
    let config = CONFIG.replace(r#", "lab02": "b""#, "").into_bytes();
    vec![("course-config.json", config), (ZIP, zip(content)), ("README.md", b"read me".to_vec())]
}

pub(crate) fn away(problem: &str) -> RemoteError {
    RemoteError::Away { problem: problem.to_owned() }
}

impl Scripted {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new(Err(away("Nothing was pushed yet."))),
            commits: Mutex::default(),
            asked: AtomicUsize::new(0),
            fetched: AtomicUsize::new(0),
            gate: Semaphore::new(1_000_000),
        })
    }

    /// One that has a commit `a`.
    pub(crate) fn with(content: &str) -> Arc<Self> {
        let remote = Self::new();
        remote.push('a', Ok(files(content)));
        remote
    }

    /// A commit becomes the newest.
    pub(crate) fn push(&self, digit: char, files: Result<Files, RemoteError>) {
        self.commits.lock().unwrap().insert(commit(digit), files);
        self.say(Ok(commit(digit)));
    }

    pub(crate) fn say(&self, answer: Result<Commit, RemoteError>) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Remote for Scripted {
    fn name(&self) -> String {
        "github.com/Berkeley/materials".into()
    }

    fn branch(&self) -> Option<&str> {
        None
    }

    async fn newest(&self) -> Result<Commit, RemoteError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer.lock().unwrap().clone()
    }

    async fn fetch(&self, commit: &Commit, into: &Path) -> Result<(), RemoteError> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        let files = self.commits.lock().unwrap().get(commit).cloned();
        let files = files.expect("one that was pushed")?;
        for (path, content) in files {
            let path = into.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        self.gate.acquire().await.unwrap().forget();
        Ok(())
    }
}

/// Always the same time.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A disk, with the materials of the course `88e` of a remote on it.
pub(crate) struct Disk(pub(crate) TempDir);

impl Disk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// As a process has them that starts now.
    pub(crate) fn open(&self, remote: &Arc<impl Remote + 'static>) -> Fetched {
        self.open_for(remote, &["88e"])
    }

    pub(crate) fn open_for(&self, remote: &Arc<impl Remote + 'static>, courses: &[&str]) -> Fetched {
        let remote: Arc<dyn Remote> = Arc::clone(remote) as _;
        let place = Place { dir: self.0.path().join("materials") };
        Fetched::open(remote, &place, courses.iter().map(|course| name(course)).collect(), Arc::new(Noon))
            .unwrap()
    }

    /// The materials that gradings use.
    pub(crate) fn materials(&self, remote: &Arc<impl Remote + 'static>) -> Arc<Materials> {
        of(self.open(remote))
    }

    fn shelf(&self) -> PathBuf {
        let all = self.0.path().join("materials");
        let [only] = &list(&all)[..] else { panic!("not one remote") };
        all.join(only).join("revisions")
    }

    /// The names in the folder of the revisions.
    pub(crate) fn revisions(&self) -> Vec<String> {
        list(&self.shelf())
    }

    pub(crate) fn revision(&self, digit: char) -> PathBuf {
        self.shelf().join(commit(digit).as_str())
    }
}

pub(crate) fn of(fetched: Fetched) -> Arc<Materials> {
    Arc::new(Materials::of_courses([(name("88e"), Arc::new(Origin::Fetched(fetched)))].into()))
}

fn list(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|found| found.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
