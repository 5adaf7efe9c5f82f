//! Whatever the bytes: no panic, nothing outside, nothing left after an error ([`try_unzip`] sees to the last two).

use materials::UnzipLimits;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    archive::{Entry, archive, end_of_list},
    tree::{tree, try_unzip},
};

const LIMITS: UnzipLimits =
    UnzipLimits { entries: 100, total_bytes: 1 << 20, file_bytes: 1 << 19, ratio: 200 };

fn attempt(zip: &[u8]) {
    match try_unzip(zip, &LIMITS) {
        Ok((unzipped, moved)) => {
            let tree = tree(moved.path());
            let bytes: usize = tree.values().filter_map(|(_, content)| content.as_ref().map(Vec::len)).sum();
            assert_eq!(bytes as u64, unzipped.bytes);
            assert!(unzipped.bytes <= LIMITS.total_bytes && tree.len() <= LIMITS.entries + 1);
        }
        Err(error) => assert!(!error.is_ours(), "{error}"),
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let name = r"([ab]|/|\.|\.\.|\\|\x00|C:|.){1,8}";
    let mode = prop_oneof![Just(0), Just(0o100_644), Just(0o040_755), Just(0o120_777), 0..0o200_000_u32];
    let content = vec(any::<u8>(), 0..200);
    (name, mode, content, any::<bool>()).prop_map(|(name, mode, content, deflated)| {
        let entry = if deflated { Entry::deflated(&name, &content) } else { Entry::stored(&name, &content) };
        entry.with_mode(mode)
    })
}

fn valid() -> Vec<u8> {
    archive(&[
        Entry::stored("lab/", b""),
        Entry::deflated("lab/a.py", &b"print('otter')\n".repeat(20)),
        Entry { flags: 8, ..Entry::deflated("lab/b.csv", &[7; 300]) },
        Entry::stored("c", b"stored"),
    ])
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..2000)) {
        attempt(&bytes);
    }

    #[test]
    fn any_bytes_before_a_list_of_entries(bytes in vec(any::<u8>(), 46..500), start: Index, count in 0..5_u16) {
        let start = start.index(bytes.len());
        let mut zip = bytes.clone();
        zip[start.min(bytes.len() - 4)..][..4].copy_from_slice(b"PK\x01\x02");
        zip.extend(end_of_list(count, bytes.len() - start, start));
        attempt(&zip);
    }

    #[test]
    fn a_valid_archive_with_some_bytes_changed(changes in vec((any::<Index>(), any::<u8>()), 1..6)) {
        let mut zip = valid();
        for (at, byte) in changes {
            let at = at.index(zip.len());
            zip[at] = byte;
        }
        attempt(&zip);
    }

    #[test]
    fn a_valid_archive_with_a_piece_moved(from: Index, to: Index, length in 0..60_usize) {
        let mut zip = valid();
        let from = from.index(zip.len() - length);
        let piece: Vec<u8> = zip.drain(from..from + length).collect();
        let to = to.index(zip.len());
        zip.splice(to..to, piece);
        attempt(&zip);
    }

    #[test]
    fn any_entries(entries in vec(entry(), 0..6)) {
        attempt(&archive(&entries));
    }
}
