//! What is looked at: a folder of materials, or a course of the configured service.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;

use materials::{Autograder, FolderMaterials, MaterialsError};
use model::{
    AssignmentKey, CourseConfigError, Name,
    ambient::{Clock, SystemClock},
};
use tokio_util::sync::CancellationToken;

use super::finding::{Finding, shown};
use crate::{config::Config, service::open_materials};

/// How long a repository may take to come.
const FETCH: Duration = Duration::from_mins(2);
/// Each autograder has the environment that it asks for.
const OWN: &str = "autograder";

/// What is looked at.
pub(super) struct Subject {
    /// As it was named.
    pub(super) name: String,
    /// Where notebooks are looked for when no folder is given.
    pub(super) root: Option<PathBuf>,
    pub(super) assignments: Vec<Assignment>,
    /// What was found so far.
    pub(super) findings: Vec<Finding>,
}

/// One of its assignments.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub(super) key: AssignmentKey,
    /// Where its autograder is, for people.
    pub(super) file: String,
    /// The environment that course-config.json names for it.
    pub(super) environment: Option<String>,
    /// Absent where it cannot be had, which has been told.
    pub(super) autograder: Option<Autograder>,
}

impl Subject {
    /// A folder of materials. Copies of its autograders are kept in `cache` while this lasts. `configured`: the environments
    /// that it may name are known.
    pub(super) fn folder(dir: &Path, cache: PathBuf, configured: bool) -> anyhow::Result<Self> {
        let name = dir.display().to_string();
        let root = Some(dir.to_owned());
        let mut subject = Self { name, root, assignments: Vec::new(), findings: Vec::new() };
        let file = shown(&dir.join("course-config.json"));
        let materials = match FolderMaterials::open(dir.to_owned(), cache) {
            Ok(materials) => materials,
            Err(error) => {
                subject.findings.extend(of_config(error)?.into_iter().map(|found| found.in_file(&file)));
                return Ok(subject);
            }
        };
        let config = materials.course_config();
        for remark in config.oddities() {
            let found = Finding::warning("config-odd", format!("at `{}`: {}", remark.at, remark.text));
            let found = found.fix("Correct the member's name, or leave it out.").in_line(Some(remark.line));
            subject.findings.push(found.in_file(&file));
        }
        for (key, section) in config.keys() {
            let zip = dir.join(&section.subpath_to_zips).join(format!("{}-autograder.zip", key.assignment));
            let environment = config.assignment(&key).ok().and_then(|settings| settings.environment);
            let environment = environment
                .filter(|name| configured || name == OWN || subject.leaves_out_environment(name, &file));
            subject.add(key.clone(), shown(&zip), environment, materials.autograder(&key));
        }
        if subject.assignments.is_empty() {
            let found = Finding::warning("config-empty", "course-config.json names no assignment.");
            subject.findings.push(found.in_file(&file));
        }
        let folders = config.keys().map(|(_, section)| dir.join(&section.subpath_to_zips));
        subject.findings.extend(super::zips::of_nobody(folders.collect(), &subject.assignments));
        subject.findings.extend(super::zips::same(&subject.assignments));
        Ok(subject)
    }

    /// A course of the configured service. From a repository it comes at its newest commit, kept in `cache` while this
    /// lasts.
    pub(super) async fn course(course: &Name, config: &Config, cache: PathBuf) -> anyhow::Result<Self> {
        let configured = config.clone();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let opened = move || open_materials(&configured, &cache, &clock);
        let materials = tokio::task::spawn_blocking(opened).await??;
        if !materials.courses().contains(course) {
            let known: Vec<_> = materials.courses().iter().map(ToString::to_string).collect();
            let known = known.join(", ");
            anyhow::bail!(
                "there is neither a folder nor a configured course named {course}; there are {known}"
            );
        }
        let stopping = CancellationToken::new();
        let watching = materials.watch(config.materials.check, stopping.clone());
        materials.first_look(FETCH).await;
        stopping.cancel();
        watching.await.context("the repositories cannot be asked")?;

        let (name, root) = (course.to_string(), None);
        let mut subject = Self { name, root, assignments: Vec::new(), findings: Vec::new() };
        for problem in materials.problems() {
            subject.findings.push(Finding::warning("materials", problem));
        }
        for key in materials.keys().into_iter().filter(|key| key.course == *course) {
            let environment = materials.assignment(&key).ok().and_then(|settings| settings.environment);
            let autograder = materials.autograder(&key);
            let path = autograder.as_ref().map(|autograder| autograder.path().display().to_string());
            subject.add(
                key.clone(),
                path.unwrap_or_else(|_| "course-config.json".into()),
                environment,
                autograder,
            );
        }
        if subject.assignments.is_empty() {
            let finding =
                Finding::error("course-empty", format!("there are no materials of the course {course}."));
            subject.findings.push(
                finding.fix("Look at what is said of the materials here, or at `otter-service doctor`."),
            );
        }
        subject.findings.extend(super::zips::same(&subject.assignments));
        Ok(subject)
    }

