//! Where GitHub, or somebody in its place, sends us, and what it gives (attacks 44 to 46, 55 and 57).

use std::time::Duration;

use materials::{
    UnzipLimits,
    remote::{
        Commit, Remote, RemoteError,
        github::{DownloadLimits, RepositoryName},
    },
};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::{
    github::{Canned, Kind, Stand},
    tar::{Member, github_tarball, gzip, tar},
    tree::tree,
};

const ONE: &str = "1111111111111111111111111111111111111111";

fn one() -> Commit {
    ONE.parse().unwrap()
}

async fn stand() -> Stand {
    let stand = Stand::start().await;
    stand.publish("main", ONE, github_tarball(ONE, &[("a", b"content")]));
    stand
}

/// What fetching gives, and that nothing is left behind.
async fn refusal(stand: &Stand) -> RemoteError {
    let into = TempDir::new().unwrap();
    let error = stand.remote().fetch(&one(), into.path()).await.unwrap_err();
    assert!(tree(into.path()).is_empty());
    assert!(!error.to_string().contains("for-one-download"), "a URL's secret is shown: {error}");
    error
}

#[tokio::test]
async fn a_redirect_leads_to_allowed_sites_only() {
    let stand = stand().await;
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let caught = trap.local_addr().unwrap();
    for to in [
        format!("http://{caught}"),
        format!("http://localhost:{}", caught.port()),
        format!("http://[::1]:{}", caught.port()),
        "https://127.0.0.1".into(),
        "http://169.254.169.254".into(),
        "https://evil.example".into(),
        "file:///etc".into(),
        "ftp://127.0.0.1".into(),
    ] {
        stand.move_archives(&to);
        let error = refusal(&stand).await;
        assert!(matches!(error, RemoteError::Refused { .. }), "{to}: {error}");
    }
    let nobody = tokio::time::timeout(Duration::from_millis(50), trap.accept()).await;
    assert!(nobody.is_err(), "somebody came to where no redirect may lead");
    assert_eq!(stand.count(Kind::Archive), 0);
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let stand = stand().await;
    for _ in 0..10 {
        stand.next(
            Kind::Tarball,
            Canned::status(302).header("location", &format!("/repos/owner/repo/tarball/{ONE}")),
        );
    }
    let error = refusal(&stand).await;
    assert!(error.to_string().contains("redirects more than 3 times"), "{error}");
    assert_eq!(stand.count(Kind::Tarball), 4);
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_followed() {
    let stand = stand().await;
    stand.next(
        Kind::Newest,
        Canned::status(301).header("location", &"/repos/owner/repo/commits/heads%2Fmain"),
    );
    assert_eq!(stand.remote().newest().await.unwrap(), one());
    // A redirect that leads nowhere is no answer.
    stand.next(Kind::Tarball, Canned::status(302));
    assert!(matches!(refusal(&stand).await, RemoteError::Refused { .. }));
}

#[tokio::test]
async fn an_archive_that_broke_is_fetched_again() {
    let stand = stand().await;
    let whole = github_tarball(ONE, &[("a", b"content")]);
    for length in [0, 5, 20, whole.len() / 2, whole.len() - 1] {
        stand.next(Kind::Archive, Canned::status(200).body(&whole[..length]));
        let error = refusal(&stand).await;
        assert!(matches!(error, RemoteError::Away { .. }), "{length}: {error}");
    }
    stand.next(Kind::Archive, Canned::status(200).body("<html>Unicorn!</html>"));
    assert!(matches!(refusal(&stand).await, RemoteError::Away { .. }));
    stand.next(Kind::Archive, Canned::status(502));
    assert!(matches!(refusal(&stand).await, RemoteError::Away { .. }));
    let into = TempDir::new().unwrap();
    stand.remote().fetch(&one(), into.path()).await.unwrap();
    assert_eq!(tree(into.path()).len(), 1);
}

#[tokio::test]
async fn a_hostile_archive_is_not_fetched_again() {
    let stand = stand().await;
    let top = |name: &str| format!("owner-repo-1111111/{name}");
    let archive = |member: Member| gzip(&tar(&[Member::file(&top("honest"), b"x"), member]));
    for bytes in [
        archive(Member::file(&top("../../evil"), b"x")),
        archive(Member::file("/etc/cron.d/evil", b"x")),
        archive(Member::of_kind(b'1', &top("hard"))),
        archive(Member::of_kind(b'3', &top("device"))),
        archive(Member::of_kind(b'6', &top("pipe"))),
        archive(Member::file(&top("honest"), b"twice")),
        archive(Member::file(&top("honest/below"), b"x")),
        archive(Member { size: 6 << 30, ..Member::file(&top("bomb"), b"") }),
        archive(Member::file("other-repo-1111111/a", b"x")),
        github_tarball("2222222222222222222222222222222222222222", &[("a", b"another commit's")]),
        gzip(b"no tar at all, but long enough for a block".repeat(20).as_slice()),
    ] {
        stand.next(Kind::Archive, Canned::status(200).body(bytes));
        let error = refusal(&stand).await;
        assert!(error.is_about_content(), "{error}");
        assert!(error.to_string().contains("commit 111111111111"), "{error}");
    }
}

#[tokio::test]
async fn an_archive_has_its_limits() {
    let stand = stand().await;
    let big: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    stand.publish("main", ONE, github_tarball(ONE, &[("big", &big)]));
    let usual = DownloadLimits::default();
    let fetch = async |limits| {
        let into = TempDir::new().unwrap();
        let result = stand.remote().with_limits(limits).fetch(&one(), into.path()).await;
        assert!(result.is_ok() || tree(into.path()).is_empty());
        result
    };
    fetch(usual).await.unwrap();
    let error = fetch(DownloadLimits { packed_bytes: 100_000, ..usual }).await.unwrap_err();
    assert!(error.is_about_content() && error.to_string().contains("100000"), "{error}");
    let unpacked = UnzipLimits { total_bytes: 500_000, ..usual.unpacked };
    assert!(fetch(DownloadLimits { unpacked, ..usual }).await.unwrap_err().is_about_content());
    stand.next(Kind::Archive, Canned::never());
    let error = fetch(DownloadLimits { time: Duration::from_millis(100), ..usual }).await.unwrap_err();
    assert!(matches!(error, RemoteError::Away { .. }), "{error}");
}

#[tokio::test]
async fn no_name_leaves_its_place_in_a_url() {
    for text in ["../../app/x", "owner/..", "owner/repo?x", "owner/%2e%2e", "owner/repo/../../user"] {
        assert!(text.parse::<RepositoryName>().is_err(), "{text}");
    }
    for text in ["main", "../../../etc/passwd", "ONE", "1111111"] {
        assert!(text.parse::<Commit>().is_err(), "{text}");
    }
}
