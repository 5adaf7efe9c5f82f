//! Whatever `course-config.json` is, each assignment in it has its settings, or it is said in which line it is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::CourseConfig;

fuzz_target!(|text: &[u8]| match CourseConfig::parse(text) {
    Ok(config) => {
        for (key, _) in config.keys() {
            config.assignment(&key).expect("what is listed is there");
        }
        for oddity in config.oddities() {
            let _ = oddity.to_string();
        }
    }
    Err(error) => assert!(!error.to_string().is_empty()),
});
