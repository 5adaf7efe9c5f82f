//! Tar archives of repositories: those that git and tar really make, those made to do harm (attacks 44 to 46, for tar),
//! and those that broke.

use std::{fs, io::Cursor, path::Path, process::Command};

use materials::{
    UnzipError as U, UnzipLimits,
    remote::{
        Commit,
        tarball::{Expected, Packing, TarballError as E, Unpacked, default_limits, unpack},
    },
    unzip::NameProblem as P,
};
use tempfile::TempDir;

use crate::{
    tar::{Member, github_tarball, gzip, tar},
    tree::{LEADING_OUT, Tree, tree},
};

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Unpacks into a folder with neighbours, and sees that these stay as they are and that nothing is left after an error.
pub(crate) fn try_unpack(
    bytes: &[u8],
    packing: Packing,
    in_a_folder: bool,
    limits: &UnzipLimits,
) -> Result<(Unpacked, Tree), E> {
    let outer = TempDir::new().unwrap();
    fs::create_dir_all(outer.path().join("deep/below")).unwrap();
    fs::write(outer.path().join("neighbour"), "untouched").unwrap();
    let before = tree(outer.path());
    let into = outer.path().join("deep/below/into");
    let commit: Commit = COMMIT.parse().unwrap();
    let expected = Expected { commit: &commit, in_a_folder };

    let result = unpack(Cursor::new(bytes), packing, expected, &into, limits);

    let inside = result.is_ok().then(|| tree(&into));
    let mut after = tree(outer.path());
    if result.is_ok() {
        after.retain(|path, _| !path.starts_with("deep/below/into"));
    }
    assert_eq!(after, before);
    result.map(|unpacked| (unpacked, inside.unwrap()))
}

fn unpacked(members: &[Member]) -> (Unpacked, Tree) {
    try_unpack(&tar(members), Packing::Plain, false, &default_limits()).unwrap()
}

fn refusal(members: &[Member]) -> E {
    let error = try_unpack(&tar(members), Packing::Plain, false, &default_limits()).map(|_| ()).unwrap_err();
    assert!(!error.is_ours() && !error.is_damage(), "{error}");
    error
}

fn named(name: &str) -> Member {
    Member::file(name, b"boom")
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    let output =
        command.output().unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A folder with all that honest repositories have, and what it is when unpacked.
fn honest(folder: &Path) -> Tree {
    let long = format!("{}/{}.zip", "assignments-of-the-year".repeat(4), "very-long-name".repeat(12));
    for (name, content) in [
        ("course-config.json", "{}"),
        ("lab01-autograder.zip", "not really"),
        ("Données/mañana 1.ipynb", "{}"),
        ("empty", ""),
        (&long, "long"),
        ("README.md", "a"),
        ("readme.md", "b"),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    run(folder, "chmod", &["755", "lab01-autograder.zip"]);
    run(folder, "chmod", &["600", "empty"]);
    let mut expected = tree(folder);
    for (mode, content) in expected.values_mut() {
        *mode = if content.is_none() || *mode & 0o100 != 0 { 0o755 } else { 0o644 };
    }
    std::os::unix::fs::symlink("/etc/passwd", folder.join("latest")).unwrap();
    expected
}

#[test]
fn what_git_archives_comes_back_without_its_links() {
    let folder = TempDir::new().unwrap();
    let expected = honest(folder.path());
    let git = |arguments: &[&str]| run(folder.path(), "git", arguments);
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "x"]);
    let head = String::from_utf8(git(&["rev-parse", "HEAD"])).unwrap();
    let commit: Commit = head.trim().parse().unwrap();
    for digits in [7, 12, 40] {
        let prefix = format!("--prefix=owner-repo-{}/", &commit.as_str()[..digits]);
        let bytes = git(&["archive", "--format=tar.gz", &prefix, "HEAD"]);
        let into = folder.path().join(".git").join(format!("unpacked{digits}"));
        let wanted = Expected { commit: &commit, in_a_folder: true };
        let found = unpack(Cursor::new(bytes), Packing::Gzip, wanted, &into, &default_limits()).unwrap();
        assert_eq!(tree(&into), expected);
        assert_eq!((found.files, found.links), (7, 1));
        assert_eq!(found.some_links[0].to_string(), "`latest`");
    }
    let bytes = git(&["archive", "--format=tar", "HEAD"]);
    let into = folder.path().join(".git/unpacked");
    let wanted = Expected { commit: &commit, in_a_folder: false };
    unpack(Cursor::new(bytes.clone()), Packing::Plain, wanted, &into, &default_limits()).unwrap();
    assert_eq!(tree(&into), expected);
    // Another commit's archive, even without a folder that says so.
    let error = try_unpack(&bytes, Packing::Plain, false, &default_limits()).map(|_| ()).unwrap_err();
    assert!(matches!(error, E::OtherCommit { .. }), "{error}");
}

