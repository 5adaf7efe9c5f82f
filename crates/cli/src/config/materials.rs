//! `[materials]`: one folder for all courses, or a file that says where each course's materials are.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use model::similar;

use super::{
    Environments,
    courses::{self, Course},
    layers::Layers,
    path,
};

/// Where materials come from.
#[derive(Debug, Clone)]
pub(crate) struct MaterialsSettings {
    /// The folder of all courses; used where there is no courses file.
    pub(crate) dir: PathBuf,
    /// What the courses file says; `None`: there is none.
    pub(crate) courses: Option<Vec<Course>>,
    /// How often repositories are asked for their newest commit.
    pub(crate) check: Duration,
    /// The base URL of GitHub's REST API, without a `/` at its end.
    pub(crate) github_api: String,
    /// Hosts, with or without a port, whose private addresses may be contacted.
    pub(crate) allow_private: Vec<String>,
    /// The user to whom a git remote's token belongs.
    pub(crate) git_user: String,
    /// The private key for git remotes over ssh, and the file with the keys of their hosts.
    pub(crate) git_key: Option<PathBuf>,
    pub(crate) git_known_hosts: Option<PathBuf>,
}

impl MaterialsSettings {
    pub(super) fn read(l: &mut Layers, environments: &mut Environments) -> Self {
        let file = l.text("materials.courses", optional_path);
        if file.is_some() && l.is_set("materials.dir") {
            l.error("materials.courses and materials.dir are both set: with a courses file each course says where its materials are (`folder: PATH` for a folder)".into());
        }
        let courses = file.as_ref().map(|file| {
            let courses = courses::read(file).unwrap_or_else(|problems| {
                for problem in problems {
                    l.error(problem);
                }
                Vec::new()
            });
            use_environments(file, &courses, environments, l);
            courses
        });
        Self {
            dir: l.text("materials.dir", path),
            courses,
            check: Duration::from_secs(l.number("materials.check_s", 5..=86_400)),
            github_api: l.text("materials.github_api", base_url),
            allow_private: l.text("materials.allow_private", hosts),
            git_user: l.text("materials.git_user", git_user),
            git_key: l.text("materials.git_key", optional_path),
            git_known_hosts: l.text("materials.git_known_hosts", optional_path),
        }
    }
}

/// Adds what the courses file says of environments to what their sections say.
fn use_environments(file: &Path, courses: &[Course], environments: &mut Environments, l: &mut Layers) {
    let names = || courses.iter().map(|course| course.name.as_str());
    for (name, environment) in &environments.named {
        // Of a file that cannot be read nothing is known.
        for course in environment.courses.iter().filter(|_| !courses.is_empty()) {
            if !names().any(|name| name == course) {
                let hint = similar(course, names())
                    .map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"));
                l.error(format!(
                    "environments.{name}.courses: {} has no course {course:?}{hint}",
                    file.display()
                ));
            }
        }
    }
    for course in courses {
        let Some(wanted) = &course.environment else { continue };
        let place = format!("{}, line {}: {}.environment", file.display(), course.line, course.name);
        let other = environments.named.iter().find(|(name, environment)| {
            *name != wanted && environment.courses.iter().any(|name| name == course.name.as_str())
        });
        if let Some((other, _)) = other {
            l.error(format!("{place}: it is {wanted:?} here, and environments.{other}.courses has the course as well; say it in one place"));
        } else if let Some(environment) = environments.named.get_mut(wanted) {
            if !environment.courses.iter().any(|name| name == course.name.as_str()) {
                environment.courses.push(course.name.to_string());
            }
        } else {
            let known = environments.named.keys().map(String::as_str);
            let hint =
                similar(wanted, known).map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"));
            l.error(format!(
                "{place}: there is no section [environments.{wanted}] in the configuration{hint}"
            ));
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "handed over as a parser, which may fail")]
pub(super) fn optional_path(text: &str) -> Result<Option<PathBuf>, std::convert::Infallible> {
    Ok((!text.is_empty()).then(|| Path::new(text).to_owned()))
}

fn base_url(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]".contains(c);
    if rest.is_empty() || !rest.chars().all(plain) {
        return Err("it must be a URL such as https://api.github.com or https://github.example.edu/api/v3");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn git_user(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._@".contains(c);
    let good = !text.is_empty() && text.chars().all(plain);
    good.then(|| text.to_owned()).ok_or("it must be a user's name, such as oauth2 or x-access-token")
}

/// Host names, with commas between them.
pub(super) fn hosts(text: &str) -> Result<Vec<String>, String> {
    let hosts = text.split(',').map(str::trim).filter(|host| !host.is_empty());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    hosts
        .map(|host| {
            let is_host = host.chars().all(plain);
            is_host.then(|| host.to_owned()).ok_or_else(|| {
                format!(
                    "{host:?} is not a host: a name or an address, with or without `:PORT`, and no https://"
                )
            })
        })
        .collect()
}
