//! The courses file: one file that tells the service about many courses (docs/reference/courses-file.md).
//!
//! The Python service's `course_repos.yaml` is read as it is, and so is the older file in which it kept the courses
//! together with its encrypted keys.

mod entry;
#[cfg(test)]
mod tests;
mod yaml;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use materials::remote::{git::GitUrl, github::RepositoryName};
use model::{GradePolicy, Name};
use server::Member;

use self::yaml::Node;

/// Larger than any list of courses.
const MAX_BYTES: usize = 1 << 20;

/// What the service is told about one course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) name: Name,
    pub(crate) source: CourseSource,
    /// The branch of a repository; `None`: `main`, then `master`.
    pub(crate) branch: Option<String>,
    /// The name of the environment, which is there.
    pub(crate) environment: Option<String>,
    pub(crate) policy: Option<GradePolicy>,
    /// Who looks after it.
    pub(crate) staff: Vec<Member>,
    /// Whether its grades are to be posted; `None`: as for all.
    pub(crate) passback: Option<bool>,
    /// Where it stands in the file.
    pub(crate) line: usize,
}

/// Where a course's materials are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CourseSource {
    GitHub(RepositoryName),
    Git(GitUrl),
    Folder(PathBuf),
}

/// A problem of the file.
#[derive(Debug)]
struct Problem {
    line: usize,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// Reads the file; all problems, each with the file's path.
pub(super) fn read(path: &Path) -> Result<Vec<Course>, Vec<String>> {
    let here = |problem: &dyn fmt::Display| format!("{}, {problem}", path.display());
    let text = fs::read_to_string(path)
        .map_err(|error| vec![format!("materials.courses: {} cannot be read: {error}", path.display())])?;
    if text.len() > MAX_BYTES {
        return Err(vec![here(&"it is larger than 1 MiB, which no list of courses is")]);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, folder).map_err(|problems| problems.iter().map(|problem| here(problem)).collect())
}

/// Parses the text; `folder` is what paths are relative to.
fn parse(text: &str, folder: &Path) -> Result<Vec<Course>, Vec<Problem>> {
    let (root, mut problems) = yaml::parse(text).map_err(|problem| vec![problem])?;
    let mut courses: Vec<Course> = Vec::new();
    let Some(members) = root.mapping() else {
        let text = "the file must name courses, each with where its materials are, for instance `8x:` and below it `  github: owner/repo`";
        return Err(vec![Problem { line: root.line, text: text.into() }]);
    };
    // sops leaves this member in what it encrypts.
    let of_sops = members.iter().any(|(name, _, value)| name == "sops" && value.mapping().is_some());
    for (name, line, value) in members {
        if is_no_course(name, value, of_sops) {
            continue;
        }
        match name.parse::<Name>() {
            Err(problem) => {
                problems.push(Problem {
                    line: *line,
                    text: format!("{name:?} is not the name of a course: {problem}"),
                });
            }
            Ok(name) => courses.extend(entry::course(name, *line, value, folder, &mut problems)),
        }
    }
    if courses.is_empty() && problems.is_empty() {
        problems.push(Problem { line: root.line, text: "the file names no course".into() });
    }
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(courses) } else { Err(problems) }
}

/// What stands beside the courses in the Python service's older file: its keys, and what sops keeps for itself.
fn is_no_course(name: &str, value: &Node, of_sops: bool) -> bool {
    let is_text = value.text().is_some();
    (of_sops && (name == "sops" || is_text)) || (is_text && name.starts_with("github_"))
}
