//! Leaving out what cannot be tested here, loudly.

use std::{fs, io, path::Path};

/// What was started. Where it could not be, says on standard output and in `target/skipped.txt` that `what` is skipped
/// and why, and gives `None`; where `CI` is set, panics instead.
#[expect(clippy::print_stdout, reason = "whoever runs the tests is to see it")]
pub fn or_skip<T>(what: &str, started: io::Result<T>) -> Option<T> {
    let why = match started {
        Ok(started) => return Some(started),
        Err(why) => why,
    };
    assert!(std::env::var_os("CI").is_none(), "on CI nothing is skipped: {what}: {why}");
    println!("SKIPPED {what}: {why}");
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/skipped.txt");
    let before = fs::read_to_string(&list).unwrap_or_default();
    let written = fs::create_dir_all(list.with_file_name(""))
        .and_then(|()| fs::write(&list, format!("{before}SKIPPED {what}: {why}\n")));
    if let Err(error) = written {
        println!("{} cannot be written: {error}", list.display());
    }
    None
}
