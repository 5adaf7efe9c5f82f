//! Whatever a platform answers is read; it counts as success only if it says so where that belongs; and what is kept of it
//! is not long.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passback::{OutcomeAnswer, OutcomeCode};

fuzz_target!(|xml: &[u8]| {
    let answer = OutcomeAnswer::read(xml);
    assert!(answer.description.chars().count() <= 10_000);
    if answer.code == Some(OutcomeCode::Success) {
        let text = String::from_utf8_lossy(xml);
        assert!(text.contains("imsx_codeMajor"));
    }
});
