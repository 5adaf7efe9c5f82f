//! A course whose materials come from a git repository: graded at a commit, and changed by the next one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    notebooks::submission,
    running::Running,
    sample::{python, sample},
    support::{program, said},
};

/// A repository with the sample course.
struct Repository(PathBuf);

impl Repository {
    fn of_sample(path: PathBuf) -> Self {
        let (from, to) = (sample("course"), path.to_str().unwrap());
        let copied = Command::new("cp").args(["-r", from.to_str().unwrap(), to]).status().unwrap();
        assert!(copied.success());
        let repository = Self(path);
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository
    }

    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        let own = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")];
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).envs(own);
        let output = command.current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits all that is there; the commit's name.
    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "materials"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

async fn json(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.header("accept", "application/json").send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn submit(base: &str) -> (u16, Value) {
    let body = json!({ "nb": submission("lab01-ada.ipynb") }).to_string();
    json(reqwest::Client::new().post(base).body(body)).await
}

/// Waits for its end.
async fn ended(base: &str, id: &str) -> Value {
    let began = Instant::now();
    loop {
        let (_, seen) = json(reqwest::Client::new().get(format!("{base}api/v1/submissions/{id}"))).await;
        if !matches!(seen["status"].as_str(), Some("queued" | "grading")) {
            return seen;
        }
        assert!(began.elapsed() < Duration::from_mins(5), "it never ended: {seen}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn start(dir: &Path) -> (Running, String) {
    let mut command = program();
    command.arg("serve").current_dir(dir);
    let mut running = Running::start(&mut command, &dir.join("data"));
    let ready = running.says("otter-service is ready", Duration::from_mins(2));
    let address = ready.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    (running, format!("http://{address}/services/otter_grade/"))
}

#[tokio::test]
async fn a_course_is_graded_at_a_commit_and_goes_on_without_its_repository() {
    store::use_ring();
    let dir = tempfile::tempdir().unwrap();
    let repository = Repository::of_sample(dir.path().join("repository"));
    let first = repository.commit();
    let courses = format!("data-101:\n  git: file://{}\n  policy: best\n", repository.0.display());
    fs::write(dir.path().join("courses.yaml"), courses).unwrap();
    let configuration = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[data]\ndir = \"data\"\n[materials]\ncourses = \"courses.yaml\"\ncheck_s = 5\nallow_private = \"localhost\"\n[environment]\npython = \"{}\"\n",
        python()
    );
    fs::write(dir.path().join("otter-service.toml"), configuration).unwrap();

    let (mut running, base) = start(dir.path());
    let (status, accepted) = submit(&base).await;
    assert_eq!(status, 202, "{accepted}\n{}", running.log());
    let graded = ended(&base, accepted["id"].as_str().unwrap()).await;
    let revision = graded["grading"]["revision"].as_str().unwrap_or_default();
    assert!(revision.starts_with(&format!("{first} sha256:")), "{graded}");

    // The next commit says more of the assignment: there is one attempt, which is used up.
    let path = repository.0.join("course-config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["data-101"]["fall26"]["settings"] = json!({"lab01": {"attempts": 1}});
    fs::write(&path, config.to_string()).unwrap();
    let second = repository.commit();
    running.says(&second, Duration::from_mins(1));
    let (status, refused) = submit(&base).await;
    assert_eq!(status, 403, "{refused}");
    assert!(refused["type"].as_str().unwrap().ends_with("no-attempts-left"), "{refused}");
    assert!(running.end_by(Signal::SIGTERM).0.success());

    // After a restart it goes on with what it has, although nobody answers.
    fs::rename(&repository.0, dir.path().join("gone")).unwrap();
    let (running, base) = start(dir.path());
    let (status, refused) = submit(&base).await;
    assert_eq!(status, 403, "the second commit is still known: {refused}");
    assert!(running.end_by(Signal::SIGTERM).0.success());
}
