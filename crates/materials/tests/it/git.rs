//! Any git remote, by the real program on both sides; and what a hostile one tries (attack 58).

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv6Addr},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::http::StatusCode;
use materials::remote::{
    Commit, Remote, RemoteError as E,
    git::{Git, GitAccess},
};

use outbound::{Lookup, Outbound, Policy};

use crate::{
    folder::{CONFIG, ZIP, key, zip},
    git_server::{GitServer, RIGHT, Repository},
    scripted::{Disk, of},
    tree::tree,
};

fn git(url: &str, branch: Option<&str>, access: &GitAccess) -> Git {
    let allowed = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    Git::new(url.parse().unwrap(), branch.map(|name| name.parse().unwrap()), access, &allowed).unwrap()
}

fn open(url: &str) -> Git {
    git(url, None, &GitAccess::Open)
}

fn token(token: &str) -> GitAccess {
    GitAccess::Token { user: "oauth2".into(), token: token.into() }
}

/// A repository with the materials of a course; and its newest commit.
fn course() -> (Repository, String) {
    let repository = Repository::new();
    repository.write("course-config.json", CONFIG.replace(r#", "lab02": "b""#, ""));
    repository.write(ZIP, zip("one"));
    let commit = repository.commit();
    (repository, commit)
}

/// The paths that are in the folder after fetching.
async fn fetched(git: &Git, commit: &str) -> Result<BTreeSet<String>, E> {
    let outer = tempfile::tempdir().unwrap();
    // By a path from here, as one in a configuration may be.
    let up: PathBuf = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
    let into = up.join(outer.path().strip_prefix("/").unwrap()).join(".new-x");
    fs::create_dir(&into).unwrap();
    let commit: Commit = commit.parse().unwrap();
    let outcome = git.fetch(&commit, &into).await;
    let beside: Vec<_> =
        fs::read_dir(outer.path()).unwrap().map(|found| found.unwrap().file_name()).collect();
    assert_eq!(beside, [".new-x"], "something was left beside it");
    outcome.map(|()| tree(&into).into_keys().collect())
}

#[tokio::test]
async fn a_private_remote_is_read_with_its_token_and_only_new_commits_are_fetched() {
    let (repository, first) = course();
    let server = GitServer::start(&repository, Some(RIGHT)).await;
    let remote = Arc::new(git(&server.url(), None, &token("right")));
    let disk = Disk::new();
    let source = disk.open(&remote);
    source.look().await.unwrap();
    assert_eq!((source.commit().unwrap().as_str(), server.fetches()), (first.as_str(), 1));
    for _ in 0..3 {
        source.look().await.unwrap();
    }
    assert_eq!(server.fetches(), 0);

    repository.write(ZIP, zip("two"));
    let second = repository.commit();
    source.look().await.unwrap();
    assert_eq!(server.fetches(), 1);
    let materials = of(source);
    let autograder = materials.autograder(&key("lab01")).unwrap();
    assert_eq!(autograder.origin(), format!("{second} {}", autograder.revision()));
    assert_eq!(crate::folder::bytes(&autograder), zip("two"));
    assert_eq!(materials.problems(), [""; 0]);
    for _ in 0..1000 {
        materials.autograder(&key("lab01")).unwrap();
    }
    assert!(server.requests().is_empty());

    server.say_instead(StatusCode::INTERNAL_SERVER_ERROR, "");
    let restarted = disk.open(&remote);
    assert!(matches!(restarted.look().await.unwrap_err(), E::Away { .. }));
    assert_eq!(restarted.commit().unwrap().as_str(), second);
}

#[tokio::test]
async fn whoever_is_not_let_in_is_told_what_to_do_and_not_the_token() {
    let (repository, commit) = course();
    let server = GitServer::start(&repository, Some(RIGHT)).await;
    for access in [GitAccess::Open, token("hunter2")] {
        let git = git(&server.url(), None, &access);
        for error in [git.newest().await.unwrap_err(), fetched(&git, &commit).await.unwrap_err()] {
            let text = format!("{error} {error:?} {git:?}");
            assert!(matches!(error, E::Refused { .. }), "{text}");
            assert!(text.contains("Check that the token or key is right"), "{text}");
            assert!(!text.contains("hunter2") && !text.contains("b2F1dG"), "{text}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (repository, _) = course();
    let server = GitServer::start(&repository, None).await;
    let error = git(&server.url(), Some("release"), &GitAccess::Open).newest().await.unwrap_err();
    assert!(matches!(&error, E::Refused { problem } if problem.contains("no branch release")), "{error}");
    let error = open(&server.url().replace("materials", "other")).newest().await.unwrap_err();
    assert!(matches!(&error, E::Refused { problem } if problem.contains("no such repository")), "{error}");
    let error = fetched(&open(&server.url()), &"1".repeat(40)).await.unwrap_err();
    assert!(!matches!(error, E::Content { .. }), "{error}");
    let empty = Repository::new();
    let server = GitServer::start(&empty, None).await;
    let error = open(&server.url()).newest().await.unwrap_err();
    assert!(matches!(&error, E::Refused { problem } if problem.contains("neither a branch main")), "{error}");
}

#[tokio::test]
async fn the_branch_is_the_one_asked_for_or_main_or_master() {
    let repository = Repository::new();
    let server = GitServer::start(&repository, None).await;
    let newest = |branch| {
        let url = server.url();
        async move { git(&url, branch, &GitAccess::Open).newest().await.unwrap().to_string() }
    };
    let root = repository.commit();
    repository.git(&["branch", "--move", "main", "master"]);
    assert_eq!(newest(None).await, root);
    repository.git(&["branch", "main"]);
    let on_master = repository.commit();
    assert_eq!(newest(None).await, root);
    assert_eq!(newest(Some("master")).await, on_master);
    // A tag, and a branch that ends in the name, are not meant.
    repository.git(&["tag", "release/1", "HEAD~1"]);
    repository.git(&["branch", "refs/heads/release/1"]);
    repository.git(&["checkout", "--quiet", "-b", "release/1"]);
    let on_release = repository.commit();
    assert_eq!(newest(Some("release/1")).await, on_release);
}

#[tokio::test]
async fn repositories_with_long_names_of_commits_and_on_this_disk_are_read() {
    let repository = Repository::of_format("sha256");
    repository.write("a/b.txt", "x");
    let commit = repository.commit();
    assert_eq!(commit.len(), 64);
    let server = GitServer::start(&repository, None).await;
    for url in [server.url(), format!("file://{}", repository.git_dir().display())] {
        let git = open(&url);
        assert_eq!(git.newest().await.unwrap().as_str(), commit, "{url}");
        assert_eq!(fetched(&git, &commit).await.unwrap(), ["a", "a/b.txt"].map(String::from).into());
    }
}

#[tokio::test]
async fn links_submodules_hooks_and_filters_do_nothing() {
    let (repository, _) = course();
    let marker = repository.root().join("marker");
    let touch = format!("touch {}", marker.display());
    symlink("/etc/passwd", repository.files().join("passwd")).unwrap();
    symlink("..", repository.files().join("up")).unwrap();
    repository.write(".gitattributes", "* filter=evil diff=evil merge=evil\nREADME export-subst\n");
    repository.write("README", "$Format:%H$");
    let url = format!("ext::sh -c {}", touch.replace(' ', "% "));
    repository.write(".gitmodules", format!("[submodule \"evil\"]\n\tpath = evil\n\turl = {url}\n"));
    repository.write(".gitconfig", format!("[core]\n\tfsmonitor = {touch}\n\tsshCommand = {touch}\n"));
    repository.write("hooks/post-checkout", format!("#!/bin/sh\n{touch}\n"));
    repository.write(
        "config",
        format!("[core]\n\tfsmonitor = {touch}\n[uploadpack]\n\tpackObjectsHook = {touch}\n"),
    );
    repository.git(&["add", "--all"]);
    let someone = repository.git(&["commit-tree", "-m", "x", &repository.git(&["write-tree"])]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{someone},evil")]);
    repository.git(&["commit", "--quiet", "--message=evil"]);
    let commit = repository.git(&["rev-parse", "HEAD"]);
    // On the other side too: settings of a repository that we only read.
    for (key, value) in
        [("filter.evil.smudge", &touch), ("filter.evil.process", &touch), ("core.fsmonitor", &touch)]
    {
        repository.git(&["config", key, value]);
    }
    let server = GitServer::start(&repository, None).await;
    for url in [server.url(), format!("file://{}", repository.git_dir().display())] {
        let paths = fetched(&open(&url), &commit).await.unwrap();
        assert!(
            paths.contains("course-config.json") && paths.contains(ZIP) && paths.contains("README"),
            "{paths:?}"
        );
        for link in ["passwd", "up"] {
            assert!(!paths.contains(link), "{paths:?}");
        }
        assert!(!paths.iter().any(|path| path.starts_with("evil/")), "{paths:?}");
        assert!(!marker.exists(), "{url} made it run something");
    }
}

#[tokio::test]
async fn objects_that_no_honest_git_makes_are_refused() {
    let (repository, _) = course();
    let blob = repository.git_with(&["hash-object", "-w", "--stdin"], b"x");
    let id: Vec<u8> = (0..20).map(|n| u8::from_str_radix(&blob[2 * n..2 * n + 2], 16).unwrap()).collect();
    for name in ["..", ".git", "a/../../b"] {
        let entry = [b"100644 ", name.as_bytes(), b"\0", &id].concat();
        let tree =
            repository.git_with(&["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], &entry);
        let commit = repository.git(&["commit-tree", "-m", "evil", &tree]);
        repository.git(&["update-ref", "refs/heads/main", &commit]);
        let server = GitServer::start(&repository, None).await;
        let error = fetched(&open(&server.url()), &commit).await.unwrap_err();
        assert!(matches!(error, E::Content { .. }), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_submodule_that_would_run_something_is_refused() {
    let (repository, _) = course();
    repository.write(
        ".gitmodules",
        "[submodule \"x\"]\n\tpath = x\n\turl = https://example.org/x\n\tupdate = !touch x\n",
    );
    let commit = repository.commit();
    let server = GitServer::start(&repository, None).await;
    let error = fetched(&open(&server.url()), &commit).await.unwrap_err();
    assert!(matches!(&error, E::Content { problem } if problem.contains("gitmodulesUpdate")), "{error}");
}

/// Knows one name, and leads elsewhere when it is asked again.
#[derive(Debug, Default)]
struct Rebinding(AtomicUsize);

#[async_trait]
impl Lookup for Rebinding {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        assert_eq!(host, "git.example.org");
        let asked = self.0.fetch_add(1, Ordering::SeqCst);
        let first = vec![IpAddr::from(Ipv6Addr::LOCALHOST), [127, 0, 0, 1].into()];
        Ok(if asked == 0 { first } else { vec![[169, 254, 169, 254].into()] })
    }
}

#[tokio::test]
async fn git_connects_to_the_address_that_was_checked() {
    let (repository, commit) = course();
    let server = GitServer::start(&repository, None).await;
    let host = "git.example.org".to_owned();
    let policy = Policy::default().allow_private(&host).unwrap();
    let outbound = Outbound::with_lookup(policy, Arc::new(Rebinding::default())).unwrap();
    let url = server.url().replace("127.0.0.1", &host).parse().unwrap();
    let git = Git::new(url, None, &GitAccess::Open, &[host]).unwrap().with_outbound(outbound);
    assert_eq!(git.newest().await.unwrap().as_str(), commit);
    let error = git.newest().await.unwrap_err();
    assert!(matches!(&error, E::Refused { problem } if problem.contains("169.254.169.254")), "{error}");
}

#[tokio::test]
async fn a_token_follows_no_redirection() {
    let (repository, _) = course();
    let elsewhere = GitServer::start(&repository, None).await;
    let server = GitServer::start(&repository, Some(RIGHT)).await;
    for status in [StatusCode::MOVED_PERMANENTLY, StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT] {
        server.say_instead(status, elsewhere.url().trim_end_matches("/materials.git"));
        let error = git(&server.url(), None, &token("right")).newest().await.unwrap_err();
        assert!(matches!(error, E::Refused { .. } | E::Away { .. }), "{error}");
        assert_eq!(server.requests()[0].authorization.as_deref(), Some(RIGHT));
        assert!(elsewhere.requests().is_empty());
    }
}

#[tokio::test]
async fn private_addresses_are_contacted_only_if_that_is_allowed() {
    let git = Git::new("https://127.0.0.1:9/x".parse().unwrap(), None, &GitAccess::Open, &[]).unwrap();
    let error = git.newest().await.unwrap_err();
    assert!(matches!(&error, E::Refused { problem } if problem.contains("127.0.0.1")), "{error}");
    let git = Git::new("ssh://git@localhost/x".parse().unwrap(), None, &GitAccess::Open, &[]).unwrap();
    let error = git.newest().await.unwrap_err();
    assert!(matches!(&error, E::Refused { problem } if problem.contains("localhost")), "{error}");
}

#[tokio::test]
async fn a_program_that_is_missing_or_too_old_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("git");
    fs::write(&old, "#!/bin/sh\necho git version 2.20.1\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&old, mode).unwrap();
    for (program, words) in
        [(old.as_path(), "2.37 or newer is needed"), (Path::new("/nonexistent/git"), "Install git")]
    {
        let git = open("file:///nowhere").with_program(program.to_owned());
        let error = git.newest().await.unwrap_err();
        assert!(matches!(&error, E::Ours { problem } if problem.contains(words)), "{error}");
    }
}

#[tokio::test]
async fn ssh_takes_what_it_is_told_and_asks_nobody() {
    // Nobody listens on port 1; what is looked at is that the real ssh gets as far as that.
    let key = GitAccess::Key { key: "/nonexistent/a key".into(), known_hosts: "/nonexistent/hosts".into() };
    let error = git("ssh://git@127.0.0.1:1/data/materials.git", None, &key).newest().await.unwrap_err();
    assert!(matches!(&error, E::Away { problem } if problem.contains("Connection refused")), "{error}");
}