    /// Says that an environment is not known here; false.
    fn leaves_out_environment(&mut self, name: &str, file: &str) -> bool {
        let what = format!(
            "the environment {name:?} is known to the service's configuration only; the default one is used here."
        );
        let fix = "Give that configuration with --config, or the environment's packages with --requirements.";
        let found = Finding::note("environment-unknown", what).fix(fix).in_file(file);
        if !self.findings.contains(&found) {
            self.findings.push(found);
        }
        false
    }

    /// Adds an assignment, and what is wrong with its autograder.
    pub(super) fn add(
        &mut self,
        key: AssignmentKey,
        file: String,
        environment: Option<String>,
        autograder: Result<Autograder, MaterialsError>,
    ) {
        let autograder = match autograder {
            Ok(autograder) => Some(autograder),
            Err(error) => {
                let code = match &error {
                    MaterialsError::NoAutograder { .. } => "zip-missing",
                    _ => "zip-unreadable",
                };
                let found = Finding::error(code, error.to_string()).in_file(&file);
                self.findings.push(found.of_assignment(&key.to_string()));
                None
            }
        };
        self.assignments.push(Assignment { key, file, environment, autograder });
    }

    /// Leaves out what was not asked for: `wanted` are assignments' names.
    pub(super) fn only(&mut self, wanted: &[String]) -> anyhow::Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let is_wanted = |key: &AssignmentKey| wanted.iter().any(|name| name == key.assignment.as_str());
        for name in wanted {
            if !self.assignments.iter().any(|assignment| name == assignment.key.assignment.as_str()) {
                anyhow::bail!("{} has no assignment {name}", self.name);
            }
        }
        self.leave_out(|assignment| !is_wanted(&assignment.key));
        Ok(())
    }

    fn leave_out(&mut self, is_other: impl FnMut(&mut Assignment) -> bool) {
        let left_out = self.assignments.extract_if(.., is_other).map(|assignment| assignment.key.to_string());
        let left_out: BTreeSet<_> = left_out.collect();
        self.findings.retain(|finding| finding.assignment.as_ref().is_none_or(|of| !left_out.contains(of)));
    }
}

/// What is wrong with the course's configuration, or an error if it could not be looked at.
fn of_config(error: MaterialsError) -> anyhow::Result<Vec<Finding>> {
    let fix = "Correct the file; docs/reference/course-config.md has its members.";
    Ok(match error {
        MaterialsError::NoFolder { .. } | MaterialsError::Cache { .. } => return Err(error.into()),
        MaterialsError::BadCourseConfig { problem: CourseConfigError::Shape(remarks), .. } => {
            let found = |remark: model::Remark| {
                let place =
                    if remark.at.is_empty() { String::new() } else { format!("at `{}`: ", remark.at) };
                let found = Finding::error("config", format!("{place}{}", remark.text));
                found.fix(fix).in_line(Some(remark.line))
            };
            remarks.into_iter().map(found).collect()
        }
        MaterialsError::BadCourseConfig { problem: CourseConfigError::NotJson(problem), .. } => {
            let found = Finding::error("config", format!("this is not JSON: {problem}"));
            vec![found.in_line(Some(problem.line().max(1))).fix("Correct the file.")]
        }
        error => vec![Finding::error("config", error.to_string())],
    })
}
