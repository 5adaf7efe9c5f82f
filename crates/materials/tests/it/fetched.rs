//! Revisions of a remote on this disk: what is used, what is not, and what stays.

use std::{collections::BTreeMap, fs, sync::Arc};

use futures_util::future::join_all;
use materials::{Fetched, FolderMaterials, Materials, MaterialsError as E, Origin, remote::RemoteError};

use crate::{
    archive::{Entry, archive},
    folder::{CONFIG, Course, ZIP, bytes, key, zip},
    logged::Errors,
    scripted::{Disk, Files, Scripted, away, commit, files, name, of},
};

/// The materials with one file changed, or left out.
fn with(path: &'static str, content: Option<Vec<u8>>) -> Files {
    let mut files = files("changed");
    files.retain(|(other, _)| *other != path);
    files.extend(content.map(|content| (path, content)));
    files
}

/// The content of the autograder in use, as far as it is `zip(...)` of one of these.
fn graded_with(materials: &Materials) -> String {
    let bytes = bytes(&materials.autograder(&key("lab01")).unwrap());
    let known = ["one", "two", "three", "four", "changed"];
    known.into_iter().find(|content| zip(content) == bytes).unwrap().into()
}

async fn look(origin: &Origin) -> Result<(), RemoteError> {
    let Origin::Fetched(fetched) = origin else { panic!("a folder") };
    fetched.look().await
}

/// The materials, and what looks at their remote.
fn opened(disk: &Disk, remote: &Arc<Scripted>) -> (Arc<Materials>, Arc<Origin>) {
    let origin = Arc::new(Origin::Fetched(disk.open(remote)));
    (Arc::new(Materials::of_courses([(name("88e"), Arc::clone(&origin))].into())), origin)
}

#[tokio::test]
async fn the_first_revision_comes_and_is_recorded_with_gradings() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let (materials, origin) = opened(&disk, &remote);
    for error in [
        materials.assignment(&key("lab01")).unwrap_err(),
        materials.autograder(&key("lab01")).map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, E::NotYet { .. }));
        assert_eq!(
            error.to_string(),
            "The materials of the course 88e are not here yet. They are being fetched from github.com/Berkeley/materials for the first time."
        );
    }
    assert!(materials.problems()[0].contains("being fetched"));
    assert_eq!(materials.courses(), [name("88e")].into());
    assert!(materials.keys().is_empty());

    look(&origin).await.unwrap();

    assert_eq!(materials.assignment(&key("lab01")).unwrap().block_id, "a");
    assert_eq!(materials.keys(), [key("lab01")]);
    assert_eq!(materials.problems(), [""; 0]);
    let autograder = materials.autograder(&key("lab01")).unwrap();
    assert_eq!(bytes(&autograder), zip("one"));
    assert_eq!(autograder.path().to_str(), Some(ZIP));
    assert_eq!(autograder.origin(), format!("{} {}", commit('a'), autograder.revision()));
    assert!(matches!(materials.autograder(&key("lab99")).unwrap_err(), E::NotConfigured { .. }));
    let other = model::AssignmentKey { course: name("8x"), ..key("lab01") };
    assert!(matches!(materials.assignment(&other).unwrap_err(), E::NotConfigured { .. }));
}

#[tokio::test]
async fn a_bad_revision_never_replaces_a_good_one_and_is_fetched_and_logged_once() {
    let hostile = archive(&[Entry::stored("../escape", b"x")]);
    let bad: Vec<(Result<Files, RemoteError>, &str)> = vec![
        (Ok(with("course-config.json", None)), "has no course-config.json"),
        (Ok(with("course-config.json", Some(b"{".into()))), "is not JSON"),
        (Ok(with("course-config.json", Some(b"[]".into()))), "course-config.json"),
        (
            Ok(with("course-config.json", Some(CONFIG.replace("88e", "8x").into()))),
            "does not have the course 88e",
        ),
        (Ok(with("course-config.json", Some(CONFIG.into()))), "no file lab/zips/lab02-autograder.zip"),
        (Ok(with(ZIP, None)), "no file lab/zips/lab01-autograder.zip"),
        (Ok(with(ZIP, Some(b"no zip".into()))), "lab01-autograder.zip cannot be used"),
        (Ok(with(ZIP, Some(hostile))), "lab01-autograder.zip cannot be used"),
        (Ok(Files::new()), "has no course-config.json"),
        (Err(RemoteError::Content { problem: "It is hostile.".into() }), "It is hostile."),
    ];
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let (materials, origin) = opened(&disk, &remote);
    look(&origin).await.unwrap();
    let (errors, mut fetches) = (Errors::count(), 1);
    for (n, (files, problem)) in bad.into_iter().enumerate() {
        let digit = char::from_digit(u32::try_from(n).unwrap(), 10).unwrap();
        remote.push(digit, files);
        for _ in 0..3 {
            look(&origin).await.unwrap();
            assert_eq!(graded_with(&materials), "one");
            let [told] = &materials.problems()[..] else { panic!("{:?}", materials.problems()) };
            assert!(told.contains(problem), "{told}");
            let (begin, end) = (
                format!("Commit {} of github.com/Berkeley/materials is not used: ", commit(digit)),
                format!(" Grading goes on with commit {}.", commit('a')),
            );
            assert!(told.starts_with(&begin) && told.ends_with(&end), "{told}");
        }
        fetches += 1;
        assert_eq!((remote.fetched(), errors.since()), (fetches, 1), "{problem}");
        assert!(disk.revisions().len() <= 2, "{:?}", disk.revisions());
    }

    // Taken back, and then mended.
    remote.say(Ok(commit('a')));
    look(&origin).await.unwrap();
    assert_eq!(materials.problems(), [""; 0]);
    remote.push('b', Ok(files("two")));
    look(&origin).await.unwrap();
    assert_eq!((graded_with(&materials).as_str(), materials.problems().len()), ("two", 0));
}

