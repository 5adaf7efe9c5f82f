//! `course-config.json`: which courses, sections and assignments there are, as the Python service has it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{
    names::{AssignmentKey, Name, NameError},
    refusal::Refusal,
};

/// The assignments of a section: the name in notebooks, and the id of its block in the learning platform.
pub type Assignments = BTreeMap<Name, String>;

/// A parsed `course-config.json`: course, then section.
///
/// Members that this version does not know are kept, so that writing it out again loses nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CourseConfig {
    #[serde(flatten)]
    courses: BTreeMap<Name, Course>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
struct Course {
    #[serde(flatten)]
    sections: BTreeMap<Name, Section>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// One section of a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The course run in the learning platform, for instance `BerkeleyX+Data8.1x+3T2026`.
    pub course_id: String,
    /// The folder of the autograders, relative to the materials' root.
    pub subpath_to_zips: String,
    /// Name to the id of the assignment's block in the learning platform.
    pub assignments: Assignments,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Why a text is not a `course-config.json`.
#[derive(Debug, Error)]
pub enum CourseConfigError {
    /// Not JSON at all.
    #[error("course-config.json is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// JSON, but not of the right shape.
    #[error("course-config.json: at `{at}`: {problem}")]
    Shape {
        /// JSON pointer to the place.
        at: String,
        /// What is wrong there.
        problem: String,
    },
}

impl CourseConfig {
    /// Parses the file's text.
    pub fn parse(text: &[u8]) -> Result<Self, CourseConfigError> {
        let value: Value = serde_json::from_slice(text).map_err(CourseConfigError::NotJson)?;
        let mut courses = BTreeMap::new();
        for (name, value) in object(value, "")? {
            let at = pointer("", &name);
            courses.insert(parse_name(&name, &at)?, parse_course(value, &at)?);
        }
        Ok(Self { courses })
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

/// An object with any of a section's three members is one, so that a misspelt one is found; anything else is kept as it is.
fn parse_course(value: Value, at: &str) -> Result<Course, CourseConfigError> {
    let mut course = Course::default();
    for (name, value) in object(value, at)? {
        let is_section = value.as_object().is_some_and(|o| {
            ["course_id", "subpath_to_zips", "assignments"].iter().any(|key| o.contains_key(*key))
        });
        if is_section {
            let at = pointer(at, &name);
            let section = parse_section(value, &at)?;
            course.sections.insert(parse_name(&name, &at)?, section);
        } else {
            course.other.insert(name, value);
        }
    }
    Ok(course)
}

fn parse_section(value: Value, at: &str) -> Result<Section, CourseConfigError> {
    let section: Section = serde_json::from_value(value)
        .map_err(|error| CourseConfigError::Shape { at: at.to_owned(), problem: error.to_string() })?;
    let escapes = section.subpath_to_zips.split(['/', '\\']).any(|part| part == "..");
    if escapes || section.subpath_to_zips.starts_with('/') {
        let problem =
            "it must be a folder inside the materials, without `..` and not starting with `/`".into();
        return Err(CourseConfigError::Shape { at: pointer(at, "subpath_to_zips"), problem });
    }
    Ok(section)
}

fn object(value: Value, at: &str) -> Result<Map<String, Value>, CourseConfigError> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(CourseConfigError::Shape { at: at.to_owned(), problem: "it must be an object".into() }),
    }
}

fn parse_name(name: &str, at: &str) -> Result<Name, CourseConfigError> {
    name.parse().map_err(|problem: NameError| CourseConfigError::Shape {
        at: at.to_owned(),
        problem: format!("this is not a name: {problem}"),
    })
}

fn pointer(parent: &str, member: &str) -> String {
    format!("{parent}/{}", member.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = r#"{
        "88e": {
            "1": {
                "course_id": "BerkeleyX+Data88E+1T2026",
                "subpath_to_zips": "lab/autograders",
                "assignments": {"lab02": "c09d043b662b4b4b96fceacb1f4aa1c9", "lab01": "a1"},
                "due": {"lab01": "2026-12-01"}
            },
            "title": "Economic Models"
        }
    }"#;

    fn key(course: &str, section: &str, assignment: &str) -> AssignmentKey {
        let name = |text: &str| text.parse().unwrap();
        AssignmentKey { course: name(course), section: name(section), assignment: name(assignment) }
    }

    #[test]
    fn the_seed_services_file_is_read_and_unknown_members_are_kept() {
        let config = CourseConfig::parse(SEED.as_bytes()).unwrap();
        assert_eq!(config.section(&key("88e", "1", "lab01")).unwrap().assignments["lab01"], "a1");
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(SEED).unwrap());
        let names: Vec<_> = config.keys().map(|(key, _)| key.to_string()).collect();
        assert_eq!(names, ["88e/1/lab01", "88e/1/lab02"]);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let config = CourseConfig::parse(SEED.as_bytes()).unwrap();
        let slug = |c, s, a| config.section(&key(c, s, a)).unwrap_err().slug();
        assert_eq!(slug("8x", "1", "lab01"), "unknown-course");
        assert_eq!(slug("88e", "2", "lab01"), "unknown-section");
        assert_eq!(slug("88e", "title", "lab01"), "unknown-section");
        assert_eq!(slug("88e", "1", "lab99"), "unknown-assignment");
    }

    #[test]
    fn errors_point_to_the_place() {
        let error = |text: &str| CourseConfig::parse(text.as_bytes()).unwrap_err().to_string();
        insta::assert_snapshot!([
            error("{"),
            error("[]"),
            error(r#"{"a b": {}}"#),
            error(r#"{"c": {"1": {"assignments": {}}}}"#),
            error(r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "z", "assignments": {"lab/1": "x"}}}}"#),
            error(r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "../z", "assignments": {}}}}"#),
        ].join("\n"));
    }
}
