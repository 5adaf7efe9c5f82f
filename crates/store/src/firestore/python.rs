//! The collections of the Python service `otter-service` 2.0.18, with its fields and its words
//! (`write_grade`, `save_submission` and `write_logs` in its `otter_nb.py`), so that whatever reads them goes on working.

use jiff::{Timestamp, tz::TimeZone};
use model::{Fault, Report, Step, Submission};
use serde_json::Value as Json;

use super::{
    entry::Entry,
    fields::fields,
    rest::wire::{self, Fields},
};

/// A notebook takes at most this many bytes as a map; a document, 1 MiB.
const MOST_BYTES: usize = 800_000;
/// A notebook has at most this many values as a map; a document, 40,000 entries in indexes.
const MOST_VALUES: usize = 10_000;
/// How deep maps and lists may lie in each other; in a document, 20.
const DEEPEST: usize = 18;

/// The time as the Python service wrote it: in California, with milliseconds, and without its zone.
pub(super) fn timestamp(at: Timestamp) -> String {
    // `US/Pacific` by its present name, which is known where the old one is not. Without a table of zones: the rule
    // since 2007.
    let rule = || TimeZone::posix("PST8PDT,M3.2.0,M11.1.0");
    let zone = TimeZone::get("America/Los_Angeles").or_else(|_| rule()).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S,%3f").to_string()
}

/// A number of 0 to 1 as Python's `round(grade, 3)` gives it.
fn rounded(fraction: f64) -> f64 {
    // Printing rounds the exact binary value, as Python's `round` does.
    format!("{fraction:.3}").parse().unwrap_or(fraction)
}

/// What the Python service called the grade, if the report counts: the part of the points that was earned.
pub(super) fn grade_of(report: &Report) -> Option<f64> {
    report.fraction().map(rounded)
}

/// A document of `-grades`.
pub(super) fn grade(submission: &Submission, grade: f64, at: Timestamp) -> Fields {
    fields([
        ("user", Some(wire::text(submission.user.as_str()))),
        ("grade", Some(wire::double(grade))),
        ("course", Some(wire::text(submission.key.course.as_str()))),
        ("section", Some(wire::text(submission.key.section.as_str()))),
        ("assignment", Some(wire::text(submission.key.assignment.as_str()))),
        ("timestamp", Some(wire::text(timestamp(at)))),
    ])
}

/// A line of `-logs`.
pub(super) struct Line {
    pub(super) message: String,
    /// Errors are written always, other lines only where all are wanted.
    pub(super) is_error: bool,
}

impl Line {
    pub(super) fn info(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_error: false }
    }

    pub(super) fn error(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_error: true }
    }

    /// A document of `-logs`.
    pub(super) fn write(&self, submission: &Submission, at: Timestamp) -> Fields {
        // Where there was no exception, Python's `traceback.format_exc` said so in these words.
        let trace = if self.is_error { wire::text("NoneType: None\n") } else { wire::null() };
        fields([
            ("user", Some(wire::text(submission.user.as_str()))),
            ("course", Some(wire::text(submission.key.course.as_str()))),
            ("section", Some(wire::text(submission.key.section.as_str()))),
            ("assignment", Some(wire::text(submission.key.assignment.as_str()))),
            ("message", Some(wire::text(&self.message))),
            ("trace", Some(trace)),
            ("type", Some(wire::text(if self.is_error { "error" } else { "info" }))),
            ("timestamp", Some(wire::text(timestamp(at)))),
        ])
    }
}

/// The line for a step, if that is all it takes to know.
pub(super) fn line(entry: &Entry, step: &Step) -> Option<Line> {
    let fault = || entry.job.fault.as_ref().map_or("", |fault: &Fault| &fault.message);
    match step {
        Step::Received => Some(Line::info("user submission saved to logs")),
        Step::Superseded { newer } => Some(Line::info(format!("Not graded: submitted again as {newer}"))),
        Step::Delayed { .. } => Some(Line::error(format!("Grading will be tried again: {}", fault()))),
        Step::Failed => Some(Line::error(format!("Grading failed: {}", fault()))),
        Step::Rejected => Some(Line::error("The notebook cannot be graded by this autograder")),
        _ => None,
    }
}

/// A number as Python prints it.
pub(super) fn print(grade: f64) -> String {
    format!("{grade:?}")
}