#[tokio::test]
async fn what_lacked_an_autograder_may_go_on_lacking_it_and_no_other() {
    let (disk, remote) = (Disk::new(), Scripted::new());
    let flawed = |content: &str| {
        let mut files = files(content);
        files[0].1 = CONFIG.into();
        files
    };
    remote.push('a', Ok(flawed("one")));
    let (materials, origin) = opened(&disk, &remote);
    look(&origin).await.unwrap();
    assert_eq!(graded_with(&materials), "one");
    assert!(materials.problems()[0].contains("lab02-autograder.zip"), "{:?}", materials.problems());
    let error = materials.autograder(&key("lab02")).unwrap_err();
    assert!(error.to_string().contains("lab02-autograder.zip"), "{error}");

    remote.push('b', Ok(flawed("two")));
    look(&origin).await.unwrap();
    assert_eq!(graded_with(&materials), "two");

    let mut worse = flawed("three");
    worse.retain(|(path, _)| *path != ZIP);
    remote.push('c', Ok(worse));
    look(&origin).await.unwrap();
    assert_eq!(graded_with(&materials), "two");

    remote.push('d', Ok(files("four")));
    look(&origin).await.unwrap();
    assert_eq!((graded_with(&materials).as_str(), materials.problems().len()), ("four", 0));
    remote.push('e', Ok(flawed("three")));
    look(&origin).await.unwrap();
    assert_eq!(graded_with(&materials), "four");
}

#[tokio::test]
async fn a_course_that_is_added_to_a_repository_does_not_stop_the_others() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    disk.open(&remote).look().await.unwrap();
    // After a restart with another courses file, before the repository has the new course.
    remote.say(Err(away("There is no network.")));
    let fetched = disk.open_for(&remote, &["88e", "8x"]);
    assert_eq!(fetched.commit(), Some(commit('a')));
    assert!(fetched.problems()[0].contains("does not have the course 8x"), "{:?}", fetched.problems());
    remote.push('b', Ok(files("two")));
    fetched.look().await.unwrap();
    assert_eq!(fetched.commit(), Some(commit('b')));
    let both = CONFIG.replace(r#", "lab02": "b""#, "");
    let both = format!("{}, {}", &both[..both.len() - 1], both.replace("88e", "8x")[1..].trim_end());
    remote.push('c', Ok(with("course-config.json", Some(both.into()))));
    fetched.look().await.unwrap();
    assert_eq!((fetched.commit(), fetched.problems().len()), (Some(commit('c')), 0));
    remote.push('d', Ok(files("two")));
    fetched.look().await.unwrap();
    assert_eq!(fetched.commit(), Some(commit('c')), "it lost a course that it had");
}

