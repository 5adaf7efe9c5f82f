//! One course of the file.

use std::path::Path;

use materials::remote::github::BranchName;
use model::{GradePolicy, Name, similar};
use server::Member;

use super::{Course, CourseSource, Problem, yaml::Node};

/// The keys that say where the materials are; exactly one of them is set.
const SOURCES: [&str; 4] = ["autograder_repo", "github", "git", "folder"];
const OTHERS: [&str; 5] = ["branch", "environment", "policy", "staff", "passback"];

/// Reads the course; `None` if it cannot be used, with at least one problem.
pub(super) fn course(
    name: Name,
    line: usize,
    value: &Node,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Course> {
    let Some(members) = value.mapping() else {
        let text = format!(
            "{name}: below a course stands where its materials are, for instance `  github: owner/repo`"
        );
        problems.push(Problem { line, text });
        return None;
    };
    let (mut source, mut sources) = (None, 0);
    let mut course = Course {
        name,
        // Replaced below: without a source there is no course.
        source: CourseSource::Folder(folder.to_owned()),
        branch: None,
        environment: None,
        policy: None,
        staff: Vec::new(),
        passback: None,
        line,
    };
    for (key, line, value) in members {
        sources += usize::from(SOURCES.contains(&key.as_str()));
        let read = match key.as_str() {
            "autograder_repo" | "github" | "git" | "folder" => {
                text(value).and_then(|text| self::source(key, text, folder)).map(|found| source = Some(found))
            }
            "branch" => text(value).and_then(branch).map(|branch| course.branch = Some(branch)),
            "environment" => text(value).map(|name| course.environment = Some(name.to_owned())),
            "policy" => policy(value).map(|policy| course.policy = Some(policy)),
            "staff" => staff(value).map(|staff| course.staff = staff),
            "passback" => {
                value.switch().ok_or("it must be true or false".into()).map(|on| course.passback = Some(on))
            }
            other => Err(unknown(other)),
        };
        if let Err(problem) = read {
            problems.push(Problem { line: *line, text: format!("{}.{key}: {problem}", course.name) });
        }
    }
    if sources != 1 {
        let text = format!(
            "{}: exactly one of `autograder_repo`, `github`, `git` and `folder` must say where the materials are; there {} {sources}",
            course.name,
            if sources == 1 { "is" } else { "are" }
        );
        problems.push(Problem { line, text });
    }
    course.source = source?;
    if course.branch.is_some() && matches!(course.source, CourseSource::Folder(_)) {
        let text = format!("{}.branch: a folder has no branches", course.name);
        problems.push(Problem { line, text });
    }
    Some(course)
}

fn unknown(key: &str) -> String {
    let known = SOURCES.iter().chain(&OTHERS).copied();
    let hint = similar(key, known).map_or_else(
        || format!("; there are {}", SOURCES.iter().chain(&OTHERS).copied().collect::<Vec<_>>().join(", ")),
        |meant| format!("; did you mean `{meant}`?"),
    );
    format!("there is no such key{hint}")
}

fn text(value: &Node) -> Result<&str, String> {
    let text = value.text().ok_or("it must be text")?;
    if text.is_empty() {
        return Err("it must not be empty".into());
    }
    if text.starts_with("ENC[") {
        return Err("it is encrypted by sops. Encrypt only the secrets (sops --encrypted-regex), or put the courses into a file of their own".into());
    }
    Ok(text)
}

fn source(key: &str, text: &str, folder: &Path) -> Result<CourseSource, String> {
    match key {
        "git" => text.parse().map(CourseSource::Git).map_err(|problem| format!("{problem}")),
        "folder" => Ok(CourseSource::Folder(folder.join(text))),
        _ => text.parse().map(CourseSource::GitHub).map_err(|problem| format!("{problem}")),
    }
}

fn branch(text: &str) -> Result<String, String> {
    text.parse::<BranchName>().map(|branch| branch.as_str().to_owned()).map_err(|problem| problem.to_string())
}

fn policy(value: &Node) -> Result<GradePolicy, String> {
    match value.text() {
        Some("latest") => Ok(GradePolicy::Latest),
        Some("best") => Ok(GradePolicy::Best),
        _ => Err("it must be `latest` or `best`".into()),
    }
}

fn staff(value: &Node) -> Result<Vec<Member>, String> {
    let items = value.list().ok_or("it must be a list, such as [ada, \"group:data8-staff\"]")?;
    let one = |item: &Node| {
        let text = item.text().ok_or("each of them must be text")?;
        text.parse().map_err(|problem: server::MemberError| problem.to_string())
    };
    items.iter().map(one).collect()
}
