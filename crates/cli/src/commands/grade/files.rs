//! Which files are to be graded.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// What otter-grader can be given and this service's engines take.
const ENDINGS: [&str; 3] = ["ipynb", "py", "zip"];

/// The files among the paths, and those with the ending in the folders among them, in order.
pub(super) fn find(paths: &[PathBuf], ext: &str) -> anyhow::Result<Vec<PathBuf>> {
    if !ENDINGS.contains(&ext) {
        bail!("--ext {ext}: it must be one of {}", ENDINGS.join(", "));
    }
    let has_ending = |path: &Path, endings: &[&str]| {
        path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
    };
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = path.read_dir().with_context(|| format!("{} cannot be read", path.display()))?;
            let mut inside: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            inside.retain(|path| path.is_file() && has_ending(path, &[ext]));
            inside.sort();
            found.append(&mut inside);
        } else if !path.is_file() {
            bail!("there is no file {}", path.display());
        } else if !has_ending(path, &ENDINGS) {
            bail!("{} cannot be graded: a submission is a .ipynb, .py or .zip file", path.display());
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        bail!("there is no .{ext} file in the given folders");
    }
    Ok(found)
}

/// What to call each submission: its file's name, or, where two would be called the same, the path that tells them apart.
pub(super) fn names(paths: &[PathBuf]) -> Vec<String> {
    let file = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files: Vec<_> = paths.iter().map(file).collect();
    let is_alone = |name: &String| files.iter().filter(|other| *other == name).count() == 1;
    let name = |(path, file): (&PathBuf, &String)| {
        if is_alone(file) { file.clone() } else { path.display().to_string() }
    };
    paths.iter().zip(&files).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submissions_of_the_same_name_are_called_by_their_paths() {
        let paths = ["ada/hw01.ipynb", "bob/hw01.ipynb", "bob/hw02.ipynb"].map(PathBuf::from);
        assert_eq!(names(&paths), ["ada/hw01.ipynb", "bob/hw01.ipynb", "hw02.ipynb"]);
    }

    #[test]
    fn folders_give_their_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.ipynb", "a.ipynb", "notes.txt", "c.py"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let names = |ext| {
            let found = find(&[dir.path().to_owned()], ext).unwrap();
            found
                .iter()
                .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("ipynb"), ["a.ipynb", "b.ipynb"]);
        assert_eq!(names("py"), ["c.py"]);
        assert!(find(&[dir.path().to_owned()], "zip").is_err());
        assert!(find(&[dir.path().join("notes.txt")], "ipynb").is_err());
        assert!(find(&[dir.path().join("missing.ipynb")], "ipynb").is_err());
        assert!(find(&[dir.path().to_owned()], "exe").is_err());
    }
}