#[tokio::test]
async fn a_restart_without_a_network_goes_on_with_what_was_used_last() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    disk.open(&remote).look().await.unwrap();
    remote.push('b', Ok(files("two")));
    disk.open(&remote).look().await.unwrap();
    remote.push('c', Ok(Files::new()));
    disk.open(&remote).look().await.unwrap();
    remote.say(Err(away("There is no network.")));

    let (materials, origin) = opened(&disk, &remote);
    assert_eq!(graded_with(&materials), "two");
    assert_eq!(materials.problems(), [""; 0]);
    for _ in 0..2 {
        look(&origin).await.unwrap_err();
        assert_eq!(graded_with(&materials), "two");
        let expected = format!(
            "github.com/Berkeley/materials has not answered since 2026-11-23T12:00:00Z: There is no network. Grading goes on with commit {}.",
            commit('b')
        );
        assert_eq!(materials.problems(), [expected]);
    }
    remote.say(Ok(commit('b')));
    look(&origin).await.unwrap();
    assert_eq!(materials.problems(), [""; 0]);
    assert_eq!(remote.fetched(), 3);
}

#[tokio::test]
async fn a_fetch_that_fails_or_is_given_up_changes_nothing_and_is_tried_again() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let fetched = disk.open(&remote);
    fetched.look().await.unwrap();
    remote.push('b', Err(away("It broke off.")));
    assert_eq!(fetched.look().await, Err(away("It broke off.")));
    assert_eq!(fetched.commit(), Some(commit('a')));

    remote.push('b', Ok(files("two")));
    remote.gate.forget_permits(usize::MAX);
    {
        let mut look = Box::pin(fetched.look());
        while remote.fetched() < 3 {
            tokio::select! {
                _ = &mut look => panic!("it ended"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(disk.revisions().len(), 2, "one is being fetched");
    }
    assert_eq!(disk.revisions(), [commit('a').as_str()]);
    assert_eq!(fetched.commit(), Some(commit('a')));
    remote.gate.add_permits(1);
    fetched.look().await.unwrap();
    assert_eq!(fetched.commit(), Some(commit('b')));
}

#[tokio::test]
async fn what_a_killed_process_left_is_swept_up() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let fetched = disk.open(&remote);
    for left in [".new-x/half", ".new-xyz.git/objects", ".old-abc"] {
        fs::create_dir_all(disk.revision('a').with_file_name(left)).unwrap();
    }
    fetched.look().await.unwrap();
    assert_eq!(disk.revisions(), [commit('a').as_str()]);
}

#[tokio::test]
async fn processes_that_share_a_folder_fetch_once() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let processes: Vec<_> = (0..4).map(|_| disk.open(&remote)).collect();
    for (fetches, next) in [(1, Some('b')), (2, Some('c')), (3, None)] {
        for outcome in join_all(processes.iter().map(Fetched::look)).await {
            outcome.unwrap();
        }
        assert_eq!(remote.fetched(), fetches);
        assert!(processes.iter().all(|process| process.commit() == processes[0].commit()));
        if let Some(next) = next {
            remote.push(next, Ok(files("two")));
        }
    }
    // One that the remote does not answer takes what another one fetched.
    remote.push('d', Ok(files("three")));
    processes[0].look().await.unwrap();
    remote.say(Err(away("It is away.")));
    processes[1].look().await.unwrap_err();
    assert_eq!(processes[1].commit(), Some(commit('d')));
    // What is no good for one is not fetched again by the others.
    remote.push('e', Ok(Files::new()));
    for process in &processes {
        process.look().await.unwrap();
        assert!(process.problems()[0].contains("is not used"));
    }
    assert_eq!(remote.fetched(), 5);
}

#[tokio::test]
async fn old_revisions_stay_while_somebody_uses_them() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let (materials, origin) = opened(&disk, &remote);
    look(&origin).await.unwrap();
    let used_here = materials.autograder(&key("lab01")).unwrap();
    remote.push('b', Ok(files("two")));
    look(&origin).await.unwrap();
    let other_process = disk.open(&remote);
    for (digit, content) in [('c', "three"), ('d', "one"), ('e', "two"), ('f', "three")] {
        remote.push(digit, Ok(files(content)));
        look(&origin).await.unwrap();
        assert_eq!(graded_with(&materials), content);
    }
    let names = |digits: &str| digits.chars().map(|digit| commit(digit).to_string()).collect::<Vec<_>>();
    assert_eq!(disk.revisions(), names("abef"));
    assert_eq!(bytes(&used_here), zip("one"));
    drop(used_here);
    remote.push('0', Ok(files("one")));
    look(&origin).await.unwrap();
    assert_eq!(disk.revisions(), names("0bf"));
    assert_eq!(graded_with(&of(other_process)), "two");
    remote.push('1', Ok(files("two")));
    look(&origin).await.unwrap();
    assert_eq!(disk.revisions(), names("01"));
}

#[tokio::test]
async fn going_back_to_the_commit_before_fetches_nothing() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let (materials, origin) = opened(&disk, &remote);
    look(&origin).await.unwrap();
    remote.push('b', Ok(files("two")));
    look(&origin).await.unwrap();
    remote.say(Ok(commit('a')));
    look(&origin).await.unwrap();
    assert_eq!((graded_with(&materials).as_str(), remote.fetched()), ("one", 2));
}