#[test]
fn what_gnu_tar_makes_comes_back() {
    let folder = TempDir::new().unwrap();
    let expected = honest(folder.path());
    for format in ["gnu", "pax", "posix"] {
        let bytes = run(folder.path(), "tar", &["--create", "--format", format, "--file=-", "."]);
        let (found, inside) = try_unpack(&bytes, Packing::Plain, false, &default_limits()).unwrap();
        assert_eq!((inside, found.links), (expected.clone(), 1), "{format}");
    }
}

#[test]
fn names_that_lead_out() {
    let deep = "x/".repeat(60);
    for (name, expected) in LEADING_OUT.into_iter().chain([(&*deep, P::TooDeep)]) {
        let ways: [&[Member]; 3] = [
            &[named("honest"), named(if name.len() < 100 { name } else { "short" })],
            &[named("honest"), Member::pax(b'x', &[("path", name)]), named("innocent")],
            &[named("honest"), Member::gnu_name(name), named("innocent")],
        ];
        for (way, members) in ways.iter().enumerate().skip(usize::from(name.len() >= 100)) {
            match refusal(members) {
                E::Entry(U::Name { problem, .. }) => assert_eq!(problem, expected, "{name:?}, {way}"),
                // A trailing slash makes a file something else first.
                E::Entry(U::Kind { .. }) if name.ends_with('/') => {}
                other => panic!("{name:?}, {way}: {other}"),
            }
        }
    }
    // Put together from two fields.
    let error = refusal(&[Member { prefix: b"a/../..".to_vec(), ..named("evil") }]);
    assert!(matches!(error, E::Entry(U::Name { problem: P::Parent, .. })), "{error}");
    let error = refusal(&[Member::pax(b'x', &[("path", &"x".repeat(256))]), named("a")]);
    assert!(matches!(error, E::Entry(U::Name { problem: P::TooLong, .. })), "{error}");
    let error = refusal(&[Member::pax(b'x', &[("path", "evil\0.txt")]), named("a")]);
    assert!(matches!(error, E::Entry(U::Name { problem: P::Nul, .. })), "{error}");
    let error = refusal(&[Member { name: b"caf\xe9".to_vec(), ..named("") }]);
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}

#[test]
fn links_are_left_out_and_nothing_goes_through_them() {
    let (found, inside) = unpacked(&[
        Member::link("link", "/etc"),
        Member::link("up", "../../.."),
        Member::folder("real/"),
        named("real/file"),
    ]);
    assert_eq!((found.links, found.files), (2, 1));
    assert_eq!(inside.keys().collect::<Vec<_>>(), ["real", "real/file"]);
    for members in [
        [Member::link("a", "/tmp"), named("a/evil")],
        [named("a/evil"), Member::link("a", "/tmp")],
        [Member::link("a", "."), Member::folder("a/")],
    ] {
        assert!(matches!(refusal(&members), E::Entry(U::Conflict { .. })));
    }
    let error = refusal(&[Member::link("a", "/etc/passwd"), named("a")]);
    assert!(matches!(error, E::Entry(U::Duplicate { .. })), "{error}");
}

#[test]
fn what_is_no_file_no_folder_and_no_link() {
    for (kind, expected) in [
        (b'1', "a hard link"),
        (b'3', "a device"),
        (b'4', "a device"),
        (b'6', "a named pipe"),
        (b'7', "of an unknown kind"),
        (b'S', "a sparse file"),
        (b'D', "of an unknown kind"),
        (b'M', "of an unknown kind"),
        (b'V', "of an unknown kind"),
        (b'?', "of an unknown kind"),
    ] {
        let odd = Member { link: b"honest".to_vec(), ..Member::of_kind(kind, "odd") };
        let error = refusal(&[named("honest"), odd]);
        let text = error.to_string();
        assert!(matches!(error, E::Entry(U::Kind { .. })), "{text}");
        assert!(text.contains("`odd`") && text.contains(expected), "{text}");
    }
    let error = refusal(&[Member { kind: b'5', ..named("folder/") }]);
    assert!(error.to_string().contains("content of its own"), "{error}");
    let error = refusal(&[named("file/")]);
    assert!(error.to_string().contains("ends in `/`"), "{error}");
}

