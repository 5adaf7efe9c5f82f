//! Archives made to do harm (attacks 44 to 46), and archives that lie.

use std::{fs, io::Cursor};

use materials::{UnzipError as E, UnzipLimits, unzip, unzip::NameProblem as P};

use crate::{
    archive::{Entry, archive, crc32, end_of_list},
    tree::{LEADING_OUT, refusal, tree, try_unzip, unzipped},
};

fn named(name: &str) -> Entry {
    Entry::stored(name, b"boom")
}

#[test]
fn names_that_lead_out() {
    let more = [
        ("//host/share/evil", P::Absolute),
        ("c:evil", P::Drive),
        ("evil\0.txt", P::Nul),
        (&"x".repeat(256), P::TooLong),
        (&"x/".repeat(60), P::TooDeep),
    ];
    for (name, expected) in LEADING_OUT.into_iter().chain(more) {
        let honest = Entry::stored("honest", b"x");
        match refusal(&archive(&[honest, named(name)])) {
            E::Name { problem, .. } => assert_eq!(problem, expected, "{name:?}"),
            other => panic!("{name:?}: {other}"),
        }
    }
}

#[test]
fn a_name_that_another_field_replaces_is_the_one_that_counts() {
    // Info-ZIP's Unicode Path field (0x7075): version 1, CRC of the name, the name that counts.
    let path = b"../evil";
    let mut extra = b"\x75\x70".to_vec();
    extra.extend(u16::try_from(5 + path.len()).unwrap().to_le_bytes());
    extra.push(1);
    extra.extend(crc32(b"honest").to_le_bytes());
    extra.extend(path);
    let error = refusal(&archive(&[Entry { extra, ..named("honest") }]));
    assert!(matches!(error, E::Name { problem: P::Parent, .. }), "{error}");
}

