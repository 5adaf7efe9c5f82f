//! The zips beside each other.

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::{
    finding::{Finding, shown},
    subject::Assignment,
};

/// Zips in the folders of autograders that no assignment names.
pub(super) fn of_nobody(mut folders: Vec<PathBuf>, assignments: &[Assignment]) -> Vec<Finding> {
    folders.sort();
    folders.dedup();
    let mut files: Vec<String> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "zip"))
        .map(|path| shown(&path))
        .filter(|file| assignments.iter().all(|assignment| assignment.file != *file))
        .collect();
    files.sort();
    let found = |file: String| {
        let is_autograder = file.ends_with("-autograder.zip");
        let what = "no assignment in course-config.json has this autograder.";
        let found = if is_autograder {
            Finding::warning("zip-unnamed", what)
        } else {
            Finding::note(
                "zip-unnamed",
                "an autograder is named ASSIGNMENT-autograder.zip; nothing uses this file.",
            )
        };
        found.fix("Add the assignment to course-config.json, or remove the file.").in_file(&file)
    };
    files.into_iter().map(found).collect()
}

/// Assignments with one and the same autograder.
pub(super) fn same(assignments: &[Assignment]) -> Vec<Finding> {
    let mut first: BTreeMap<String, &Assignment> = BTreeMap::new();
    let mut found = Vec::new();
    for assignment in assignments {
        let Some(autograder) = &assignment.autograder else { continue };
        let revision = autograder.revision().to_string();
        if let Some(other) = first.get(&revision) {
            // One file for two sections is meant.
            if other.file != assignment.file {
                let what = format!("its autograder is byte for byte that of {} ({}).", other.key, other.file);
                let finding = Finding::warning("zip-same", what).in_file(&assignment.file);
                let finding = finding.fix("Look whether one of the two was copied over the other.");
                found.push(finding.of_assignment(&assignment.key.to_string()));
            }
        } else {
            first.insert(revision, assignment);
        }
    }
    found
}