#[test]
fn names_twice() {
    for [one, other] in [["a", "a"], ["a", "./a"], ["x/a", "x//a"]] {
        assert!(matches!(refusal(&[named(one), named(other)]), E::Entry(U::Duplicate { .. })));
    }
    for members in [
        [named("a"), named("a/b")],
        [named("a/b"), named("a")],
        [named("a"), Member::folder("a")],
        [Member::folder("a/"), named("a")],
    ] {
        assert!(matches!(refusal(&members), E::Entry(U::Conflict { .. })));
    }
    let (found, _) = unpacked(&[Member::folder("a/"), Member::folder("a"), named("a/b"), named("A")]);
    assert_eq!((found.files, found.folders), (2, 1));
}

#[test]
fn headers_that_mean_two_things() {
    let path = |name: &str| Member::pax(b'x', &[("path", name)]);
    let odd: [(&[Member], &str); 12] = [
        (&[Member::pax(b'x', &[("size", "0")]), named("a")], "size of its own"),
        (&[Member::pax(b'x', &[("GNU.sparse.name", "b")]), named("a")], "sparse"),
        (&[Member::pax(b'x', &[("path", "b"), ("path", "c")]), named("a")], "twice"),
        (&[path("b"), path("c"), named("a")], "two long names"),
        (&[path("b"), Member::gnu_name("c"), named("a")], "two long names"),
        (&[Member::pax(b'g', &[("path", "b")]), named("a")], "all entries"),
        (&[Member::pax(b'g', &[("comment", COMMIT)]), Member::pax(b'g', &[("comment", COMMIT)])], "twice"),
        (&[named("a"), path("b")], "no entry"),
        (&[Member { kind: b'x', ..Member::file("x", b"nonsense") }, named("a")], "malformed"),
        (&[Member { magic: *b"\0\0\0\0\0\0\0\0", ..named("a") }], "neither POSIX's nor GNU's"),
        (&[Member { checksum: Some(0o1234), ..named("a") }], "checksum"),
        (&[Member { kind: b'L', ..Member::file("x", &vec![b'x'; 70_000]) }, named("a")], "out of proportion"),
    ];
    for (members, expected) in odd {
        let error = refusal(members);
        assert!(
            matches!(error, E::Odd { .. }) && error.to_string().contains(expected),
            "{expected}: {error}"
        );
    }
}

