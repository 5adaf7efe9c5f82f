//! Archives as real tools write them; `data/make.py` made the files.

use crate::{
    archive::{Entry, archive},
    tree::{tree, unzipped},
};

const TEXT: &str = "print('otter')\n";

fn text() -> Vec<u8> {
    TEXT.repeat(40).into_bytes()
}

fn file(mode: u32, content: &[u8]) -> (u32, Option<Vec<u8>>) {
    (mode, Some(content.to_vec()))
}

const FOLDER: (u32, Option<Vec<u8>>) = (0o755, None);

#[test]
fn an_autograder_as_otter_makes_it() {
    let (unzipped, tree) = unzipped(include_bytes!("data/otter.zip"));
    let expected = [
        ("files", FOLDER),
        ("files/data.csv", file(0o644, b"a,b\n1,2\n")),
        ("otter_config.json", file(0o644, br#"{"show_stdout": true}"#)),
        ("tests", FOLDER),
        ("tests/q1.py", file(0o644, &text())),
    ];
    assert_eq!(tree, expected.map(|(path, node)| (path.to_owned(), node)).into());
    assert_eq!((unzipped.files, unzipped.folders, unzipped.bytes), (3, 2, 629));
}

#[test]
fn folders_modes_and_a_comment() {
    let (unzipped, tree) = unzipped(include_bytes!("data/folders.zip"));
    let expected = [
        ("lab", FOLDER),
        ("lab/deflated.txt", file(0o644, &text())),
        ("lab/empty.txt", file(0o644, b"")),
        ("lab/inner", FOLDER),
        ("lab/run.sh", file(0o755, b"#!/bin/sh\n")),
        ("lab/stored.txt", file(0o644, &text())),
    ];
    assert_eq!(tree, expected.map(|(path, node)| (path.to_owned(), node)).into());
    assert_eq!((unzipped.files, unzipped.folders), (4, 2));
}

#[test]
fn data_descriptors() {
    let (_, tree) = unzipped(include_bytes!("data/streamed.zip"));
    for path in ["a.txt", "b/c.txt", "stored.txt"] {
        assert_eq!(tree[path], file(0o644, &text()), "{path}");
    }
}

#[test]
fn zip64_sizes() {
    assert_eq!(unzipped(include_bytes!("data/zip64.zip")).1["big.txt"], file(0o644, &text()));
}

#[test]
fn names_in_utf_8_with_and_without_the_flag_and_in_code_page_437() {
    let (_, tree) = unzipped(include_bytes!("data/unicode.zip"));
    assert_eq!(tree["Données/mañana 水.txt"], file(0o644, &text()));
    let (_, tree) = unzipped(include_bytes!("data/infozip.zip"));
    assert_eq!(tree["hw/figures/é.txt"], file(0o644, &text()));
    let name = b"caf\x82.txt".to_vec();
    let (_, tree) = unzipped(&archive(&[Entry { name, ..Entry::stored("", b"au lait") }]));
    assert_eq!(tree["café.txt"], file(0o644, b"au lait"));
}

#[test]
fn an_archive_of_nothing_is_an_empty_folder() {
    let (unzipped, tree) = unzipped(&archive(&[]));
    assert!(tree.is_empty() && unzipped.files == 0);
}

#[test]
fn bytes_before_and_after_the_archive() {
    let zip = archive(&[Entry::deflated("a", b"one"), Entry::stored("b", b"two")]);
    let (_, tree) = unzipped(&[b"#!/usr/bin/env python3\n".as_slice(), &zip].concat());
    assert_eq!(tree["a"], file(0o644, b"one"));
    let (_, tree) = unzipped(&[zip.as_slice(), b"\r\n"].concat());
    assert_eq!(tree["b"], file(0o644, b"two"));
}

#[test]
fn modes_from_windows_and_none_at_all() {
    let dos = Entry { made_by: 0, ..Entry::stored("dos.txt", b"x").with_mode(0) };
    let folder = Entry { made_by: 0, ..Entry::stored("folder/", b"").with_mode(0) };
    let (_, tree) = unzipped(&archive(&[dos, folder, Entry::stored("special", b"x").with_mode(0o106_755)]));
    assert_eq!(tree["dos.txt"].0, 0o644);
    assert_eq!(tree["folder"], FOLDER);
    assert_eq!(tree["special"].0, 0o755, "set-user-id and set-group-id are not taken over");
}

#[test]
fn what_macs_add_is_unpacked_like_everything_else() {
    let names = [".DS_Store", "__MACOSX/._hw01.ipynb", "hw01.ipynb", "Icon\r"];
    let (unzipped, _) = unzipped(&archive(&names.map(|name| Entry::stored(name, b"x"))));
    assert_eq!((unzipped.files, unzipped.folders), (4, 1));
}

#[test]
fn an_empty_folder_may_be_there_already() {
    let into = tempfile::tempdir().unwrap();
    let zip = archive(&[Entry::stored("a", b"x")]);
    let limits = materials::UnzipLimits::default();
    materials::unzip(std::io::Cursor::new(&zip), into.path(), &limits).unwrap();
    assert_eq!(tree(into.path()).len(), 1);
}
