//! Repositories on a stand-in for GitHub: tokens, conditions, limits.

use std::{fs, sync::Arc, time::Duration};

use jiff::SignedDuration;
use materials::remote::{
    Commit, Remote, RemoteError,
    github::{AppKey, AppTokens, Credentials, GitHub, Token},
};
use tempfile::TempDir;

use crate::{
    github::{APP, Canned, INSTALLATION, Kind, Stand, key_pem, key_pkcs8, openssl_verifies},
    tar::github_tarball,
    tree::tree,
};

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222";

fn commit(text: &str) -> Commit {
    text.parse().unwrap()
}

/// A stand with one commit on `main`.
async fn stand() -> Stand {
    let stand = Stand::start().await;
    stand.publish(
        "main",
        ONE,
        github_tarball(
            ONE,
            &[("course-config.json", b"{}".as_slice()), ("lab/lab01-autograder.zip", b"zip".as_slice())],
        ),
    );
    stand
}

async fn refusal(remote: &GitHub) -> RemoteError {
    remote.newest().await.unwrap_err()
}

#[tokio::test]
async fn the_newest_commit_and_its_files() {
    let stand = stand().await;
    for remote in [stand.remote(), stand.remote_by_hand()] {
        assert_eq!(remote.newest().await.unwrap(), commit(ONE));
        let into = TempDir::new().unwrap();
        remote.fetch(&commit(ONE), into.path()).await.unwrap();
        assert_eq!(
            tree(into.path()).keys().collect::<Vec<_>>(),
            ["course-config.json", "lab", "lab/lab01-autograder.zip"]
        );
        assert_eq!(fs::read(into.path().join("lab/lab01-autograder.zip")).unwrap(), b"zip");
        assert_eq!((remote.name(), remote.branch()), ("127.0.0.1/owner/repo".to_owned(), None));
    }
    assert_eq!(stand.count(Kind::Archive), 2);
    assert_eq!(stand.leaked(), 0, "a token went to the archives' server");
}

#[tokio::test]
async fn what_is_unchanged_is_only_asked_for_on_condition() {
    let stand = stand().await;
    let remote = stand.remote();
    for _ in 0..100 {
        assert_eq!(remote.newest().await.unwrap(), commit(ONE));
    }
    assert_eq!((stand.count(Kind::Newest), stand.unchanged()), (100, 99));
    assert_eq!((stand.count(Kind::Token), stand.count(Kind::Tarball), stand.count(Kind::Archive)), (1, 0, 0));
    stand.publish("main", TWO, github_tarball(TWO, &[]));
    assert_eq!(remote.newest().await.unwrap(), commit(TWO));
    assert_eq!(remote.newest().await.unwrap(), commit(TWO));
    assert_eq!(stand.unchanged(), 100);
}

#[tokio::test]
async fn main_then_master_or_the_branch_that_is_configured() {
    let stand = Stand::start().await;
    stand.publish("master", ONE, vec![]);
    stand.publish("terms/2026-fall", TWO, vec![]);
    let remote = stand.remote();
    assert_eq!(remote.newest().await.unwrap(), commit(ONE));
    assert_eq!(remote.newest().await.unwrap(), commit(ONE));
    assert_eq!(stand.unchanged(), 1);
    let configured = stand.remote_as(Credentials::App(stand.tokens()), Some("terms/2026-fall"));
    assert_eq!(configured.newest().await.unwrap(), commit(TWO));
    assert_eq!(configured.branch(), Some("terms/2026-fall"));
    stand.publish("main", TWO, vec![]);
    assert_eq!(remote.newest().await.unwrap(), commit(TWO));
    let missing = refusal(&stand.remote_as(Credentials::App(stand.tokens()), Some("gone"))).await.to_string();
    assert!(missing.contains("422") && missing.contains("gone its branch"), "{missing}");
}

