//! Which notebooks there are, of which assignments, and of which kind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use model::AssignmentKey;
use serde_json::Value;

use super::{finding::shown, subject::Assignment};

/// More folders inside each other, or more notebooks, are not a course's.
const DEEPEST: usize = 10;
const MOST: usize = 2_000;
/// What cannot be a notebook of a course.
const LARGEST: u64 = 64 << 20;

/// What a notebook is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Has the answers.
    Solution,
    /// As it is handed out.
    Student,
    /// Neither can be told: its names are looked at, and it is not run.
    Unknown,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Solution => "solution",
            Self::Student => "student",
            Self::Unknown => "unknown",
        }
    }
}

/// A notebook on disk.
pub(super) struct Notebook {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) content: Vec<u8>,
    pub(super) json: Value,
}

/// Where to look.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The folder's own names tell of which kind the notebooks are.
    pub(super) mixed: Option<PathBuf>,
    pub(super) solutions: Option<PathBuf>,
    pub(super) students: Option<PathBuf>,
}

/// All notebooks, in the order of their paths, each once.
pub(super) fn find(places: &Places) -> anyhow::Result<Vec<Notebook>> {
    let given = [
        (&places.solutions, Some(Kind::Solution)),
        (&places.students, Some(Kind::Student)),
        (&places.mixed, None),
    ];
    let mut found: Vec<Notebook> = Vec::new();
    for (root, kind) in given {
        let Some(root) = root else { continue };
        anyhow::ensure!(root.is_dir(), "there is no folder {}", root.display());
        // The folder's own name tells, too; those above it do not.
        let above = root.parent().unwrap_or(root);
        let mut paths = Vec::new();
        walk(root, DEEPEST, &mut paths);
        paths.retain(|path| found.iter().all(|other| other.path != *path));
        let read = |path: PathBuf| {
            let content = fs::read(&path).ok()?;
            // What is no notebook is none of an assignment.
            let json = serde_json::from_slice(&content).ok()?;
            let kind = kind.unwrap_or_else(|| kind_of(path.strip_prefix(above).unwrap_or(&path)));
            Some(Notebook { path, kind, content, json })
        };
        found.extend(paths.into_iter().filter_map(read));
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn walk(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(metadata) = entry.metadata() else { continue };
        // Checkpoints of Jupyter, virtual environments and the like.
        if name.to_string_lossy().starts_with('.') || found.len() >= MOST {
            continue;
        }
        if metadata.is_dir() && deep > 1 && !path.join("pyvenv.cfg").exists() {
            walk(&path, deep - 1, found);
        } else if metadata.is_file()
            && metadata.len() <= LARGEST
            && path.extension().is_some_and(|ending| ending == "ipynb")
        {
            found.push(path);
        }
    }
}

/// By the innermost folder whose name tells, as `otter assign` names its folders.
fn kind_of(path: &Path) -> Kind {
    let mut folders = path.parent().into_iter().flat_map(Path::components).rev();
    folders
        .find_map(|folder| match folder.as_os_str().to_str()?.to_ascii_lowercase().as_str() {
            "autograder" | "solution" | "solutions" => Some(Kind::Solution),
            "student" | "students" => Some(Kind::Student),
            _ => None,
        })
        .unwrap_or(Kind::Unknown)
}

impl Notebook {
    pub(super) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Where its metadata says that it is handed in; parts that are missing are `?`.
    pub(super) fn address(&self) -> Option<String> {
        let address = &self.json["metadata"]["otter_service"];
        let part = |member: &str| address[member].as_str().unwrap_or("?");
        address.is_object().then(|| format!("{}/{}/{}", part("course"), part("section"), part("assignment")))
    }

    pub(super) fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The index of its assignment: the one that its address names (`otter_service`), else the one whose name it has
    /// in otter-grader's metadata or as a file, where this is only one.
    pub(super) fn assignment(&self, assignments: &[Assignment], names: &[Option<String>]) -> Option<usize> {
        let metadata = &self.json["metadata"];
        if self.address().is_some() {
            let address = |member: &str| metadata["otter_service"][member].as_str();
            let is_it = |AssignmentKey { course, section, assignment }: &AssignmentKey| {
                address("course") == Some(course.as_str())
                    && address("section") == Some(section.as_str())
                    && address("assignment") == Some(assignment.as_str())
            };
            return assignments.iter().position(|assignment| is_it(&assignment.key));
        }
        let name = metadata["otter"]["assignment_name"].as_str();
        let of_name = |index: &usize| {
            name.is_some()
                && (names[*index].as_deref() == name
                    || Some(assignments[*index].key.assignment.as_str()) == name)
        };
        let stem = self.path.file_stem().and_then(|stem| stem.to_str());
        let of_stem = |index: &usize| Some(assignments[*index].key.assignment.as_str()) == stem;
        only((0..assignments.len()).filter(of_name)).or_else(|| only((0..assignments.len()).filter(of_stem)))
    }
}

fn only(mut indices: impl Iterator<Item = usize>) -> Option<usize> {
    let first = indices.next()?;
    indices.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_the_kind() {
        for (path, kind) in [
            ("dist/autograder/lab01.ipynb", Kind::Solution),
            ("lab01/student/lab01.ipynb", Kind::Student),
            ("student/solutions/lab01.ipynb", Kind::Solution),
            ("student.ipynb", Kind::Unknown),
            ("submissions/lab01.ipynb", Kind::Unknown),
        ] {
            assert_eq!(kind_of(Path::new(path)), kind, "{path}");
        }
    }

    #[test]
    fn a_notebook_finds_its_assignment() {
        let key = |section: &str, assignment: &str| AssignmentKey {
            course: "c".parse().unwrap(),
            section: section.parse().unwrap(),
            assignment: assignment.parse().unwrap(),
        };
        let keys = [key("1", "lab01"), key("1", "lab02"), key("2", "lab01")];
        let assignments =
            keys.map(|key| Assignment { key, file: String::new(), environment: None, autograder: None });
        let names = [None, Some("Lab Two".to_owned()), None];
        let of = |file: &str, metadata: Value| {
            let (content, json) = (vec![], serde_json::json!({ "metadata": metadata }));
            let notebook = Notebook { path: file.into(), kind: Kind::Unknown, content, json };
            notebook.assignment(&assignments, &names)
        };
        let address =
            serde_json::json!({"otter_service": {"course": "c", "section": "2", "assignment": "lab01"}});
        assert_eq!(of("x.ipynb", address), Some(2));
        let other =
            serde_json::json!({"otter_service": {"course": "c", "section": "3", "assignment": "lab02"}});
        assert_eq!(of("lab02.ipynb", other), None, "its address is another one");
        assert_eq!(of("x.ipynb", serde_json::json!({"otter": {"assignment_name": "Lab Two"}})), Some(1));
        assert_eq!(of("lab02.ipynb", serde_json::json!({})), Some(1));
        assert_eq!(of("lab01.ipynb", serde_json::json!({})), None, "two have that name");
    }
}
