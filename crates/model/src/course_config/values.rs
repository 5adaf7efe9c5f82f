//! Single values of sections and assignments.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::grade::GradePolicy;

use super::{
    keys,
    remark::{Path, Remarks},
    settings::{LateRule, Own, Said, Visibility},
};

/// Those of the known settings that are there.
pub(super) fn settings(
    members: &Map<String, Value>,
    known: &[&str],
    at: &Path<'_>,
    remarks: &mut Remarks,
) -> Own {
    let mut own = Own::default();
    for (name, value) in members.iter().filter(|(name, _)| known.contains(&name.as_str())) {
        let at = at.member(name);
        match name.as_str() {
            "environment" => own.environment = told(environment(value), &at, remarks),
            "grade_policy" => own.grade_policy = told(grade_policy(value), &at, remarks),
            "attempts" => own.attempts = told(attempts(value), &at, remarks).unwrap_or_default(),
            "due" => own.due = told(due(value), &at, remarks),
            "late" => own.late = late(value, &at, remarks).unwrap_or_default(),
            "visibility" => own.visibility = told(visibility(value), &at, remarks),
            "lineitem" => own.lineitem = told(lineitem(value), &at, remarks),
            other => unreachable!("`{other}` is in no list of known keys"),
        }
    }
    own
}

pub(super) fn text(value: &Value, at: &Path<'_>, remarks: &mut Remarks) -> Option<String> {
    told(value.as_str().map(ToOwned::to_owned).ok_or("it must be text"), at, remarks)
}

fn told<T>(result: Result<T, &str>, at: &Path<'_>, remarks: &mut Remarks) -> Option<T> {
    result.map_err(|problem| remarks.add(at, problem)).ok()
}

/// As the configuration names environments.
fn environment(value: &Value) -> Result<String, &'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let text = value.as_str().filter(|text| !text.is_empty() && text.chars().all(is_plain));
    text.map(ToOwned::to_owned).ok_or("it must be the name of an environment: letters, digits, `-` and `_`")
}

fn grade_policy(value: &Value) -> Result<GradePolicy, &'static str> {
    match value.as_str() {
        Some("latest") => Ok(GradePolicy::Latest),
        Some("best") => Ok(GradePolicy::Best),
        _ => Err("it must be \"latest\" or \"best\""),
    }
}

fn visibility(value: &Value) -> Result<Visibility, &'static str> {
    match value.as_str() {
        Some("all") => Ok(Visibility::All),
        Some("public") => Ok(Visibility::Public),
        _ => Err("it must be \"all\" or \"public\""),
    }
}

fn attempts(value: &Value) -> Result<Said<NonZeroU32>, &'static str> {
    if value.is_null() {
        return Ok(Said::Nothing);
    }
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).and_then(NonZeroU32::new);
    number.map(Said::This).ok_or("it must be a whole number from 1 on, or null for any number")
}

/// RFC 3339 as its own grammar has it, with `T` and an offset: without one nobody could know when it is.
fn due(value: &Value) -> Result<Timestamp, &'static str> {
    const WANTED: &str =
        "it must be a time with date and offset from UTC, such as \"2026-12-01T23:59:00-08:00\"";
    let text = value.as_str().ok_or(WANTED)?;
    let digits: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let rest = digits.strip_prefix("0000-00-00T00:00").ok_or(WANTED)?;
    let rest = rest.strip_prefix(":00").map_or(rest, |rest| {
        let fraction = rest.strip_prefix('.').map(|digits| digits.trim_start_matches('0'));
        fraction.unwrap_or(rest)
    });
    if !matches!(rest, "Z" | "+00:00" | "-00:00") {
        return Err(WANTED);
    }
    text.parse().map_err(|_| "there is no such time")
}

fn late(value: &Value, at: &Path<'_>, remarks: &mut Remarks) -> Option<Said<LateRule>> {
    const WANTED: &str =
        "it must be an object such as {\"days\": 2, \"credit\": 0.5}, or null for no late work";
    if value.is_null() {
        return Some(Said::Nothing);
    }
    let members = told(value.as_object().ok_or(WANTED), at, remarks)?;
    keys::refuse_unknown(members, &["days", "credit"], at, remarks);
    let days = members.get("days").map(|value| {
        let days = value.as_f64().filter(|days| (0.0..=3650.0).contains(days) && *days > 0.0);
        told(days.ok_or("it must be a number of days above 0, at most 3650"), &at.member("days"), remarks)
    });
    let Some(credit) = members.get("credit") else {
        remarks.add(at, "`credit` is missing: the part of its points that late work earns, from 0 to 1");
        return None;
    };
    let part = credit.as_f64().filter(|part| (0.0..=1.0).contains(part));
    let credit = told(part.ok_or("it must be a number from 0 to 1"), &at.member("credit"), remarks)?;
    Some(Said::This(LateRule { days: days.flatten(), credit }))
}

/// Only its form; whom the service may call is the configuration's to say.
fn lineitem(value: &Value) -> Result<String, &'static str> {
    const WANTED: &str = "it must be the URL of a line item, beginning with https://";
    let text = value.as_str().ok_or(WANTED)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(WANTED)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let in_host = |c: char| c.is_ascii_alphanumeric() || "._:[]-".contains(c);
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    // No name and password before the host: they would stand in logs, and hide whom it really is.
    let good = !host.is_empty() && host.chars().all(in_host) && plain;
    if good { Ok(text.to_owned()) } else { Err(WANTED) }
}
