//! The materials of all courses, wherever they come from.

mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{AssignmentKey, AssignmentSettings, CourseConfig, Name, Refusal};

use crate::{autograder::Autograder, error::MaterialsError, fetched::Fetched, folder::FolderMaterials};

/// Where the materials of some courses come from.
#[derive(Debug)]
pub enum Origin {
    /// A folder on this machine.
    Folder(FolderMaterials),
    /// A repository somewhere else.
    Fetched(Fetched),
}

impl Origin {
    /// Its newest good `course-config.json`; `None` before there was one.
    fn course_config(&self) -> Option<Arc<CourseConfig>> {
        match self {
            Self::Folder(folder) => Some(folder.course_config()),
            Self::Fetched(fetched) => fetched.course_config(),
        }
    }

    fn problems(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => folder.problems(),
            Self::Fetched(fetched) => fetched.problems(),
        }
    }

    fn as_fetched(&self) -> Option<&Fetched> {
        match self {
            Self::Folder(_) => None,
            Self::Fetched(fetched) => Some(fetched),
        }
    }
}

/// The materials of all courses that the service grades.
///
/// Nothing here waits for a network: what comes from somewhere else is fetched in the background by
/// [`Materials::watch`], and until a newer revision is whole and good the one before is used.
#[derive(Debug)]
pub struct Materials(Source);

#[derive(Debug)]
enum Source {
    /// All courses that its `course-config.json` names.
    Folder(Arc<Origin>),
    /// Only these; of each origin only the parts of the courses that it is given for.
    Courses(BTreeMap<Name, Arc<Origin>>),
}

impl Materials {
    /// One folder for all courses: those that its `course-config.json` names.
    #[must_use]
    pub fn of_folder(folder: FolderMaterials) -> Self {
        Self(Source::Folder(Arc::new(Origin::Folder(folder))))
    }

    /// An origin for each course; several courses may share one. What an origin says about other courses does not
    /// count.
    #[must_use]
    pub fn of_courses(courses: BTreeMap<Name, Arc<Origin>>) -> Self {
        Self(Source::Courses(courses))
    }

    /// What `course-config.json` says of an assignment.
    pub fn assignment(&self, key: &AssignmentKey) -> Result<AssignmentSettings, MaterialsError> {
        let config = match self.origin(&key.course)?.as_ref() {
            Origin::Folder(folder) => folder.course_config(),
            Origin::Fetched(fetched) => {
                fetched.course_config().ok_or_else(|| not_yet(&key.course, fetched))?
            }
        };
        config.assignment(key).map_err(|problem| MaterialsError::NotConfigured { problem })
    }

    /// The autograder of an assignment at its newest revision. An error is a fault for course staff to mend, never the
    /// student's.
    ///
    /// May read and hash a file, so an async caller uses `spawn_blocking`.
    pub fn autograder(&self, key: &AssignmentKey) -> Result<Autograder, MaterialsError> {
        match self.origin(&key.course)?.as_ref() {
            Origin::Folder(folder) => folder.autograder(key),
            Origin::Fetched(fetched) => match fetched.current() {
                Some(current) => current.autograder(key),
                None => Err(not_yet(&key.course, fetched)),
            },
        }
    }

    /// Every assignment, in the order of the names; those of a course whose materials are not here yet are missing.
    #[must_use]
    pub fn keys(&self) -> Vec<AssignmentKey> {
        match &self.0 {
            Source::Folder(origin) => keys(origin, |_| true),
            Source::Courses(courses) => courses
                .iter()
                .flat_map(|(course, origin)| keys(origin, |key| key.course == *course))
                .collect(),
        }
    }

    /// Whether there is another assignment of the same name, in whatever course and section. `None` while the materials of
    /// some course are not here yet: nobody knows then.
    #[must_use]
    pub fn has_namesake(&self, key: &AssignmentKey) -> Option<bool> {
        let are_here = self.origins().iter().all(|origin| origin.course_config().is_some());
        let is_namesake = |other: &AssignmentKey| other.assignment == key.assignment && other != key;
        are_here.then(|| self.keys().iter().any(is_namesake))
    }

    /// The courses that are graded here, those included whose materials are not here yet.
    #[must_use]
    pub fn courses(&self) -> BTreeSet<Name> {
        match &self.0 {
            Source::Folder(origin) => origin
                .course_config()
                .iter()
                .flat_map(|config| config.courses().cloned().collect::<Vec<_>>())
                .collect(),
            Source::Courses(courses) => courses.keys().cloned().collect(),
        }
    }

    /// What is wrong now and is being worked around by using older materials, and which materials are not here; for
    /// the operator. Empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<_> = self.origins().iter().flat_map(|origin| origin.problems()).collect();
        if let Source::Courses(courses) = &self.0 {
            let missing = courses.iter().filter(|(course, origin)| {
                matches!(origin.as_ref(), Origin::Folder(_))
                    && keys(origin, |key| key.course == **course).is_empty()
            });
            problems.extend(missing.map(|(course, _)| {
                format!(
                    "The course-config.json in the folder of the course {course} has no assignment of it. Add the course there, or correct its folder in the courses file."
                )
            }));
        }
        problems
    }

    fn origin(&self, course: &Name) -> Result<&Arc<Origin>, MaterialsError> {
        match &self.0 {
            Source::Folder(origin) => Ok(origin),
            Source::Courses(courses) => courses.get(course).ok_or_else(|| MaterialsError::NotConfigured {
                problem: Refusal::UnknownCourse { course: course.to_string() },
            }),
        }
    }

    /// Each origin once.
    fn origins(&self) -> Vec<&Arc<Origin>> {
        match &self.0 {
            Source::Folder(origin) => vec![origin],
            Source::Courses(courses) => {
                let mut origins: Vec<&Arc<Origin>> = Vec::new();
                for origin in courses.values() {
                    if !origins.iter().any(|other| Arc::ptr_eq(origin, other)) {
                        origins.push(origin);
                    }
                }
                origins
            }
        }
    }
}

fn keys(origin: &Origin, wanted: impl Fn(&AssignmentKey) -> bool) -> Vec<AssignmentKey> {
    let Some(config) = origin.course_config() else { return Vec::new() };
    config.keys().map(|(key, _)| key).filter(wanted).collect()
}

fn not_yet(course: &Name, fetched: &Fetched) -> MaterialsError {
    MaterialsError::NotYet { course: course.clone(), why: fetched.why_not_yet() }
}
