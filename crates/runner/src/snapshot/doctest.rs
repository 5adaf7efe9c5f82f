//! Doctest examples, run as `doctest.DocTestRunner` runs them.

use frames::Example;
use pyo3::{exceptions::PyKeyboardInterrupt, intern, prelude::*, types::PyDict};

use super::{output::Output, raised};
use crate::genuine::Genuine;

/// Runs examples one after the other in a copy of the variables.
pub(super) fn run(
    genuine: &Genuine,
    globals: &Bound<'_, PyDict>,
    name: &str,
    examples: &[String],
) -> PyResult<Vec<Example>> {
    let py = globals.py();
    let globals = globals.copy()?;
    let builtins = genuine.builtins(py, globals.get_item(intern!(py, "__builtins__"))?.as_ref())?;
    globals.set_item(intern!(py, "__builtins__"), builtins)?;
    // Features that an example imports do not count for the next one: doctest looks once.
    let flags = genuine.future_flags(&globals)?;
    let output = Output::capture(py, genuine)?;
    let mut done = Vec::new();
    for (index, source) in examples.iter().enumerate() {
        let file = format!("<doctest {name}[{index}]>");
        let ran = genuine
            .compile(py, source, &file, "single", flags)
            .and_then(|code| genuine.exec(py, &code, &globals));
        let is_interrupt = matches!(&ran, Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py));
        let printed = output.take()?;
        let raised = ran.err().map(|error| raised::describe(py, genuine, &error, None));
        done.push(Example { printed, raised });
        if is_interrupt {
            break;
        }
    }
    Ok(done)
}
