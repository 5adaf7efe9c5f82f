//! Secrets come from a file that the real sops decrypts, and are seen nowhere.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use testbed::postgres::Server;

use crate::{
    running::Running,
    sample::{python, sample},
    sops::Sops,
    support::{program, said},
};

/// What must be seen nowhere.
const PASSWORD: &str = "planted-store-password";
const WEBHOOK: &str = "planted-webhook-secret";
const TOKEN: &str = "planted-token-of-9x";
const INSTALLATION: &str = "ghs_plantedInstallationToken";

/// Something that answers as little as possible of GitHub's API: a token for the App, and of all else that it is not there.
struct GitHub {
    base: String,
    /// The requests' first lines and authorizations.
    seen: Arc<Mutex<Vec<String>>>,
}

impl GitHub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => break,
                        Ok(read) => request.extend_from_slice(&buffer[..read]),
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let (status, body) = if request.starts_with("POST ") {
                    (
                        "201 Created",
                        format!(r#"{{"token": "{INSTALLATION}", "expires_at": "2099-01-01T00:00:00Z"}}"#),
                    )
                } else {
                    ("404 Not Found", r#"{"message": "Not Found"}"#.to_owned())
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).ok();
                noted.lock().unwrap().push(request);
            }
        });
        Self { base, seen }
    }

    /// Waits for a request whose text has these words.
    fn was_asked(&self, words: &str) {
        let began = Instant::now();
        while !self.seen.lock().unwrap().iter().any(|request| request.contains(words)) {
            assert!(began.elapsed() < Duration::from_mins(1), "nobody asked with {words}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A key such as GitHub makes for an App.
fn rsa_key() -> io::Result<String> {
    let output = Command::new("openssl").args(["genrsa", "-traditional", "2048"]).output()?;
    String::from_utf8(output.stdout).map_err(io::Error::other)
}

/// Asks the service as a browser and as a program would; what it says.
async fn asked(base: &str, path: &str, body: Option<&str>) -> String {
    let mut all = String::new();
    for accept in ["text/html", "application/json"] {
        let client = reqwest::Client::new();
        let url = format!("{base}{path}");
        let request = match body {
            None => client.get(url),
            Some(body) => client
                .post(url)
                .header("x-hub-signature-256", format!("sha256={}", "0".repeat(64)))
                .header("x-github-event", "push")
                .body(body.to_owned()),
        };
        let answer = request.header("accept", accept).send().await.unwrap();
        writeln!(all, "{:?}", answer.headers()).unwrap();
        all += &answer.text().await.unwrap();
    }
    all
}

#[test]
fn planted_secrets_are_used_and_in_no_log_and_on_no_page() {
    store::use_ring();
    let Some(sops) = testbed::or_skip("secrets from sops", Sops::new()) else { return };
    let Some(postgres) = testbed::or_skip("secrets from sops", Server::start()) else { return };
    let github = GitHub::start();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let Some(key) = testbed::or_skip("secrets from sops", rsa_key()) else { return };
    let store = postgres.database("grades").unwrap().replace("postgres@", &format!("postgres:{PASSWORD}@"));
    let keys = format!(
        "store_url: {store}\ngithub_app_id: 3484933\ngithub_app_installation_id: \"126605153\"\ngithub_webhook_secret: {WEBHOOK}\ngithub_app_private_key: |\n  {}\n9x:\n  github_token: {TOKEN}\n",
        key.trim_end().replace('\n', "\n  ")
    );
    sops.encrypt(&path("keys.yaml"), &keys);
    let course = sample("course");
    let courses = format!(
        "8x:\n  autograder_repo: o/eight\n9x:\n  github: o/nine\ndata-101:\n  folder: {}\n",
        fs::canonicalize(course).unwrap().display()
    );
    fs::write(path("courses.yaml"), courses).unwrap();
    let configuration = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[data]\ndir = \"data\"\n[materials]\ncourses = \"courses.yaml\"\ncheck_s = 5\ngithub_api = \"{}\"\nallow_private = \"127.0.0.1\"\n[secrets]\nsops_file = \"keys.yaml\"\nsops = \"{}\"\n[environment]\npython = \"{}\"\n",
        github.base,
        sops.program.display(),
        python(),
    );
    fs::write(path("otter-service.toml"), configuration).unwrap();
    let private = key.lines().nth(3).unwrap().to_owned();
    let planted = [PASSWORD, WEBHOOK, TOKEN, INSTALLATION, &private, &sops.key];
    let variables = [("SOPS_AGE_KEY", sops.key.as_str()), ("HOME", dir.path().to_str().unwrap())];

    let mut told = String::new();
    for level in ["info", "trace"] {
        let mut command = program();
        command.arg("serve").current_dir(dir.path()).envs(variables).env("OTTER_SERVICE_LOG_LEVEL", level);
        if level == "trace" {
            // Of all crates, not only our own.
            command.env("RUST_LOG", "trace");
        }
        let mut running = Running::start(&mut command, &path("data"));
        let ready = running.says("otter-service is ready", Duration::from_mins(2));
        assert!(ready.contains("postgres"), "the store's URL came from the sops file: {ready}");
        let base = ready.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
        let base = format!("http://{base}/services/otter_grade/");
        github.was_asked(INSTALLATION);
        github.was_asked(TOKEN);
        let asking = async {
            let mut told = String::new();
            for path in [
                "",
                "readyz",
                "nothing/here",
                "api/v1/submissions/x",
                "api/v1/workers",
                "course/8x",
                "api/v1/courses/8x/failures",
            ] {
                told += &asked(&base, path, None).await;
            }
            let notebook = r#"{"nb": {"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {"otter_service": {"course": "8x", "section": "1", "assignment": "lab01"}}}}"#;
            for (path, body) in [
                ("", notebook),
                ("", "{"),
                ("webhooks/github", r#"{"repository": {"full_name": "o/eight"}}"#),
            ] {
                told += &asked(&base, path, Some(body)).await;
            }
            told
        };
        told += &tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(asking);
        let (status, log) = running.end_by(Signal::SIGTERM);
        assert!(status.success(), "{log}");
        told += &log;
    }
    for args in [&["config", "check"][..], &["doctor"], &["doctor", "--json"], &["migrate"]] {
        told += &said(&program().args(args).current_dir(dir.path()).envs(variables).output().unwrap());
    }
    assert!(
        told.contains("github_app_") || told.contains("o/eight"),
        "something was said of materials: {told}"
    );
    assert!(told.contains("TRACE"), "all levels were looked at");
    for secret in planted {
        if let Some(at) = told.find(secret) {
            panic!(
                "{secret} is seen: ...{}",
                &told[told.floor_char_boundary(at.saturating_sub(300))..at + secret.len()]
            );
        }
    }
}

/// `config check` with this file of secrets and these variables.
fn check(dir: &Path, sops: &Sops, file: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let configuration = format!("[secrets]\nsops_file = \"{file}\"\nsops = \"{}\"\n", sops.program.display());
    fs::write(dir.join("otter-service.toml"), configuration).unwrap();
    let mut command = program();
    command
        .args(["config", "check"])
        .current_dir(dir)
        .env_remove("SOPS_AGE_KEY")
        .env_remove("SOPS_AGE_KEY_FILE");
    let output = command.env("HOME", dir).envs(variables.iter().copied()).output().unwrap();
    (output.status.code(), said(&output))
}

#[test]
fn what_sops_cannot_decrypt_is_told_with_the_reason_and_without_the_key() {
    let Some(sops) = testbed::or_skip("complaints of sops", Sops::new()) else { return };
    let other = Sops::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let keys = r#"{"store_url": "mysql://u:planted-password@h/d"}"#;
    sops.encrypt(&dir.path().join("keys.json"), keys);
    fs::write(dir.path().join("plain.yaml"), "store_url: x\n").unwrap();
    fs::write(dir.path().join("age.txt"), &sops.key).unwrap();

    let (code, told) = check(dir.path(), &sops, "keys.json", &[("SOPS_AGE_KEY", &other.key)]);
    assert_eq!(code, Some(2));
    assert!(
        told.contains("keys.json cannot be decrypted") && told.contains("identity did not match"),
        "{told}"
    );
    assert!(!told.contains(&other.key), "{told}");
    let (code, told) = check(dir.path(), &sops, "keys.json", &[("SOPS_AGE_KEY", "AGE-SECRET-KEY-1NOKEY")]);
    assert_eq!(code, Some(2));
    assert!(!told.contains("1NOKEY"), "{told}");
    let (code, told) = check(dir.path(), &sops, "keys.json", &[]);
    assert_eq!(code, Some(2));
    assert!(told.contains("SOPS_AGE_KEY_FILE"), "it is said where keys are looked for: {told}");
    let (_, told) = check(dir.path(), &sops, "plain.yaml", &[]);
    assert!(told.contains("sops metadata not found"), "{told}");
    let (_, told) = check(dir.path(), &sops, "nowhere.yaml", &[]);
    assert!(told.contains("there is no nowhere.yaml"), "{told}");

    // With the right one, by a file: what is wrong now is the URL, which is not shown.
    let (code, told) = check(dir.path(), &sops, "keys.json", &[("SOPS_AGE_KEY_FILE", "age.txt")]);
    assert_eq!(code, Some(2));
    assert!(told.contains("the secret store_url") && told.contains("decrypted by sops"), "{told}");
    assert!(!told.contains("planted-password"), "{told}");
}
