//! Exception-based tests: a module, and calls of its functions.

use frames::{Outcome, Raised};
use pyo3::{intern, prelude::*, types::PyDict};

use super::{output::Output, raised};
use crate::genuine::Genuine;

/// The parameter that gets all variables.
const ALL: &str = "env";

/// A test module, once one has been run.
pub(super) struct Module<'py> {
    /// The notebook's variables.
    globals: Bound<'py, PyDict>,
    name: String,
    variables: Bound<'py, PyDict>,
}

impl<'py> Module<'py> {
    pub(super) fn none(globals: &Bound<'py, PyDict>) -> Self {
        Self { globals: globals.clone(), name: String::new(), variables: PyDict::new(globals.py()) }
    }

    /// Runs a source as a module with variables of its own.
    pub(super) fn run(&mut self, genuine: &Genuine, name: &str, source: &str) -> PyResult<Outcome> {
        let py = self.globals.py();
        name.clone_into(&mut self.name);
        self.variables = PyDict::new(py);
        self.variables.set_item(intern!(py, "__builtins__"), genuine.builtins(py, None)?)?;
        let _output = Output::capture(py, genuine)?;
        let ran = genuine
            .compile(py, source, name, "exec", 0)
            .and_then(|code| genuine.exec(py, &code, &self.variables));
        Ok(self.outcome(genuine, ran))
    }

    /// Calls one of its functions with what it asks for.
    pub(super) fn call(&self, genuine: &Genuine, function: &str, params: &[String]) -> PyResult<Outcome> {
        let py = self.globals.py();
        let Some(function) = self.variables.get_item(function)? else {
            let message = format!("the test module has no function `{function}`");
            let line = format!("LookupError: {message}\n");
            let class = "LookupError".into();
            return Ok(Outcome::Raised(Raised { line, class, message, line_number: 0, is_exception: true }));
        };
        let arguments = PyDict::new(py);
        for param in params {
            let value = match param.as_str() {
                ALL => Some(self.globals.clone().into_any()),
                name => self.globals.get_item(name)?,
            };
            arguments.set_item(param, value)?;
        }
        let _output = Output::capture(py, genuine)?;
        let ran = function.call((), Some(&arguments)).map(drop);
        Ok(self.outcome(genuine, ran))
    }

    fn outcome(&self, genuine: &Genuine, ran: PyResult<()>) -> Outcome {
        match ran {
            Ok(()) => Outcome::Returned,
            Err(error) => {
                Outcome::Raised(raised::describe(self.globals.py(), genuine, &error, Some(&self.name)))
            }
        }
    }
}
