//! Comparing never panics, and what is the same always matches.
#![no_main]

use judge::{Flags, matches};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str, Vec<bool>)| {
    let (want, got, set) = texts;
    let names = ["DONT_ACCEPT_TRUE_FOR_1", "DONT_ACCEPT_BLANKLINE", "NORMALIZE_WHITESPACE", "ELLIPSIS"];
    let options = names.iter().zip(&set).map(|(name, on)| ((*name).to_owned(), *on)).collect();
    let flags = Flags::of(&options);
    matches(want, got, flags);
    assert!(matches(got, got, flags));
});