#[test]
fn every_limit_is_the_most_that_is_taken() {
    let bytes = tar(&[Member::file("a/b", &[7; 1000]), Member::file("c", &[7; 500])]);
    let exact = UnzipLimits { entries: 3, total_bytes: 1500, file_bytes: 1000, ratio: 200 };
    let attempt = |limits| try_unpack(&bytes, Packing::Plain, false, &limits).map(|(found, _)| found);
    assert_eq!(attempt(exact).unwrap().bytes, 1500);
    let error = |limits| match attempt(limits).unwrap_err() {
        E::Entry(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(error(UnzipLimits { entries: 2, ..exact }), U::TooManyEntries { limit: 2 }));
    assert!(matches!(error(UnzipLimits { total_bytes: 1499, ..exact }), U::TotalTooLarge { .. }));
    assert!(matches!(error(UnzipLimits { file_bytes: 999, ..exact }), U::FileTooLarge { .. }));
}

#[test]
fn bombs() {
    // What packs here packs fast, and zeros not as well as the usual limit takes for a bomb.
    let limits = UnzipLimits { ratio: 100, ..default_limits() };
    let refused = |bytes: &[u8]| try_unpack(bytes, Packing::Gzip, false, &limits).map(|_| ()).unwrap_err();
    let zeros = vec![0; 11 << 20];
    let error = refused(&gzip(&tar(&[Member::file("zeros", &zeros)])));
    assert!(matches!(error, E::Entry(U::Ratio { .. })), "{error}");
    // One that declares more than there is: refused before it is read.
    let error = refused(&gzip(&tar(&[Member { size: 6 << 30, ..named("a") }])));
    assert!(matches!(error, E::Entry(U::FileTooLarge { .. })), "{error}");
    // Nothing but headers, of entries that take no place.
    let small = UnzipLimits { entries: 10, ..limits };
    let refused = |bytes: &[u8]| try_unpack(bytes, Packing::Gzip, false, &small).map(|_| ()).unwrap_err();
    let same = vec![Member::folder("a/"); 3000];
    assert!(matches!(refused(&gzip(&tar(&same))), E::Entry(U::DirectoryTooLarge { .. })));
    let global = vec![Member::pax(b'g', &[("x", "y")]); 3000];
    assert!(matches!(refused(&gzip(&tar(&global))), E::Entry(U::DirectoryTooLarge { .. })));
    // An end without end.
    let mut endless = tar(&[named("a")]);
    endless.resize(4 << 20, 0);
    assert!(matches!(refused(&gzip(&endless)), E::Entry(U::DirectoryTooLarge { .. })));
}

#[test]
fn an_archive_that_was_cut_off_is_refused_wherever_it_was_cut() {
    let whole = github_tarball(COMMIT, &[("a/b", &[1; 3000]), ("c", b"x")]);
    let intact = try_unpack(&whole, Packing::Gzip, true, &default_limits()).unwrap();
    assert_eq!(intact.0.files, 2);
    for length in 0..whole.len() {
        let error =
            try_unpack(&whole[..length], Packing::Gzip, true, &default_limits()).map(|_| ()).unwrap_err();
        assert!(error.is_damage(), "{length}: {error}");
    }
    for at in (10..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        // Between the last data and the checksum are a few bits that mean nothing.
        if let Ok(found) = try_unpack(&changed, Packing::Gzip, true, &default_limits()) {
            assert_eq!(found, intact, "{at}");
        }
    }
    let plain = tar(&[named("a"), named("b")]);
    for length in (0..plain.len()).step_by(256) {
        let error =
            try_unpack(&plain[..length], Packing::Plain, false, &default_limits()).map(|_| ()).unwrap_err();
        assert!(error.is_damage(), "{length}: {error}");
    }
}

#[test]
fn nothing_follows_the_end() {
    let limits = default_limits();
    let refused = |bytes: &[u8], packing| try_unpack(bytes, packing, false, &limits).map(|_| ()).unwrap_err();
    let tar = tar(&[named("a")]);
    let behind = [&tar[..], b"more"].concat();
    assert!(refused(&behind, Packing::Plain).to_string().contains("follows its end"));
    assert!(refused(&gzip(&behind), Packing::Gzip).to_string().contains("follows its end"));
    // A second piece, which some readers join to the first and others do not see.
    let pieces = [gzip(&tar), gzip(&tar)].concat();
    assert!(refused(&pieces, Packing::Gzip).to_string().contains("packed in"));
    assert!(refused(&[&gzip(&tar)[..], b"x"].concat(), Packing::Gzip).to_string().contains("packed in"));
    let mut gap = tar.clone();
    gap.splice(1024..1024, [0; 512]);
    let gap = [gap, tar.clone()].concat();
    assert!(refused(&gap, Packing::Plain).to_string().contains("end"), "two archives in one");
    let lone = [&[0; 512][..], &tar].concat();
    assert!(refused(&lone, Packing::Plain).to_string().contains("in the middle"));
    let filled = [&tar[..], &[0; 10_240]].concat();
    assert!(try_unpack(&filled, Packing::Plain, false, &limits).is_ok());
}

#[test]
fn only_the_commit_that_was_asked_for() {
    let attempt = |members: &[Member]| {
        try_unpack(&gzip(&tar(members)), Packing::Gzip, true, &default_limits()).map(|(_, inside)| inside)
    };
    let top = |top: &str| [Member::folder(&format!("{top}/")), named(&format!("{top}/a"))];
    for good in ["owner-repo-0123456", "o-r-with-dashes-0123456789ab", &format!("x-{COMMIT}")] {
        assert_eq!(attempt(&top(good)).unwrap().keys().collect::<Vec<_>>(), ["a"], "{good}");
    }
    for bad in
        ["owner-repo-1234567", "owner-repo-012345", "owner-repo", "0123456", &format!("x-{COMMIT}0"), "x-"]
    {
        let error = attempt(&top(bad)).unwrap_err();
        assert!(matches!(error, E::OtherCommit { .. }), "{bad}: {error}");
    }
    let two = [top("x-0123456"), top("y-0123456")].concat();
    assert!(matches!(attempt(&two).unwrap_err(), E::OtherCommit { .. }));
    let beside = [named("x-0123456/a"), named("b")];
    assert!(matches!(attempt(&beside).unwrap_err(), E::OtherCommit { .. }));
    let lying =
        [vec![Member::pax(b'g', &[("comment", &"f".repeat(40))])], top("x-0123456").to_vec()].concat();
    assert!(matches!(attempt(&lying).unwrap_err(), E::OtherCommit { .. }));
    // The folder itself as something else.
    assert!(attempt(&[named("x-0123456")]).is_err());
    assert!(attempt(&[Member::link("x-0123456", "/tmp"), named("x-0123456/a")]).is_err());
}

#[test]
fn nothing_is_written_over() {
    let into = TempDir::new().unwrap();
    fs::write(into.path().join("a"), "mine").unwrap();
    let before = tree(into.path());
    let commit: Commit = COMMIT.parse().unwrap();
    let expected = Expected { commit: &commit, in_a_folder: false };
    let bytes = Cursor::new(tar(&[named("b")]));
    let error = unpack(bytes, Packing::Plain, expected, into.path(), &default_limits()).unwrap_err();
    assert!(error.is_ours(), "{error}");
    assert_eq!(tree(into.path()), before);
}
