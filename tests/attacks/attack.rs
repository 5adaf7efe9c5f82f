//! The attacks: files with cells, and what must come of each.

use std::fs;

use serde_json::{Value, json};

use crate::{folder, host::Host};

/// A notebook to grade.
#[derive(Clone)]
pub(crate) struct Notebook {
    pub(crate) name: String,
    cells: Vec<String>,
}

/// An attack.
pub(crate) struct Attack {
    /// Its file's name without the ending.
    pub(crate) name: String,
    pub(crate) expected: Expected,
    cells: Vec<String>,
}

/// Whether staff must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flagged {
    Always,
    OrNothing,
    NotAsked,
}

/// What the first lines of an attack's file say must hold, as `# key: value`.
#[derive(Debug)]
pub(crate) struct Expected {
    /// `score`: what its honest part earns; by default 0.
    pub(crate) score: f64,
    /// `score: flagged`: staff is told, whatever it earns. `score: nothing or flagged`: or it earns nothing.
    pub(crate) flagged: Flagged,
    /// `status`: how its grading may end; by default `complete`.
    pub(crate) statuses: Vec<String>,
    /// `limit`: which limits it may meet; by default it is not asked.
    pub(crate) limits: Vec<String>,
    /// `ends: any`: its cells need not run to the end of the notebook.
    pub(crate) may_end_early: bool,
    /// `tries`: how often it is graded; of attacks that depend on chance one must be told to staff.
    pub(crate) tries: usize,
    /// `differ`: what it prints with this word first must differ from one try to the next.
    pub(crate) differs: bool,
    /// `reached without namespaces`: what may be reached there.
    pub(crate) bare: Vec<String>,
    /// `after`, `before`, `beside`: a notebook that is graded before it, after it, or at the same time.
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) beside: Option<String>,
    /// `once: yes`: the same at each level of isolation, so tried at one.
    pub(crate) once: bool,
    /// `otter`: the score that otter-grader itself gives it.
    pub(crate) on_otter: Option<f64>,
}

/// The attacks of a family, in order.
pub(crate) fn of_family(family: &str) -> Vec<Attack> {
    let only = std::env::var("OTTER_ATTACKS").unwrap_or_default();
    let mut paths: Vec<_> = folder()
        .join("notebooks")
        .join(family)
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let name = |path: &std::path::PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    paths.retain(|path| {
        path.extension().is_some_and(|ending| ending == "py") && name(path).starts_with(&only)
    });
    paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let (head, cells) = parse(&text);
            Attack { name: name(path), expected: Expected::parse(&name(path), head), cells }
        })
        .collect()
}

/// The lines before the first cell, and the cells.
fn parse(text: &str) -> (&str, Vec<String>) {
    let mut parts = text.split("# %%\n");
    let head = parts.next().unwrap();
    (head, parts.map(|cell| cell.trim().to_owned()).collect())
}

impl Notebook {
    /// One of the files that are no attacks, by its name.
    pub(crate) fn read(name: &str) -> Self {
        let assignment = ["blank", "solved"].contains(&name);
        let file = if assignment { format!("assignment/{name}.py") } else { format!("{name}.py") };
        let text = fs::read_to_string(folder().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let cells = if assignment { [parse(&text).1, checks()].concat() } else { parse(&text).1 };
        Self { name: name.into(), cells }
    }

    /// Its cells put in front of those of another.
    pub(crate) fn between(self, other: &str) -> Self {
        Self { cells: [self.cells, Self::read(other).cells].concat(), name: format!("{}-honest", self.name) }
    }

    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Whether its full marks are honest.
    pub(crate) fn is_honest(name: &str) -> bool {
        name.contains("honest")
    }

    /// As a file.
    pub(crate) fn json(&self) -> Value {
        let cell = |(number, source): (usize, &String)| {
            json!({"cell_type": "code", "id": format!("cell-{number}"), "metadata": {}, "source": source,
                "outputs": [], "execution_count": null})
        };
        let kernel = json!({"name": "python3", "display_name": "Python 3", "language": "python"});
        json!({"cells": self.cells.iter().enumerate().map(cell).collect::<Vec<_>>(),
            "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})
    }
}

impl Attack {
    /// The blank assignment with the attack in it.
    pub(crate) fn notebook(&self, name: &str, host: &Host) -> Notebook {
        let part = |file: &str| parse(&fs::read_to_string(folder().join(file)).unwrap()).1;
        let mut cells = part("prelude.py");
        cells[0] = cells[0].replace("@HOST@", &host.told().to_string());
        cells.extend(part("assignment/blank.py"));
        cells.extend(self.cells.iter().cloned());
        cells.extend(checks());
        cells.push("print('THE END')".into());
        Notebook { name: name.into(), cells }
    }

    /// What one of its tries is called.
    pub(crate) fn try_name(&self, number: usize) -> String {
        if number == 0 { self.name.clone() } else { format!("{}-again-{number}", self.name) }
    }
}

fn checks() -> Vec<String> {
    parse(&fs::read_to_string(folder().join("assignment/checks.py")).unwrap()).1
}

impl Expected {
    fn parse(name: &str, head: &str) -> Self {
        let value = |key: &str| {
            let begin = format!("# {key}: ");
            head.lines().find_map(|line| line.strip_prefix(begin.as_str())).map(str::to_owned)
        };
        let words = |key: &str| -> Vec<String> {
            value(key).iter().flat_map(|value| value.split_whitespace()).map(str::to_owned).collect()
        };
        assert!(value("Defence").is_some(), "{name} says what must hold");
        let statuses = words("status");
        let bare = value("reached without namespaces").unwrap_or_default();
        Self {
            score: value("score").and_then(|score| score.parse().ok()).unwrap_or(0.0),
            flagged: match value("score").as_deref() {
                Some("flagged") => Flagged::Always,
                Some("nothing or flagged") => Flagged::OrNothing,
                _ => Flagged::NotAsked,
            },
            statuses: if statuses.is_empty() { vec!["complete".into()] } else { statuses },
            limits: words("limit"),
            may_end_early: value("ends").as_deref() == Some("any"),
            tries: value("tries").map_or(1, |tries| tries.parse().unwrap()),
            differs: value("differ").is_some(),
            bare: bare.split(", ").filter(|what| !what.is_empty()).map(str::to_owned).collect(),
            after: value("after"),
            before: value("before"),
            beside: value("beside"),
            once: value("once").is_some(),
            on_otter: value("otter").and_then(|score| score.parse().ok()),
        }
    }
}
