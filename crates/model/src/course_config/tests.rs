//! Reading course-config.json.

use std::num::NonZeroU32;

use super::*;
use crate::grade::GradePolicy;

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

/// One section with these members besides those that it must have.
fn with(members: &str) -> Result<CourseConfig, CourseConfigError> {
    let text = format!(
        "{{\"c\": {{\"1\": {{\n\"course_id\": \"x\", \"subpath_to_zips\": \"z\", \"assignments\": {{\"a\": \"1\", \"b\": \"2\"}},\n{members}\n}}}}}}"
    );
    CourseConfig::parse(text.as_bytes())
}

#[test]
fn the_seed_services_file_is_read_and_what_it_does_not_know_is_left_alone() {
    let config = CourseConfig::parse(SEED.as_bytes()).unwrap();
    assert_eq!(config.section(&key("88e", "1", "lab01")).unwrap().assignments["lab01"], "a1");
    let names: Vec<_> = config.keys().map(|(key, _)| key.to_string()).collect();
    assert_eq!(names, ["88e/1/lab01", "88e/1/lab02"]);
    let settings = config.assignment(&key("88e", "1", "lab01")).unwrap();
    assert_eq!(
        settings,
        AssignmentSettings {
            course_id: "BerkeleyX+Data88E+1T2026".into(),
            block_id: "a1".into(),
            subpath_to_zips: "lab/autograders".into(),
            environment: None,
            grade_policy: None,
            attempts: None,
            due: None,
            late: None,
            visibility: Visibility::All,
            lineitem: None,
        }
    );
}

#[test]
fn what_is_not_there_is_named() {
    let config = CourseConfig::parse(SEED.as_bytes()).unwrap();
    let slug = |c, s, a| config.assignment(&key(c, s, a)).unwrap_err().slug();
    assert_eq!(slug("8x", "1", "lab01"), "unknown-course");
    assert_eq!(slug("88e", "2", "lab01"), "unknown-section");
    assert_eq!(slug("88e", "title", "lab01"), "unknown-section");
    assert_eq!(slug("88e", "1", "lab99"), "unknown-assignment");
}

#[test]
fn an_assignment_has_what_its_section_says_and_over_that_its_own() {
    let config = with(
        r#""environment": "data8", "grade_policy": "best", "attempts": 5, "visibility": "public",
        "late": {"days": 2, "credit": 0.5},
        "settings": {
            "a": {"due": "2026-12-01T23:59:00-08:00", "lineitem": "https://lms.example.org/lineitems/1"},
            "b": {"due": "2026-12-01T23:59Z", "environment": "r", "grade_policy": "latest", "attempts": null,
                  "visibility": "all", "late": {"credit": 1}}
        }"#,
    )
    .unwrap();
    let a = config.assignment(&key("c", "1", "a")).unwrap();
    let due = "2026-12-02T07:59:00Z".parse().unwrap();
    assert_eq!((a.due, a.attempts, a.visibility), (Some(due), NonZeroU32::new(5), Visibility::Public));
    assert_eq!(a.late, Some(Late { until: Some("2026-12-04T07:59:00Z".parse().unwrap()), credit: 0.5 }));
    assert_eq!((a.environment.as_deref(), a.grade_policy), (Some("data8"), Some(GradePolicy::Best)));
    assert_eq!(a.lineitem.as_deref(), Some("https://lms.example.org/lineitems/1"));
    let b = config.assignment(&key("c", "1", "b")).unwrap();
    assert_eq!((b.attempts, b.visibility), (None, Visibility::All));
    assert_eq!(b.late, Some(Late { until: None, credit: 1.0 }));
    assert_eq!((b.environment.as_deref(), b.grade_policy), (Some("r"), Some(GradePolicy::Latest)));
}

