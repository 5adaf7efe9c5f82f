//! From JSON to courses and sections. All that is wrong is found before any of it is told.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::names::{Name, NameError};

use super::{
    Assignments, Course, Section,
    keys::{self, SECTION},
    remark::{Path, Remarks},
    settings::Said,
    values,
};

/// Reads the whole file.
pub(super) fn courses(root: &Value, remarks: &mut Remarks) -> BTreeMap<Name, Course> {
    let at = Path::ROOT;
    let mut courses = BTreeMap::new();
    for (name, value) in object(root, &at, remarks).into_iter().flatten() {
        // Lets editors find the published schema. It can be no course, because of the `$`.
        if name == "$schema" {
            continue;
        }
        let at = at.member(name);
        if let (Some(name), Some(course)) = (parse_name(name, &at, remarks), course(value, &at, remarks)) {
            courses.insert(name, course);
        }
    }
    courses
}

/// An object with any of the members that a section must have is one, so that a misspelt one is found; anything else is
/// left alone, as the Python service does.
fn course(value: &Value, at: &Path<'_>, remarks: &mut Remarks) -> Option<Course> {
    let mut course = Course::default();
    for (name, value) in object(value, at, remarks)? {
        if !is_section(value) {
            continue;
        }
        let at = at.member(name);
        if let (Some(name), Some(section)) = (parse_name(name, &at, remarks), section(value, &at, remarks)) {
            course.sections.insert(name, section);
        }
    }
    Some(course)
}

pub(super) fn is_section(value: &Value) -> bool {
    value.as_object().is_some_and(|members| keys::REQUIRED.iter().any(|key| members.contains_key(*key)))
}

fn section(value: &Value, at: &Path<'_>, remarks: &mut Remarks) -> Option<Section> {
    let members = object(value, at, remarks)?;
    for key in keys::REQUIRED {
        if !members.contains_key(key) {
            remarks.add(at, format!("`{key}` is missing"));
        }
    }
    let assignments = members.get("assignments").map(|value| {
        let at = at.member("assignments");
        let mut assignments = Assignments::new();
        for (name, value) in object(value, &at, remarks).into_iter().flatten() {
            let at = at.member(name);
            let (name, block_id) = (parse_name(name, &at, remarks), values::text(value, &at, remarks));
            assignments.extend(name.zip(block_id));
        }
        assignments
    });
    let assignments = assignments.unwrap_or_default();
    let for_all = values::settings(members, SECTION, at, remarks);
    let mut own = BTreeMap::new();
    if let Some(value) = members.get("settings") {
        let at = at.member("settings");
        for (name, value) in object(value, &at, remarks).into_iter().flatten() {
            let at = at.member(name);
            let Some((assignment, _)) = assignments.get_key_value(name.as_str()) else {
                // Looking for what was meant takes its time.
                if !remarks.is_full() {
                    let hint = keys::did_you_mean(name, assignments.keys().map(Name::as_str));
                    remarks.add(&at, format!("the section has no assignment of this name{hint}"));
                }
                continue;
            };
            if let Some(members) = object(value, &at, remarks) {
                keys::refuse_unknown(members, keys::ASSIGNMENT, &at, remarks);
                own.insert(assignment.clone(), values::settings(members, keys::ASSIGNMENT, &at, remarks));
            }
        }
    }
    for (name, own) in &own {
        if matches!(own.late, Said::This(_)) && own.due.is_none() {
            let settings = at.member("settings");
            let of_assignment = settings.member(name.as_str());
            let at = of_assignment.member("late");
            remarks.add(&at, "without `due` nothing is late; give `due` as well");
        }
    }
    Some(Section {
        course_id: required(members, "course_id", at, remarks)?,
        subpath_to_zips: subpath(members, at, remarks)?,
        assignments,
        for_all,
        settings: own,
    })
}

fn required(
    members: &Map<String, Value>,
    key: &'static str,
    at: &Path<'_>,
    remarks: &mut Remarks,
) -> Option<String> {
    values::text(members.get(key)?, &at.member(key), remarks)
}

fn subpath(members: &Map<String, Value>, at: &Path<'_>, remarks: &mut Remarks) -> Option<String> {
    let subpath = required(members, "subpath_to_zips", at, remarks)?;
    let escapes = subpath.split(['/', '\\']).any(|part| part == "..");
    if escapes || subpath.starts_with('/') {
        let problem = "it must be a folder inside the materials, without `..` and not starting with `/`";
        remarks.add(&at.member("subpath_to_zips"), problem);
    }
    Some(subpath)
}

fn object<'v>(value: &'v Value, at: &Path<'_>, remarks: &mut Remarks) -> Option<&'v Map<String, Value>> {
    let object = value.as_object();
    if object.is_none() {
        remarks.add(at, "it must be an object");
    }
    object
}

fn parse_name(name: &str, at: &Path<'_>, remarks: &mut Remarks) -> Option<Name> {
    let parsed = name.parse();
    parsed.map_err(|problem: NameError| remarks.add(at, format!("this is not a name: {problem}"))).ok()
}
