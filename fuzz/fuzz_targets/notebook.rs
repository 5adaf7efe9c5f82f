//! Whatever a client sends, it is a notebook or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Notebook, NotebookLimits};

fuzz_target!(|body: &[u8]| {
    if let Ok(notebook) = Notebook::from_request(body, NotebookLimits::default()) {
        // What is kept is a part of what was sent.
        assert!(body.windows(notebook.bytes.len()).any(|part| part == notebook.bytes));
    }
});
