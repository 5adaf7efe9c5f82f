//! What a test raises.

use frames::Raised;
use pyo3::{
    exceptions::{PyException, PySyntaxError},
    intern,
    prelude::*,
    types::{PyList, PyTraceback, PyType},
};

use super::output::message;
use crate::genuine::Genuine;

/// Frames of a traceback that are looked at.
const DEEPEST: usize = 2000;

/// Describes an exception; `file` is the name that the test's source has in tracebacks, if its line matters.
pub(super) fn describe(py: Python<'_>, genuine: &Genuine, error: &PyErr, file: Option<&str>) -> Raised {
    let value = error.value(py);
    let class = error.get_type(py);
    let text = value.str().map_or_else(|_| "<exception str() failed>".into(), |text| message(text.as_any()));
    let name = class.name().map_or_else(|_| "Exception".into(), |name| message(name.as_any()));
    let line = last_line(genuine, &class, value).unwrap_or_else(|_| format!("{name}: {text}\n"));
    Raised {
        line,
        class: name,
        message: text,
        line_number: file.and_then(|file| line_in(file, error.traceback(py)?)).unwrap_or(0),
        is_exception: error.is_instance_of::<PyException>(py),
    }
}

/// What doctest compares with the exception that an example expects.
fn last_line(genuine: &Genuine, class: &Bound<'_, PyType>, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let lines = genuine.format_exception_only.bind(py).call1((class, value))?.cast_into::<PyList>()?;
    let mut lines: Vec<_> = lines.iter().map(|line| message(&line)).collect();
    if !genuine.whole_message {
        return Ok(lines.pop().unwrap_or_default());
    }
    // Of a syntax error not the source and the caret.
    if class.is_subclass_of::<PySyntaxError>()? {
        let short = class.qualname()?;
        let long = format!("{}.{short}:", class.getattr(intern!(py, "__module__"))?);
        let short = format!("{short}:");
        let is_message = |line: &String| line.starts_with(&short) || line.starts_with(&long);
        lines.drain(..lines.iter().position(is_message).unwrap_or(0));
    }
    Ok(lines.concat())
}

/// The line of the outermost frame of that file.
fn line_in(file: &str, traceback: Bound<'_, PyTraceback>) -> Option<u32> {
    let py = traceback.py();
    let mut entry = traceback.into_any();
    for _ in 0..DEEPEST {
        let code = entry.getattr(intern!(py, "tb_frame")).ok()?.getattr(intern!(py, "f_code")).ok()?;
        if code.getattr(intern!(py, "co_filename")).ok()?.eq(file).ok()? {
            return entry.getattr(intern!(py, "tb_lineno")).ok()?.extract().ok();
        }
        entry = entry.getattr(intern!(py, "tb_next")).ok()?;
        if entry.is_none() {
            break;
        }
    }
    None
}
