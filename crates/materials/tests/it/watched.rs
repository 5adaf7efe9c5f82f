//! When remotes are asked. Time is virtual here: it passes when nothing else is left to do.

use std::{sync::Arc, time::Duration};

use materials::{Materials, remote::RemoteError};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    folder::key,
    scripted::{Disk, Scripted, away, commit, files},
};

const MINUTE: Duration = Duration::from_mins(1);

fn watch(materials: &Arc<Materials>) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let stopping = CancellationToken::new();
    (stopping.clone(), materials.watch(MINUTE, stopping))
}

#[tokio::test(start_paused = true)]
async fn new_commits_come_by_themselves_and_watching_ends() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let materials = disk.materials(&remote);
    let (stopping, watching) = watch(&materials);
    materials.first_look(MINUTE).await;
    assert!(materials.autograder(&key("lab01")).unwrap().origin().starts_with(commit('a').as_str()));
    remote.push('b', Ok(files("two")));
    sleep(MINUTE + Duration::from_secs(1)).await;
    assert!(materials.autograder(&key("lab01")).unwrap().origin().starts_with(commit('b').as_str()));
    sleep(10 * MINUTE).await;
    assert!((11..=14).contains(&remote.asked()), "asked {} times in 11 minutes", remote.asked());
    assert_eq!(remote.fetched(), 2);
    stopping.cancel();
    watching.await.unwrap();
    let asked = remote.asked();
    sleep(10 * MINUTE).await;
    assert_eq!(remote.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_remote_that_is_away_is_asked_less_and_less_and_then_as_before() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let materials = disk.materials(&remote);
    let _watching = watch(&materials);
    materials.first_look(MINUTE).await;
    remote.say(Err(away("It is away.")));
    sleep(60 * MINUTE).await;
    let in_the_first_hour = remote.asked();
    sleep(60 * MINUTE).await;
    let in_the_second = remote.asked() - in_the_first_hour;
    assert!((6..=10).contains(&in_the_first_hour), "{in_the_first_hour}");
    assert!((4..=5).contains(&in_the_second), "{in_the_second}");
    assert!(materials.autograder(&key("lab01")).is_ok());
    remote.say(Ok(commit('a')));
    sleep(16 * MINUTE).await;
    let asked = remote.asked();
    sleep(10 * MINUTE).await;
    assert!((10..=12).contains(&(remote.asked() - asked)));
}

#[tokio::test(start_paused = true)]
async fn a_push_is_looked_at_at_once_but_not_before_the_remote_wants_to_be_asked() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let materials = disk.materials(&remote);
    let _watching = watch(&materials);
    materials.first_look(MINUTE).await;
    remote.push('b', Ok(files("two")));
    for other in ["berkeley/other", "materials", "/materials", "x/Berkeley/materials", "keley/materials", ""]
    {
        assert!(!materials.look_now(other), "{other:?}");
    }
    sleep(Duration::from_secs(5)).await;
    assert_eq!(remote.asked(), 1);
    assert!(materials.look_now("berkeley/Materials"));
    sleep(Duration::from_secs(1)).await;
    assert!(materials.autograder(&key("lab01")).unwrap().origin().starts_with(commit('b').as_str()));

    let busy = RemoteError::Busy { problem: "Too many.".into(), retry_after: 30 * MINUTE };
    remote.say(Err(busy));
    assert!(materials.look_now("Berkeley/materials"));
    sleep(Duration::from_secs(1)).await;
    let asked = remote.asked();
    remote.push('c', Ok(files("one")));
    assert!(materials.look_now("Berkeley/materials"));
    sleep(29 * MINUTE).await;
    assert_eq!(remote.asked(), asked);
    sleep(2 * MINUTE).await;
    assert!(materials.autograder(&key("lab01")).unwrap().origin().starts_with(commit('c').as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_for_what_was_never_here_and_not_for_ever() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    remote.gate.forget_permits(usize::MAX);
    let materials = disk.materials(&remote);
    let (stopping, watching) = watch(&materials);
    let start = Instant::now();
    materials.first_look(MINUTE).await;
    assert_eq!(start.elapsed(), MINUTE);
    remote.gate.add_permits(1);
    materials.first_look(MINUTE).await;
    assert!(materials.autograder(&key("lab01")).is_ok());
    stopping.cancel();
    watching.await.unwrap();

    // With something on the disk there is nothing to wait for; and a remote that is away was looked at.
    let restarted = disk.materials(&remote);
    let start = Instant::now();
    restarted.first_look(MINUTE).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    let (empty, gone) = (Disk::new(), Scripted::new());
    let materials = empty.materials(&gone);
    let _watching = watch(&materials);
    materials.first_look(MINUTE).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(materials.problems()[0].contains("Its courses cannot be graded until then."));
}

#[tokio::test(start_paused = true)]
async fn a_defect_does_not_end_it() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let materials = disk.materials(&remote);
    let _watching = watch(&materials);
    materials.first_look(MINUTE).await;
    // Nobody pushed it, so fetching it panics.
    remote.say(Ok(commit('9')));
    sleep(5 * MINUTE).await;
    assert!(remote.fetched() > 2);
    assert!(materials.autograder(&key("lab01")).is_ok());
    remote.push('b', Ok(files("two")));
    sleep(3 * MINUTE).await;
    assert!(materials.autograder(&key("lab01")).unwrap().origin().starts_with(commit('b').as_str()));
}