/// What a document of `-submissions` says of the notebook.
pub(super) enum Content {
    /// The notebook itself.
    Map(Fields),
    /// Why it is not there; the whole notebook is where the document `ours` says.
    Omitted(&'static str),
}

/// A document of `-submissions`. `ours` is the name of our document of the same submission.
pub(super) fn submission(submission: &Submission, content: &Content, ours: &str) -> Fields {
    let (notebook, omitted) = match content {
        Content::Map(notebook) => (Some(wire::map(notebook.clone())), None),
        Content::Omitted(reason) => (None, Some(wire::text(*reason))),
    };
    fields([
        ("course", Some(wire::text(submission.key.course.as_str()))),
        ("section", Some(wire::text(submission.key.section.as_str()))),
        ("assignment", Some(wire::text(submission.key.assignment.as_str()))),
        ("user", Some(wire::text(submission.user.as_str()))),
        ("notebook", notebook),
        ("notebook_reference", omitted.is_some().then(|| wire::reference(ours))),
        ("notebook_omitted", omitted),
        ("timestamp", Some(wire::text(timestamp(submission.received_at)))),
    ])
}

/// Why a notebook is not in `-submissions`, when Firestore itself did not like it.
pub(super) const REFUSED: &str = "Firestore refused it as a map";
/// Why a notebook is not in `-submissions` any more.
pub(super) const EXPIRED: &str = "it was removed because of its age";

/// The notebook as a map, as far as Firestore can hold it.
pub(super) fn content(notebook: &[u8]) -> Content {
    if notebook.len() > MOST_BYTES {
        return Content::Omitted("it is too large for one document");
    }
    let Ok(Json::Object(notebook)) = serde_json::from_slice(notebook) else {
        return Content::Omitted("it is not a JSON object");
    };
    let mut left = Left { bytes: MOST_BYTES, values: MOST_VALUES };
    match left.map(notebook, DEEPEST) {
        Ok(map) => Content::Map(map),
        Err(reason) => Content::Omitted(reason),
    }
}

/// How much more a document may hold.
struct Left {
    bytes: usize,
    values: usize,
}

impl Left {
    fn take(&mut self, bytes: usize) -> Result<(), &'static str> {
        self.values = self.values.checked_sub(1).ok_or("it has too many values for one document")?;
        self.bytes = self.bytes.checked_sub(bytes + 32).ok_or("it is too large for one document")?;
        Ok(())
    }

    fn map(&mut self, map: serde_json::Map<String, Json>, depth: usize) -> Result<Fields, &'static str> {
        let below = depth.checked_sub(1).ok_or("it is nested too deeply")?;
        map.into_iter()
            .map(|(name, value)| {
                self.take(name.len())?;
                // <https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields>
                let is_reserved = name.starts_with("__") && name.ends_with("__");
                if name.is_empty() || name.len() > 1500 || is_reserved {
                    return Err("it has a name that Firestore does not take");
                }
                Ok((name, self.value(value, below)?))
            })
            .collect()
    }

    fn value(&mut self, value: Json, depth: usize) -> Result<Json, &'static str> {
        Ok(match value {
            Json::Null => wire::null(),
            Json::Bool(value) => wire::flag(value),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => wire::integer(number),
                // Python, too, could not write an integer of more than 64 bits.
                (None, Some(float)) if !number.is_u64() => wire::double(float),
                _ => return Err("it has a number that Firestore does not take"),
            },
            Json::String(text) => {
                self.take(text.len())?;
                wire::text(text)
            }
            Json::Array(values) => {
                let below = depth.checked_sub(1).ok_or("it is nested too deeply")?;
                let item = |value: Json| {
                    if value.is_array() {
                        return Err("it has a list of lists");
                    }
                    self.take(0)?;
                    self.value(value, below)
                };
                wire::array(values.into_iter().map(item).collect::<Result<_, _>>()?)
            }
            Json::Object(map) => wire::map(self.map(map, depth)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_california_s_in_summer_and_in_winter() {
        let table = [
            ("2026-01-15T08:00:00.007Z", "2026-01-15 00:00:00,007"),
            ("2026-07-15T06:59:59.999Z", "2026-07-14 23:59:59,999"),
            ("2026-11-01T08:30:00Z", "2026-11-01 01:30:00,000"),
            ("2026-11-01T09:30:00Z", "2026-11-01 01:30:00,000"),
        ];
        for (at, expected) in table {
            assert_eq!(timestamp(at.parse().unwrap()), expected);
        }
    }

    #[test]
    fn grades_are_rounded_and_printed_as_python_does() {
        for (fraction, expected) in
            [(0.6667, "0.667"), (1.0, "1.0"), (0.0, "0.0"), (0.0625, "0.062"), (0.12350, "0.123")]
        {
            assert_eq!(print(rounded(fraction)), expected);
        }
    }
}
