//! What a test prints.

use pyo3::{prelude::*, types::PyString};

use crate::genuine::Genuine;

/// Bytes of an example's output that are kept.
const LONGEST_OUTPUT: usize = 1 << 20;
/// Bytes of a message that are kept.
const LONGEST_MESSAGE: usize = 64 << 10;

/// Files that take what is printed while a test runs.
pub(super) struct Output<'a, 'py> {
    genuine: &'a Genuine,
    stdout: Bound<'py, PyAny>,
}

impl<'a, 'py> Output<'a, 'py> {
    /// Takes what is printed from now on.
    pub(super) fn capture(py: Python<'py>, genuine: &'a Genuine) -> PyResult<Self> {
        let stdout = genuine.text_file(py)?;
        // Nobody reads what goes to stderr.
        genuine.redirect(&stdout, &genuine.text_file(py)?)?;
        Ok(Self { genuine, stdout })
    }

    /// What has been printed since the last time; doctest sees to it that it ends with a newline.
    pub(super) fn take(&self) -> PyResult<String> {
        let mut text = text_of(&self.genuine.take(&self.stdout)?, LONGEST_OUTPUT);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}

/// A short text, for instance an exception's.
pub(super) fn message(text: &Bound<'_, PyAny>) -> String {
    text_of(text, LONGEST_MESSAGE)
}

fn text_of(text: &Bound<'_, PyAny>, longest: usize) -> String {
    let Ok(text) = text.cast::<PyString>() else { return String::new() };
    let mut text = text.to_string_lossy().into_owned();
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push_str("\n[the rest is left out]\n");
    }
    text
}
