//! The autograder's support files, which lie beside the notebook while it runs: every student can read them there.

use std::{fs, path::Path};

use super::finding::Finding;

/// Larger files are data.
const LARGEST: u64 = 1 << 20;
/// Folders deeper than this hold nothing of ours.
const DEEPEST: usize = 8;

/// Tests and solutions among the support files of an unpacked autograder.
pub(super) fn findings(autograder: &Path) -> Vec<Finding> {
    let files = autograder.join("files");
    let tests: Vec<Vec<u8>> = inside(&autograder.join("tests"), 1)
        .into_iter()
        .filter_map(|path| fs::read(path).ok())
        .filter(|content| !content.is_empty())
        .collect();
    let mut found = Vec::new();
    for path in inside(&files, DEEPEST) {
        let name = path.strip_prefix(autograder).unwrap_or(&path).display().to_string();
        let Ok(content) = fs::read(&path) else { continue };
        let text = String::from_utf8_lossy(&content);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let what = if tests.contains(&content) {
            format!("the zip's {name} is one of the test files, hidden cases and all.")
        } else if ending == "py" && has_hidden_tests(&text) {
            format!("the zip's {name} has hidden tests in it.")
        } else if ending == "ipynb" && has_solutions(&text) {
            format!("the zip's {name} looks like a notebook with solutions.")
        } else {
            continue;
        };
        let what = format!("{what} It lies beside each student's notebook while that runs.");
        found.push(
            Finding::error("files-tell", what)
                .fix("Take it out of the assignment's `files`, and make the zip again."),
        );
    }
    found
}

/// The files below a folder, links not followed, in order.
fn inside(folder: &Path, deep: usize) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().collect();
    paths.sort_by_key(fs::DirEntry::path);
    let files = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_file() && metadata.len() <= LARGEST => vec![entry.path()],
        Ok(metadata) if metadata.is_dir() && deep > 1 => inside(&entry.path(), deep - 1),
        _ => Vec::new(),
    };
    paths.into_iter().flat_map(files).collect()
}

/// Whether a text marks a test case as hidden, in one of otter-grader's two formats or in JSON.
pub(super) fn has_hidden_tests(text: &str) -> bool {
    let packed: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\')).collect();
    ["hidden:True", "hidden:true", "hidden=True"].iter().any(|mark| packed.contains(mark))
}

/// Whether a notebook has the marks with which `otter assign` is told what to take out.
fn has_solutions(text: &str) -> bool {
    ["# SOLUTION", "# BEGIN SOLUTION", "# HIDDEN"].iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_the_answers_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("tests/q1.py", "test = {}");
        write("files/data.csv", "hidden: True");
        write("files/util.py", "def f(): pass");
        assert_eq!(findings(dir.path()), []);
        write("files/deep/copy.py", "test = {}");
        write("files/q2.py", "@test_case(points=1, hidden = True)");
        write("files/lab.ipynb", "\"x = 1 # SOLUTION\"");
        let found = findings(dir.path());
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].what.contains("files/deep/copy.py"), "{found:?}");
    }

    #[test]
    fn hidden_cases_are_marked_in_three_ways() {
        assert!(has_hidden_tests("{'hidden': True}"));
        assert!(has_hidden_tests("{\\\"hidden\\\": true}"));
        assert!(has_hidden_tests("@test_case(hidden=True)"));
        assert!(!has_hidden_tests("{'hidden': False}"));
    }
}