#[test]
fn without_a_due_date_nothing_is_late_and_null_takes_back_what_the_section_says() {
    let config =
        with(r#""late": {"credit": 0.5}, "settings": {"b": {"due": "2026-12-01T00:00:00Z", "late": null}}"#)
            .unwrap();
    assert_eq!(config.assignment(&key("c", "1", "a")).unwrap().late, None);
    assert_eq!(config.assignment(&key("c", "1", "b")).unwrap().late, None);
}

#[test]
fn errors_point_to_the_place() {
    let error = |text: &str| CourseConfig::parse(text.as_bytes()).unwrap_err().to_string();
    let with = |members: &str| with(members).unwrap_err().to_string();
    insta::assert_snapshot!([
        error("{"),
        error("[]"),
        error(r#"{"a b": {}}"#),
        error(r#"{"c": {"1": {"assignments": {}}}}"#),
        error(r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "z", "assignments": {"lab/1": "x"}}}}"#),
        error(r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "../z", "assignments": {}}}}"#),
        error("{\"c\": 1,\n \"d\": {\"1\": {\"course_id\": 7,\n  \"subpath_to_zips\": [], \"assignments\": {\"a\": 1}}}}"),
        with(r#""environment": "a b", "attempts": 0, "grade_policy": "first", "visibility": true, "late": 3"#),
        with(r#""late": {"days": 0}, "settings": {"lab1": {}, "a": []}"#),
        with(r#""late": {"day": 1, "credit": 2}, "settings": {"a": {"dew": 1, "late": {"credit": 1}}}"#),
        with(r#""settings": {"a": {"due": "2026-12-01"}, "b": {"due": "2026-02-30T00:00:00Z", "lineitem": "https://u@h/"}}"#),
    ].join("\n"));
}

#[test]
fn times_need_date_time_and_offset() {
    let due = |text: &str| with(&format!(r#""settings": {{"a": {{"due": "{text}"}}}}"#)).is_ok();
    for good in ["2026-12-01T23:59:00-08:00", "2026-12-01T23:59Z", "2026-12-01T23:59:59.25+05:30"] {
        assert!(due(good), "{good}");
    }
    for bad in [
        "2026-12-01T23:59:00",
        "2026-12-01",
        "2026-12-01 23:59:00Z",
        "2026-12-01T23:59:00z",
        "+002026-12-01T00:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-12-01T23:59:00-08",
        "2026-12-01T23:59:00[Europe/Berlin]",
        "",
        "2026-12-01T23:59:00.Z",
    ] {
        assert!(!due(bad), "{bad}");
    }
}

#[test]
fn a_file_that_is_wrong_all_over_is_told_shortly() {
    let names: Vec<_> = (0..4000).map(|n| format!("\"x{n}\": 1")).collect();
    let text =
        format!("{{\"c\": {{\"1\": {{\"assignments\": {{{0}}}, \"settings\": {{{0}}}}}}}}}", names.join(","));
    let told = CourseConfig::parse(text.as_bytes()).unwrap_err().to_string();
    assert!(told.len() < 20_000, "{} bytes", told.len());
    let long = format!("{{\"{}\": 1}}", "x y".repeat(100_000));
    let told = CourseConfig::parse(long.as_bytes()).unwrap_err().to_string();
    assert!(told.len() < 1000, "{} bytes", told.len());
}

#[test]
fn what_is_most_likely_a_mistake_is_told() {
    let text = "{\"$schema\": \"x\", \"c\": {\n \"attempts\": 3, \"title\": \"C\",\n \"1\": {\"course_id\": \"x\", \"course_id\": \"y\",\n  \"subpath_to_zips\": \"z\", \"assignments\": {},\n  \"enviroment\": \"data8\", \"due\": {}, \"comment\": \"\"}}}";
    let config = CourseConfig::parse(text.as_bytes()).unwrap();
    let oddities: Vec<_> = config.oddities().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(oddities.join("\n"));
    assert_eq!(config.courses().map(Name::as_str).collect::<Vec<_>>(), ["c"]);
    assert_eq!(with("\"other\": 1").unwrap().oddities(), []);
}

proptest::proptest! {
    /// Pieces of such files, put together in any way.
    #[test]
    fn nothing_makes_it_panic_and_every_place_is_in_the_text(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\n", " ", "1", "null", "true", "\"\"", "\"c\"", "\"1\"", "\"a b\"", "\"course_id\"",
            "\"subpath_to_zips\"", "\"assignments\"", "\"settings\"", "\"late\"", "\"due\"", "{\"credit\": 2}", "\"é\": {",
            "\"c\": {\"1\": {\"course_id\": \"x\",", "\"assignments\": {\"a\": \"1\"}", "}}", "}}}",
        ]), 0..25)
    ) {
        let text = pieces.concat();
        let remarks = match CourseConfig::parse(text.as_bytes()) {
            Ok(config) => config.oddities().to_vec(),
            Err(CourseConfigError::Shape(remarks)) => remarks,
            Err(CourseConfigError::NotJson(_)) => Vec::new(),
        };
        for remark in remarks {
            let line = text.lines().nth(remark.line - 1);
            proptest::prop_assert!(line.is_some_and(|line| remark.column <= line.chars().count() + 1), "{remark}");
        }
    }
}
