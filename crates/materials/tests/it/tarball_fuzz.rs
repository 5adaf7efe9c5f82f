//! Whatever the bytes: no panic, nothing outside, nothing left after an error ([`try_unpack`] sees to the last two).

use materials::{UnzipLimits, remote::tarball::Packing};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    tar::{Member, gzip, tar},
    tarball::{COMMIT, try_unpack},
};

const LIMITS: UnzipLimits =
    UnzipLimits { entries: 100, total_bytes: 1 << 20, file_bytes: 1 << 19, ratio: 200 };

fn attempt(bytes: &[u8], packing: Packing) {
    match try_unpack(bytes, packing, false, &LIMITS) {
        Ok((unpacked, tree)) => {
            let bytes: usize = tree.values().filter_map(|(_, content)| content.as_ref().map(Vec::len)).sum();
            assert_eq!(bytes as u64, unpacked.bytes);
            assert!(unpacked.bytes <= LIMITS.total_bytes);
            assert_eq!(tree.len(), unpacked.files + unpacked.folders);
        }
        Err(error) => assert!(!error.is_ours(), "{error}"),
    }
}

fn member() -> impl Strategy<Value = Member> {
    let name = r"([ab]|/|\.|\.\.|\\|C:|.){0,8}";
    let kind = prop_oneof![Just(b'0'), Just(b'5'), Just(b'2'), Just(b'x'), Just(b'L'), any::<u8>()];
    (name, kind, vec(any::<u8>(), 0..200)).prop_map(|(name, kind, content)| {
        let content = if matches!(kind, b'5' | b'2') { vec![] } else { content };
        Member { kind, ..Member::file(&name, &content) }
    })
}

fn valid() -> Vec<u8> {
    tar(&[
        Member::pax(b'g', &[("comment", COMMIT)]),
        Member::folder("lab/"),
        Member::file("lab/a.py", &b"print('otter')\n".repeat(50)),
        Member::pax(b'x', &[("path", "lab/a-longer-name.csv"), ("mtime", "1.5")]),
        Member::file("lab/short", &[7; 300]),
        Member::link("lab/link", "a.py"),
        Member::gnu_name("lab/other"),
        Member::file("x", b"y"),
    ])
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..2000)) {
        attempt(&bytes, Packing::Plain);
        attempt(&bytes, Packing::Gzip);
        attempt(&gzip(&bytes), Packing::Gzip);
    }

    #[test]
    fn a_valid_archive_with_some_bytes_changed(changes in vec((any::<Index>(), any::<u8>()), 1..6)) {
        let mut bytes = valid();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        attempt(&bytes, Packing::Plain);
    }

    #[test]
    fn a_valid_archive_with_a_block_moved(from: Index, to: Index) {
        let mut bytes = valid();
        let block = |index: Index, bytes: &[u8]| index.index(bytes.len() / 512) * 512;
        let from = block(from, &bytes);
        let piece: Vec<u8> = bytes.drain(from..from + 512).collect();
        let to = block(to, &bytes);
        bytes.splice(to..to, piece);
        attempt(&bytes, Packing::Plain);
    }

    #[test]
    fn any_members(members in vec(member(), 0..8)) {
        attempt(&tar(&members), Packing::Plain);
    }
}
