//! Whatever a repository's archive is, it is unpacked within its limits into its folder, or refused and leaves nothing.
#![no_main]

use std::{fs, io::Cursor, path::Path};

use libfuzzer_sys::fuzz_target;
use materials::{
    UnzipLimits,
    remote::{
        Commit,
        tarball::{Expected, Packing, unpack},
    },
};

const LIMITS: UnzipLimits =
    UnzipLimits { entries: 100, total_bytes: 1 << 20, file_bytes: 1 << 19, ratio: 200 };

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if which & 4 == 0 {
        mend_checksums(&mut bytes);
    }
    let packing = if which & 1 == 0 { Packing::Plain } else { Packing::Gzip };
    let commit: Commit = "0123456789abcdef0123456789abcdef01234567".parse().expect("it is one");
    let expected = Expected { commit: &commit, in_a_folder: which & 2 != 0 };
    let outer = tempfile::tempdir_in("/dev/shm").expect("there is memory for a folder");
    let into = outer.path().join("into");
    match unpack(Cursor::new(bytes), packing, expected, &into, &LIMITS) {
        Ok(unpacked) => {
            assert!(unpacked.bytes <= LIMITS.total_bytes);
            assert_eq!(count(&into), unpacked.files + unpacked.folders);
        }
        Err(error) => assert!(!error.is_ours() && !into.exists(), "{error}"),
    }
    assert_eq!(fs::read_dir(outer.path()).expect("it is ours").count(), usize::from(into.exists()));
});

/// Otherwise hardly anything that is changed gets past the first header.
fn mend_checksums(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}

/// How many files and folders there are; nothing else may be.
fn count(folder: &Path) -> usize {
    let inside = fs::read_dir(folder).expect("it was made").map(|child| {
        let path = child.expect("nobody else is here").path();
        let kind = fs::symlink_metadata(&path).expect("it is there").file_type();
        assert!(kind.is_dir() || kind.is_file(), "{} is something else", path.display());
        1 + if kind.is_dir() { count(&path) } else { 0 }
    });
    inside.sum()
}
