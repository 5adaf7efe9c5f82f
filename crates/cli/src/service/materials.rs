//! From the configuration to the materials of all courses.

mod github;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use materials::{
    Fetched, FolderMaterials, Materials, Origin, Place,
    remote::{
        Remote,
        git::{Git, GitAccess, GitUrl},
    },
};
use model::{Name, ambient::Clock};
use server::Workshop;
use tokio::task::JoinHandle;

use self::github::GitHubs;
use super::Signals;
use crate::{
    config::{Config, Course, CourseSource},
    secrets::SecretName,
};

/// How long a start waits for materials that it has never had. Other courses wait, too; and it comes by itself later.
const FIRST_LOOK: Duration = Duration::from_secs(20);

/// What courses may share: a repository is asked and kept once, however many courses it has, and however it is written.
#[derive(PartialEq, Eq)]
struct Shared<'a> {
    source: String,
    branch: Option<&'a str>,
}

impl<'a> Shared<'a> {
    fn of(course: &'a Course) -> Self {
        let source = match &course.source {
            CourseSource::GitHub(repository) => {
                format!("github {}/{}", repository.owner(), repository.name()).to_ascii_lowercase()
            }
            CourseSource::Git(url) => format!("git {url}"),
            CourseSource::Folder(folder) => format!("folder {}", folder.display()),
        };
        Self { source, branch: course.branch.as_deref() }
    }
}

/// Opens the materials. Blocks on files, and asks no network: [`Materials::watch`] does. `dir` is where copies and
/// fetched revisions are kept; several processes may share it.
pub(crate) fn open_materials(
    config: &Config,
    dir: &Path,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<Materials>> {
    let Some(courses) = &config.materials.courses else {
        let folder = FolderMaterials::open(config.materials.dir.clone(), dir.to_owned())?;
        return Ok(Arc::new(Materials::of_folder(folder)));
    };
    let opening = Opening { config, dir, clock, githubs: GitHubs::new(config, clock) };
    let mut origins: Vec<(Shared<'_>, Arc<Origin>)> = Vec::new();
    let mut of_courses = BTreeMap::new();
    for course in courses {
        let shared = Shared::of(course);
        let known = origins.iter().find(|(other, _)| *other == shared).map(|(_, origin)| Arc::clone(origin));
        let origin = if let Some(origin) = known {
            origin
        } else {
            let together: BTreeSet<Name> = courses
                .iter()
                .filter(|other| Shared::of(other) == shared)
                .map(|course| course.name.clone())
                .collect();
            let origin = opening.origin(course, together);
            let origin =
                Arc::new(origin.with_context(|| format!("the course {} of the courses file", course.name))?);
            origins.push((shared, Arc::clone(&origin)));
            origin
        };
        of_courses.insert(course.name.clone(), origin);
    }
    Ok(Arc::new(Materials::of_courses(of_courses)))
}

/// Begins to ask repositories in the background, and waits a little for those of which nothing is on this disk yet.
/// Gives the task, which ends with the workshop; `None` if a signal came meanwhile.
pub(crate) async fn watch_materials(
    workshop: &Workshop,
    config: &Config,
    signals: &mut Signals,
) -> Option<JoinHandle<()>> {
    let watching = workshop.materials.watch(config.materials.check, workshop.stopping.clone());
    tokio::select! {
        () = workshop.materials.first_look(FIRST_LOOK) => {}
        () = signals.stop() => return None,
    }
    for problem in workshop.materials.problems() {
        tracing::warn!("{problem}");
    }
    Some(watching)
}

struct Opening<'a> {
    config: &'a Config,
    dir: &'a Path,
    clock: &'a Arc<dyn Clock>,
    githubs: GitHubs<'a>,
}

impl Opening<'_> {
    fn origin(&self, course: &Course, courses: BTreeSet<Name>) -> anyhow::Result<Origin> {
        let branch = course.branch.as_deref().map(str::parse).transpose()?;
        let remote: Arc<dyn Remote> = match &course.source {
            CourseSource::Folder(folder) => {
                return Ok(Origin::Folder(FolderMaterials::open(folder.clone(), self.dir.to_owned())?));
            }
            CourseSource::GitHub(repository) => {
                Arc::new(self.githubs.remote(&course.name, repository.clone(), branch)?)
            }
            CourseSource::Git(url) => {
                let access = self.git_access(&course.name, url)?;
                Arc::new(Git::new(url.clone(), branch, &access, &self.config.materials.allow_private)?)
            }
        };
        let place = Place { dir: self.dir.to_owned() };
        Ok(Origin::Fetched(Fetched::open(remote, &place, courses, Arc::clone(self.clock))?))
    }

    /// How a git remote lets us in: by the course's own token or that of all, over https; by the configured key, over
    /// ssh.
    fn git_access(&self, course: &Name, url: &GitUrl) -> anyhow::Result<GitAccess> {
        let settings = &self.config.materials;
        let text = url.to_string();
        if text.starts_with("ssh://") {
            return Ok(match (&settings.git_key, &settings.git_known_hosts) {
                (Some(key), Some(known_hosts)) => {
                    GitAccess::Key { key: absolute(key)?, known_hosts: absolute(known_hosts)? }
                }
                _ => bail!(
                    "{url} is asked over ssh, for which materials.git_key and materials.git_known_hosts must be set: the key that opens it, and a file with the host's own keys, as ssh-keyscan prints them"
                ),
            });
        }
        if text.starts_with("file://") {
            return Ok(GitAccess::Open);
        }
        let secrets = &self.config.secrets;
        let mut token = secrets.only_of_course(course.as_str(), SecretName::GitToken)?;
        if token.is_none() {
            token = secrets.get(SecretName::GitToken)?;
            let sites = self.git_sites();
            if token.is_some() && sites.len() > 1 {
                bail!(
                    "the secret git_token would be shown to {}. Give each course a token of its own in the sops file (COURSE: git_token: ...), or take all git remotes from one host",
                    sites.into_iter().collect::<Vec<_>>().join(" and ")
                );
            }
        }
        Ok(token.map_or(GitAccess::Open, |token| GitAccess::Token { user: settings.git_user.clone(), token }))
    }

    /// Whom the token for all would be shown to.
    fn git_sites(&self) -> BTreeSet<String> {
        let courses = self.config.materials.courses.iter().flatten();
        let sites = courses.filter_map(|course| match &course.source {
            CourseSource::Git(url) if url.to_string().starts_with("http") => {
                Some(url.to_string().split('/').take(3).collect::<Vec<_>>().join("/"))
            }
            _ => None,
        });
        sites.collect()
    }
}

/// Git is started in another folder.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    if !path.is_file() {
        bail!("there is no file {}", path.display());
    }
    Ok(path)
}