#[tokio::test]
async fn the_apps_signature_is_good_for_openssl_too() {
    let stand = stand().await;
    for pem in [key_pem().to_owned(), key_pkcs8(), key_pem().trim().replace('\n', "\\n")] {
        let tokens = AppTokens::new(stand.api(), AppKey::parse(APP, &pem).unwrap(), INSTALLATION);
        stand.remote_as(Credentials::App(Arc::new(tokens)), None).newest().await.unwrap();
        let (jwt, complaint) = stand.latest_jwt();
        assert_eq!(complaint, None);
        assert!(openssl_verifies(&jwt));
        let (signed, _) = jwt.rsplit_once('.').unwrap();
        assert!(!openssl_verifies(&format!("{signed}x.{}", jwt.rsplit('.').next().unwrap())));
    }
}

#[tokio::test]
async fn a_token_is_shared_and_renewed_in_time() {
    let stand = stand().await;
    let tokens = stand.tokens();
    let remotes: Vec<_> =
        (0..8).map(|_| Arc::new(stand.remote_as(Credentials::App(Arc::clone(&tokens)), None))).collect();
    let at_once: Vec<_> =
        remotes.iter().cloned().map(|remote| tokio::spawn(async move { remote.newest().await })).collect();
    for one in at_once {
        one.await.unwrap().unwrap();
    }
    assert_eq!(stand.count(Kind::Token), 1, "one for all repositories, however many ask at once");

    stand.clock.advance(SignedDuration::from_mins(54));
    remotes[0].newest().await.unwrap();
    assert_eq!(stand.count(Kind::Token), 1);
    stand.clock.advance(SignedDuration::from_mins(2));
    remotes[1].newest().await.unwrap();
    assert_eq!(stand.count(Kind::Token), 2, "renewed four minutes before its end");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_is_replaced_once() {
    let stand = stand().await;
    let tokens = stand.tokens();
    let remotes = [(); 2].map(|()| stand.remote_as(Credentials::App(Arc::clone(&tokens)), None));
    remotes[0].newest().await.unwrap();
    stand.revoke_tokens();
    let (one, other) = tokio::join!(remotes[0].newest(), remotes[1].newest());
    assert_eq!((one.unwrap(), other.unwrap()), (commit(ONE), commit(ONE)));
    assert_eq!(stand.count(Kind::Token), 2, "both found the old one refused, and one was asked for");

    stand.next(Kind::Newest, Canned::status(401).message("Bad credentials"));
    stand.next(Kind::Newest, Canned::status(401).message("Bad credentials"));
    let error = refusal(&remotes[0]).await;
    assert!(matches!(&error, RemoteError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("Bad credentials"), "{error}");
    assert_eq!(stand.count(Kind::Token), 3, "and not again and again");
}

#[tokio::test]
async fn a_wrong_key_app_or_installation_is_said() {
    let stand = stand().await;
    let with = |app: &str, installation| {
        let key = AppKey::parse(app, key_pem()).unwrap();
        let tokens = Arc::new(AppTokens::new(stand.api(), key, installation));
        stand.remote_as(Credentials::App(tokens), None)
    };
    let error = refusal(&with("54321", INSTALLATION)).await.to_string();
    assert!(error.contains("401") && error.contains("54321") && error.contains("clock"), "{error}");
    let error = refusal(&with(APP, 41)).await.to_string();
    assert!(error.contains("404") && error.contains("(41)"), "{error}");
    let by_hand = stand.remote_as(Credentials::Token(Token::parse("github_pat_hidden").unwrap()), None);
    let error = refusal(&by_hand).await;
    assert!(error.to_string().contains("Give the token access"), "{error}");
    assert!(!format!("{error} {error:?} {by_hand:?}").contains("hidden"));
    assert_eq!(stand.count(Kind::Archive), 0);
}

#[tokio::test]
async fn a_repository_that_may_not_be_seen() {
    let stand = stand().await;
    let other =
        GitHub::new(stand.api(), "owner/secret".parse().unwrap(), None, Credentials::App(stand.tokens()));
    let error = refusal(&other.unwrap()).await;
    let text = error.to_string();
    assert!(matches!(error, RemoteError::Refused { .. }), "{text}");
    for part in ["404", "Install the GitHub App", "`Contents: read`", "127.0.0.1/owner/secret"] {
        assert!(text.contains(part), "{text}");
    }
    let error = stand.remote().fetch(&commit(TWO), TempDir::new().unwrap().path()).await.unwrap_err();
    assert!(matches!(error, RemoteError::Refused { .. }), "{error}");
    let elsewhere = "github.com/owner/repo".parse().unwrap();
    let error = GitHub::new(stand.api(), elsewhere, None, Credentials::App(stand.tokens())).unwrap_err();
    assert!(error.to_string().contains("not on 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_limit_is_respected() {
    let stand = stand().await;
    let remote = stand.remote();
    let in_5_minutes = model::ambient::Clock::now(&*stand.clock).as_second() + 300;
    for (canned, seconds) in [
        (Canned::status(429).header("retry-after", &17), 17),
        (
            Canned::status(403)
                .header("retry-after", &60)
                .message("You have exceeded a secondary rate limit"),
            60,
        ),
        (
            Canned::status(403)
                .header("x-ratelimit-remaining", &0)
                .header("x-ratelimit-reset", &in_5_minutes),
            300,
        ),
        (Canned::status(429).header("x-ratelimit-remaining", &0).header("x-ratelimit-reset", &5), 1),
        (
            Canned::status(429).header("x-ratelimit-remaining", &0).header("x-ratelimit-reset", &i64::MAX),
            3600,
        ),
        (Canned::status(429), 60),
        (Canned::status(503).header("retry-after", &30), 30),
    ] {
        stand.next(Kind::Newest, canned);
        let error = refusal(&remote).await;
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{error}");
    }
    stand.next(Kind::Tarball, Canned::status(429).header("retry-after", &9));
    let error = remote.fetch(&commit(ONE), TempDir::new().unwrap().path()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)), "{error}");
    stand.next(
        Kind::Newest,
        Canned::status(403).header("x-ratelimit-remaining", &4999).message("Resource not accessible"),
    );
    let error = refusal(&remote).await;
    assert!(matches!(&error, RemoteError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("Resource not accessible"), "{error}");
    assert_eq!(remote.newest().await.unwrap(), commit(ONE));
}

#[tokio::test]
async fn github_in_trouble_is_away() {
    let stand = stand().await;
    let remote = stand.remote();
    for canned in [
        Canned::status(500),
        Canned::status(502).body("<html>Unicorn!</html>"),
        Canned::status(200).body("<html>Sign in to the network</html>"),
        Canned::status(200).body("x".repeat(100_000)),
    ] {
        stand.next(Kind::Newest, canned.clone());
        let error = refusal(&remote).await;
        assert!(matches!(error, RemoteError::Away { .. }), "{canned:?}: {error}");
        assert!(!error.to_string().contains("html"), "{error}");
    }
    for canned in [Canned::status(201).body("{}"), Canned::status(500)] {
        stand.next(Kind::Token, canned);
        let error = refusal(&stand.remote()).await;
        assert!(matches!(error, RemoteError::Away { .. }), "{error}");
    }
    assert_eq!(remote.newest().await.unwrap(), commit(ONE));
    stand.stop();
    assert!(matches!(refusal(&stand.remote()).await, RemoteError::Away { .. }));
}

#[tokio::test]
async fn a_reason_is_shown_in_one_line() {
    let stand = stand().await;
    let reason = format!("first\nsecond\u{1b}[2J {}", "x".repeat(1000));
    stand.next(Kind::Newest, Canned::status(403).message(&reason));
    let text = refusal(&stand.remote()).await.to_string();
    assert!(text.contains("firstsecond[2J") && text.len() < 700, "{text}");
    assert!(!text.chars().any(char::is_control), "{text}");
}

#[tokio::test]
async fn whoever_goes_away_while_waiting_takes_nothing_along() {
    let stand = stand().await;
    let remote = stand.remote();
    stand.next(Kind::Token, Canned::never());
    tokio::select! {
        _ = remote.newest() => panic!("there was no answer"),
        () = stand.until(Kind::Token, 1) => {}
    }
    assert_eq!(remote.newest().await.unwrap(), commit(ONE));
    stand.next(Kind::Archive, Canned::never());
    let (into, one) = (TempDir::new().unwrap(), commit(ONE));
    tokio::select! {
        _ = remote.fetch(&one, into.path()) => panic!("there was no answer"),
        () = stand.until(Kind::Archive, 1) => {}
    }
    assert!(tree(into.path()).is_empty());
    remote.fetch(&one, into.path()).await.unwrap();
}
