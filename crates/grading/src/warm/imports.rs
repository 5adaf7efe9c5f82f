//! Which modules a submission imports: the zygote has those warm that its submissions want, and no others, since each
//! costs time at the start and memory at every fork.

use std::{borrow::Cow, collections::BTreeSet};

use serde::Deserialize;

/// More names than any course imports.
const MOST: usize = 200;

/// The modules that a notebook or script imports, as far as its lines show it: `from a import b` gives `a` and `a.b`.
///
/// What comes of a notebook is only a wish: a module is preloaded if the environment's list has it as well.
pub(super) fn of(name: &str, content: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if super::is_notebook(name) {
        // One that cannot be read imports nothing; that it cannot be read is found out when it is run.
        let cells = serde_json::from_str(content)
            .map_or_else(|_| Vec::new(), |notebook: Notebook<'_>| notebook.cells);
        for cell in cells.iter().filter(|cell| cell.cell_type == "code") {
            match &cell.source {
                Source::Text(text) => text.lines().for_each(|line| of_line(line, &mut found)),
                Source::Lines(lines) => lines.iter().for_each(|line| of_line(line, &mut found)),
            }
        }
    } else {
        content.lines().for_each(|line| of_line(line, &mut found));
    }
    found
}

#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(borrow)]
    cells: Vec<Cell<'a>>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    #[serde(borrow)]
    cell_type: Cow<'a, str>,
    #[serde(borrow)]
    source: Source<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Lines(Vec<String>),
}

fn of_line(line: &str, found: &mut BTreeSet<String>) {
    if found.len() >= MOST {
        return;
    }
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix("import ") {
        found.extend(rest.split(',').filter_map(first_name));
    } else if let Some((module, names)) =
        line.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
    {
        let Some(module) = first_name(module) else { return };
        let names = names.trim_start().trim_start_matches('(').split(',');
        found.extend(names.filter_map(first_name).map(|name| format!("{module}.{name}")));
        found.insert(module);
    }
}

/// The dotted name that a text begins with.
fn first_name(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    (end > 0 && end < 100).then(|| text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_in_every_form() {
        let notebook = serde_json::json!({"cells": [
            {"cell_type": "code", "source": ["import numpy as np, pandas\n", "from scipy import stats\n", "x = 1"]},
            {"cell_type": "markdown", "source": "import antigravity"},
            {"cell_type": "code", "source": "if True:\n    import sklearn.linear_model as lm\nfrom datascience import *"},
        ]});
        let expected = ["datascience", "numpy", "pandas", "scipy", "scipy.stats", "sklearn.linear_model"]
            .map(str::to_owned);
        assert_eq!(of("a.ipynb", &notebook.to_string()), BTreeSet::from(expected));
        assert_eq!(
            of("a.py", "from os import (path, sep)"),
            BTreeSet::from(["os", "os.path", "os.sep"].map(str::to_owned))
        );
        assert!(of("a.ipynb", "nonsense").is_empty());
    }
}
