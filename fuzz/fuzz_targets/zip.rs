//! Whatever an autograder's zip is, it is unpacked within its limits into its folder, or refused and leaves nothing.
#![no_main]

use std::{fs, io::Cursor};

use libfuzzer_sys::fuzz_target;
use materials::{UnzipLimits, unzip};

const LIMITS: UnzipLimits =
    UnzipLimits { entries: 100, total_bytes: 1 << 20, file_bytes: 1 << 19, ratio: 200 };

fuzz_target!(|bytes: &[u8]| {
    let outer = tempfile::tempdir_in("/dev/shm").expect("there is memory for a folder");
    let into = outer.path().join("into");
    match unzip(Cursor::new(bytes), &into, &LIMITS) {
        Ok(unzipped) => assert!(unzipped.bytes <= LIMITS.total_bytes && into.is_dir()),
        Err(error) => assert!(!error.is_ours() && !into.exists(), "{error}"),
    }
    assert_eq!(fs::read_dir(outer.path()).expect("it is ours").count(), usize::from(into.exists()));
});