#[tokio::test]
async fn an_autograder_that_a_commit_does_not_change_keeps_its_revision() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let (materials, origin) = opened(&disk, &remote);
    look(&origin).await.unwrap();
    let before = materials.autograder(&key("lab01")).unwrap();
    let mut same = files("one");
    same.push(("new.txt", b"new".into()));
    remote.push('b', Ok(same));
    look(&origin).await.unwrap();
    let after = materials.autograder(&key("lab01")).unwrap();
    assert_eq!(before.revision(), after.revision());
    assert!(before.origin().starts_with("aaaa") && after.origin().starts_with("bbbb"));
}

#[tokio::test]
async fn a_revision_that_the_disk_lost_is_fetched_again_and_the_one_before_used_meanwhile() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    disk.open(&remote).look().await.unwrap();
    remote.push('b', Ok(files("two")));
    disk.open(&remote).look().await.unwrap();
    fs::write(disk.revision('b').join("course-config.json"), "").unwrap();

    let (materials, origin) = opened(&disk, &remote);
    assert_eq!(graded_with(&materials), "one");
    look(&origin).await.unwrap();
    assert_eq!((graded_with(&materials).as_str(), remote.fetched()), ("two", 3));

    fs::remove_dir_all(disk.revision('a').parent().unwrap().parent().unwrap()).unwrap();
    let (materials, origin) = opened(&disk, &remote);
    assert!(matches!(materials.assignment(&key("lab01")).unwrap_err(), E::NotYet { .. }));
    look(&origin).await.unwrap();
    assert_eq!(graded_with(&materials), "two");
}

#[tokio::test]
async fn a_thousand_gradings_ask_the_remote_nothing() {
    let (disk, remote) = (Disk::new(), Scripted::with("one"));
    let (materials, origin) = opened(&disk, &remote);
    look(&origin).await.unwrap();
    for _ in 0..1000 {
        assert!(materials.assignment(&key("lab01")).is_ok());
        assert!(materials.autograder(&key("lab01")).is_ok());
    }
    assert_eq!((remote.asked(), remote.fetched()), (1, 1));
}

#[tokio::test]
async fn only_a_courses_own_part_of_its_origin_counts() {
    let (disk, remote) = (Disk::new(), Scripted::new());
    let one = CONFIG.replace(r#", "lab02": "b""#, "");
    let one = &one[1..one.len() - 1];
    let both = format!("{{{one}, {}}}", one.replace("88e", "8x"));
    let mut shared = files("one");
    shared[0].1 = both.into();
    remote.push('a', Ok(shared));
    let fetched = disk.open_for(&remote, &["88e", "8x"]);
    fetched.look().await.unwrap();
    let shared = Arc::new(Origin::Fetched(fetched));
    let folder = Course::new();
    let own = Arc::new(Origin::Folder(FolderMaterials::open(folder.root(), folder.beside("cache")).unwrap()));
    let key_of = |course: &str| model::AssignmentKey { course: name(course), ..key("lab01") };

    // 88e is in both; the folder is given for it, and for a course that it does not have.
    let courses: BTreeMap<_, _> = [
        (name("88e"), Arc::clone(&own)),
        (name("8x"), Arc::clone(&shared)),
        (name("nowhere"), Arc::clone(&own)),
    ]
    .into();
    let materials = Materials::of_courses(courses);
    assert!(!materials.autograder(&key_of("88e")).unwrap().origin().contains(' '));
    assert!(materials.autograder(&key_of("8x")).unwrap().origin().starts_with("aaaa"));
    assert!(materials.autograder(&key_of("nowhere")).is_err());
    let keys: Vec<_> = materials.keys().iter().map(ToString::to_string).collect();
    assert_eq!(keys, ["88e/1/lab01", "88e/1/lab02", "8x/1/lab01"]);
    assert_eq!(materials.courses(), ["88e", "8x", "nowhere"].map(name).into());
    let [problem] = &materials.problems()[..] else { panic!("{:?}", materials.problems()) };
    assert!(problem.contains("the folder of the course nowhere"), "{problem}");

    let all = Materials::of_folder(folder.open());
    assert_eq!(all.courses(), [name("88e")].into());
    assert_eq!(all.keys(), [key("lab01"), key("lab02")]);
    assert!(matches!(all.assignment(&key_of("8x")).unwrap_err(), E::NotConfigured { .. }));
}