#[test]
fn links_devices_and_other_kinds() {
    for (mode, expected) in [
        (0o120_777, "symbolic link"),
        (0o020_666, "device"),
        (0o060_666, "device"),
        (0o010_666, "pipe"),
        (0o140_666, "socket"),
        (0o170_666, "unknown kind"),
        (0o040_755, "folder, but"),
    ] {
        for made_by in [0, 3, 7, 19] {
            let entry = Entry { made_by, ..Entry::stored("a", b"/etc/passwd").with_mode(mode) };
            let error = refusal(&archive(&[entry]));
            assert!(matches!(error, E::Kind { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
    let error = refusal(&archive(&[Entry::stored("link/", b"/etc").with_mode(0o120_777)]));
    assert!(matches!(error, E::Kind { .. }), "{error}");
    let error = refusal(&archive(&[Entry::stored("folder/", b"content").with_mode(0o040_755)]));
    assert!(error.to_string().contains("content of its own"), "{error}");
}

#[test]
fn names_twice() {
    let pairs = [["a", "a"], ["a", "./a"], ["x/a", "x//a"]];
    for [one, other] in pairs {
        let error = refusal(&archive(&[named("first"), named(one), named(other), named("last")]));
        let E::Duplicate { entry } = &error else { panic!("{error}") };
        assert!([format!("`{one}`"), format!("`{other}`")].contains(&entry.to_string()), "{error}");
    }
    for [one, other] in [["a", "a/b"], ["a/b", "a"], ["a", "a/"], ["a/b/c", "a/b"]] {
        let contents =
            [one, other].map(|name| Entry::stored(name, if name.ends_with('/') { b"" } else { b"x" }));
        let error = refusal(&archive(&contents));
        assert!(matches!(error, E::Conflict { .. }), "{error}");
    }
    let (unzipped, _) = unzipped(&archive(&[named("a"), named("A"), Entry::stored("b/", b""), named("b/c")]));
    assert_eq!((unzipped.files, unzipped.folders), (3, 1));
}

#[test]
fn encrypted_entries() {
    for flags in [1, 1 | 64, 64, 1 << 13] {
        let error = refusal(&archive(&[named("honest"), Entry { flags, ..named("secret") }]));
        assert!(matches!(&error, E::Encrypted { entry } if entry.to_string() == "`secret`"), "{error}");
    }
    let error = refusal(&archive(&[Entry { method: 99, ..named("secret") }]));
    assert!(matches!(error, E::Encrypted { .. }), "{error}");
}

#[test]
fn other_compressions_are_named() {
    for (method, name) in
        [(9, "method 9 (Deflate64)"), (12, "Bzip2"), (14, "Lzma"), (93, "Zstd"), (1234, "1234")]
    {
        let error = refusal(&archive(&[Entry { method, ..named("data.csv") }]));
        assert!(matches!(error, E::Compression { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("`data.csv`") && text.contains(name), "{text}");
    }
}

#[test]
fn one_block_of_data_that_many_entries_claim() {
    let bytes = archive(&[Entry::stored("a", b"boom"), Entry { offset: Some(0), ..named("b") }]);
    let error = refusal(&bytes);
    assert!(matches!(error, E::Overlap { .. }), "{error}");
    assert!(error.to_string().contains("`a` and `b` overlap"), "{error}");
}

/// D. Fifield, "A better zip bomb", figure 4: each entry's data is the next entry's header, quoted as a stored deflate
/// block, followed by the next entry's data. Every entry inflates without a fault.
#[test]
fn a_bomb_of_quoted_headers() {
    let kernel = vec![0; 200_000];
    let mut entries = vec![Entry::deflated("19", &kernel)];
    let mut content = kernel;
    for index in (0..19).rev() {
        let header = entries.last().unwrap().local_header();
        let length = u16::try_from(header.len()).unwrap();
        let quote = [&[0], length.to_le_bytes().as_slice(), &(!length).to_le_bytes(), &header].concat();
        let packed = [quote, entries.last().unwrap().packed.clone()].concat();
        content = [header, content].concat();
        entries.push(Entry {
            method: 8,
            packed_size: u32::try_from(packed.len()).unwrap(),
            packed,
            ..Entry::stored(&format!("{index:02}"), &content)
        });
    }
    entries.reverse();
    // Only the first is written; its data holds all others.
    let mut at = 0;
    for entry in entries.iter_mut().skip(1) {
        at += 30 + 2 + 5;
        entry.offset = Some(at);
    }
    let bytes = archive(&entries);
    for index in [0, 10, 19] {
        let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let inflated = std::io::copy(&mut zip.by_index(index).unwrap(), &mut std::io::sink()).unwrap();
        assert!(inflated >= 200_000, "the bomb is not one");
    }
    let error = refusal(&bytes);
    assert!(matches!(error, E::Overlap { .. }), "{error}");
}

#[test]
fn data_that_runs_into_the_list_of_entries() {
    let error = refusal(&archive(&[Entry { packed_size: 40, size: 40, ..named("a") }]));
    assert!(matches!(error, E::Overlap { .. }), "{error}");
}

#[test]
fn a_bomb_of_zeros() {
    let zeros = vec![0; 11 << 20];
    let error = refusal(&archive(&[Entry::deflated("zeros", &zeros)]));
    assert!(matches!(&error, E::Ratio { limit: 200, .. }), "{error}");
    // The same in small files, of which each is below the free amount.
    let many: Vec<_> = (0..20).map(|i| Entry::deflated(&format!("{i}"), &zeros[..1 << 20])).collect();
    assert!(matches!(refusal(&archive(&many)), E::Ratio { .. }));
    // And one that does not say so.
    let lying = Entry { size: 1000, ..Entry::deflated("zeros", &zeros) };
    assert!(matches!(refusal(&archive(&[lying])), E::Damaged { .. }));
    let (fine, _) = unzipped(&archive(&[Entry::deflated("zeros", &zeros[..9 << 20])]));
    assert_eq!(fine.bytes, 9 << 20);
}

#[test]
fn every_limit_is_the_most_that_is_taken() {
    let zip = archive(&[Entry::deflated("a/b", &[7; 1000]), Entry::stored("c", &[7; 500])]);
    let exact = UnzipLimits { entries: 3, total_bytes: 1500, file_bytes: 1000, ratio: 200 };
    assert!(try_unzip(&zip, &exact).is_ok());
    let error = |limits| try_unzip(&zip, &limits).unwrap_err();
    assert!(matches!(error(UnzipLimits { entries: 2, ..exact }), E::TooManyEntries { limit: 2 }));
    assert!(matches!(error(UnzipLimits { total_bytes: 1499, ..exact }), E::TotalTooLarge { .. }));
    assert!(matches!(error(UnzipLimits { file_bytes: 999, ..exact }), E::FileTooLarge { .. }));
    let text = error(UnzipLimits { file_bytes: 512, ..exact }).to_string();
    assert_eq!(
        text,
        "The archive's entry `a/b` is larger than 512 bytes, unpacked. Leave it out or make it smaller."
    );
}

#[test]
fn too_many_entries() {
    let many: Vec<_> = (0..10_001).map(|i| Entry::stored(&format!("{i}"), b"")).collect();
    assert!(matches!(refusal(&archive(&many)), E::TooManyEntries { limit: 10_000 }));
    // Few entries that imply many folders.
    let deep: Vec<_> = (0..300).map(|i| Entry::stored(&format!("{i}/{}f", "d/".repeat(40)), b"")).collect();
    assert!(matches!(refusal(&archive(&deep)), E::TooManyEntries { .. }));
}

#[test]
fn a_list_of_entries_that_is_itself_the_bomb() {
    let entry = Entry { extra: vec![0; 60_000], ..named("a") };
    let entries: Vec<_> = (0..200).map(|i| Entry { name: format!("{i}").into(), ..entry.clone() }).collect();
    let error = refusal(&archive(&entries));
    assert!(matches!(error, E::DirectoryTooLarge { .. }), "{error}");
    // As many ends of a list as fit where one is looked for, each of which might be the real one.
    let ends: Vec<u8> = (0..2900).flat_map(|_| end_of_list(60_000, 1 << 30, 4)).collect();
    assert!(matches!(refusal(&ends), E::NotAZip { .. }));
}

#[test]
fn content_that_is_not_as_declared() {
    let good = Entry::deflated("a", b"some content, some content");
    for (lie, expected) in [
        (Entry { crc: 1, ..good.clone() }, "checksum"),
        (Entry { size: 25, ..good.clone() }, "larger"),
        (Entry { size: 27, ..good.clone() }, "26 bytes where 27 are declared"),
        (Entry { packed: vec![0xFF; 14], packed_size: 14, ..good.clone() }, ""),
        (Entry { packed: good.packed[..5].to_vec(), packed_size: 5, ..good.clone() }, ""),
        (Entry { size: 3, packed_size: 3, ..Entry::stored("a", b"some") }, ""),
    ] {
        let error = refusal(&archive(&[named("first"), lie]));
        assert!(matches!(&error, E::Damaged { entry, .. } if entry.to_string() == "`a`"), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn the_headers_before_the_data_decide_nothing() {
    let lying = Entry { local_name: Some(b"../evil".to_vec()), ..named("honest") };
    let (_, tree) = unzipped(&archive(&[lying]));
    assert_eq!(tree.keys().collect::<Vec<_>>(), ["honest"]);
}

#[test]
fn an_archive_that_was_cut_off_is_refused_wherever_it_was_cut() {
    let whole = archive(&[Entry::deflated("a/b", &[1; 300]), named("c"), Entry { flags: 8, ..named("d") }]);
    for length in 0..whole.len() {
        let error = refusal(&whole[..length]);
        assert!(!error.is_ours(), "{error}");
    }
}

#[test]
fn not_a_zip_at_all() {
    let zeros = vec![0; 100_000];
    for bytes in [b"".as_slice(), b"PK", b"%PDF-1.7", &zeros, &end_of_list(1, 46, 0)] {
        assert!(matches!(refusal(bytes), E::NotAZip { .. }));
    }
}

#[test]
fn nothing_is_written_over() {
    let into = tempfile::tempdir().unwrap();
    fs::write(into.path().join("a"), "mine").unwrap();
    let before = tree(into.path());
    let error = unzip(Cursor::new(archive(&[named("b")])), into.path(), &UnzipLimits::default()).unwrap_err();
    assert!(matches!(error, E::NotEmpty { .. }) && error.is_ours());
    assert_eq!(tree(into.path()), before);
    let file = into.path().join("a");
    let error = unzip(Cursor::new(archive(&[named("b")])), &file, &UnzipLimits::default()).unwrap_err();
    assert!(error.is_ours(), "{error}");
    assert_eq!(tree(into.path()), before);
}

#[test]
fn an_empty_folder_is_empty_again_after_an_error() {
    let into = tempfile::tempdir().unwrap();
    let zip = archive(&[named("a/b/c"), Entry { crc: 1, ..named("d") }]);
    unzip(Cursor::new(zip), into.path(), &UnzipLimits::default()).unwrap_err();
    assert!(into.path().exists() && tree(into.path()).is_empty());
}
