//! The members that mean something, and those that were meant to.

use serde_json::{Map, Value};

use crate::similar::similar;

use super::{
    parse,
    remark::{Path, Remarks},
    scan,
};

/// What every section has.
pub(super) const REQUIRED: [&str; 3] = ["course_id", "subpath_to_zips", "assignments"];
/// What a section may say for all its assignments.
pub(super) const SECTION: &[&str] = &["environment", "grade_policy", "attempts", "late", "visibility"];
/// What `settings` may say for one.
pub(super) const ASSIGNMENT: &[&str] =
    &["environment", "grade_policy", "attempts", "due", "late", "visibility", "lineitem"];

/// `settings` is of our own making, so nothing in it can be meant for somebody else: a member that is not known is a
/// mistake, and a misspelt `due` would be an assignment without an end.
pub(super) fn refuse_unknown(
    members: &Map<String, Value>,
    known: &[&str],
    at: &Path<'_>,
    remarks: &mut Remarks,
) {
    for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
        let hint = did_you_mean(name, known.iter().copied());
        remarks.add(&at.member(name), format!("there is no such setting{hint}"));
    }
}

/// `; did you mean X?`, or the known ones if nothing is close and they are few.
pub(super) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(meant) = similar(name, known.clone()) {
        return format!("; did you mean `{meant}`?");
    }
    let known: Vec<_> = known.map(|known| format!("`{known}`")).collect();
    if (1..=8).contains(&known.len()) { format!("; it knows {}", known.join(", ")) } else { String::new() }
}

/// What the Python service takes silently, so that it is no error here, and what is most likely a mistake.
pub(super) fn oddities(root: &Value, text: &[u8], remarks: &mut Remarks) {
    for path in scan::repeated(text, 50) {
        // As in Python, so that a file means the same for both services.
        remarks.add_owned(path, "it is there more than once in the same object; the last one counts");
    }
    let at = Path::ROOT;
    for (name, course) in root.as_object().into_iter().flatten() {
        let at = at.member(name);
        for (name, value) in course.as_object().into_iter().flatten() {
            let at = at.member(name);
            match value.as_object().filter(|_| parse::is_section(value)) {
                Some(section) => odd_in_section(section, &at, remarks),
                None if SECTION.contains(&name.as_str()) || name == "settings" => {
                    remarks.add(&at, "it has no effect here: it belongs into a section");
                }
                None => {}
            }
        }
    }
}

fn odd_in_section(section: &Map<String, Value>, at: &Path<'_>, remarks: &mut Remarks) {
    let known = || REQUIRED.iter().chain(SECTION).chain(&["settings"]).copied();
    for name in section.keys().filter(|name| !known().any(|known| known == name.as_str())) {
        let at = at.member(name);
        if ASSIGNMENT.contains(&name.as_str()) {
            remarks.add(&at, "it has no effect here: it belongs into `settings`, below an assignment");
        } else if let Some(meant) = similar(name, known()) {
            remarks.add(&at, format!("nothing reads it; did you mean `{meant}`?"));
        }
    }
}
