//! `course-config.json`: which courses, sections and assignments there are, as the Python service has it, and what it
//! may say besides (docs/reference/course-config.md).

mod keys;
mod parse;
mod remark;
mod scan;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use crate::{
    names::{AssignmentKey, Name},
    refusal::Refusal,
};

use self::{remark::Remarks, settings::Own};

pub use self::{
    remark::Remark,
    settings::{AssignmentSettings, Late, Visibility},
};

/// The assignments of a section: the name in notebooks, and the id of its block in the learning platform.
pub type Assignments = BTreeMap<Name, String>;

/// A parsed `course-config.json`: course, then section.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CourseConfig {
    courses: BTreeMap<Name, Course>,
    oddities: Vec<Remark>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Course {
    sections: BTreeMap<Name, Section>,
}

/// One section of a course.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The course run in the learning platform, for instance `BerkeleyX+Data8.1x+3T2026`.
    pub course_id: String,
    /// The folder of the autograders, relative to the materials' root.
    pub subpath_to_zips: String,
    /// Name to the id of the assignment's block in the learning platform.
    pub assignments: Assignments,
    for_all: Own,
    settings: BTreeMap<Name, Own>,
}

/// Why a text is not a `course-config.json`.
#[derive(Debug, Error)]
pub enum CourseConfigError {
    /// Not JSON at all.
    #[error("course-config.json is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// JSON, but not of the right shape: all that is wrong, in the order of the text.
    #[error("course-config.json: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Shape(Vec<Remark>),
}

impl CourseConfig {
    /// Parses the file's text.
    pub fn parse(text: &[u8]) -> Result<Self, CourseConfigError> {
        let root: Value = serde_json::from_slice(text).map_err(CourseConfigError::NotJson)?;
        let mut wrong = Remarks::default();
        let courses = parse::courses(&root, &mut wrong);
        if !wrong.is_empty() {
            return Err(CourseConfigError::Shape(wrong.locate(text)));
        }
        let mut odd = Remarks::default();
        keys::oddities(&root, text, &mut odd);
        Ok(Self { courses, oddities: odd.locate(text) })
    }

    /// What is no error, because the Python service takes it, and most likely a mistake: members that are there twice,
    /// misspelt or in the wrong place.
    #[must_use]
    pub fn oddities(&self) -> &[Remark] {
        &self.oddities
    }

    /// The names of the courses, in order.
    pub fn courses(&self) -> impl Iterator<Item = &Name> {
        self.courses.keys()
    }

    /// The section that grades `key`, or why there is none.
    pub fn section(&self, key: &AssignmentKey) -> Result<&Section, Refusal> {
        let (course, section) = (key.course.to_string(), key.section.to_string());
        let Some(found) = self.courses.get(&key.course) else {
            return Err(Refusal::UnknownCourse { course });
        };
        let Some(found) = found.sections.get(&key.section) else {
            return Err(Refusal::UnknownSection { course, section });
        };
        if !found.assignments.contains_key(&key.assignment) {
            let assignment = key.assignment.to_string();
            return Err(Refusal::UnknownAssignment { course, section, assignment });
        }
        Ok(found)
    }

    /// What holds for `key`: what its section says, and over that what is said for itself. Or why there is none.
    pub fn assignment(&self, key: &AssignmentKey) -> Result<AssignmentSettings, Refusal> {
        let settings = self.section(key)?.resolve(&key.assignment);
        Ok(settings.expect("`section` gives only sections that have the assignment"))
    }

    /// Every assignment, in the order of the names.
    pub fn keys(&self) -> impl Iterator<Item = (AssignmentKey, &Section)> {
        self.courses.iter().flat_map(|(course, found)| {
            found.sections.iter().flat_map(move |(section, found)| {
                found.assignments.keys().map(move |assignment| {
                    let key = AssignmentKey {
                        course: course.clone(),
                        section: section.clone(),
                        assignment: assignment.clone(),
                    };
                    (key, found)
                })
            })
        })
    }
}
