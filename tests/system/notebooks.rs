//! Notebooks for the sample course's `lab01`, with code of the test's own.

use serde_json::{Value, json};

use crate::sample::sample;

/// A submission of the sample course.
pub(crate) fn submission(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(sample("submissions").join(name)).unwrap()).unwrap()
}

/// The good `lab01` with a cell of code put before its first cell.
pub(crate) fn lab01_beginning_with(code: &str) -> Value {
    lab01_with(code, |_| 0)
}

/// A submission of the sample course with a cell of code put before its first cell.
pub(crate) fn beginning_with(code: &str, name: &str) -> Value {
    let mut notebook = submission(name);
    notebook["cells"].as_array_mut().unwrap().insert(0, cell(code));
    notebook
}

/// The good `lab01` with a cell of code put after its last cell.
pub(crate) fn lab01_ending_with(code: &str) -> Value {
    lab01_with(code, Vec::len)
}

fn lab01_with(code: &str, place: impl FnOnce(&Vec<Value>) -> usize) -> Value {
    let mut notebook = submission("lab01-ada.ipynb");
    let cells = notebook["cells"].as_array_mut().unwrap();
    let place = place(cells);
    cells.insert(place, cell(code));
    notebook
}

fn cell(code: &str) -> Value {
    json!({"cell_type": "code", "id": "added", "metadata": {}, "source": code, "outputs": [], "execution_count": null})
}
