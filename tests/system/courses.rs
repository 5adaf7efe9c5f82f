//! The published schema of course-config.json says what the parser says, and `config` takes courses files.

use std::{
    fs,
    process::{Command, Output},
};

use model::CourseConfig;
use serde_json::Value;

use crate::{
    sample::{python, sample},
    support::{program, root, run, said},
};

/// Judges each line of standard input by the schema that is its argument.
const JUDGE: &str = r"
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
print(json.dumps([validator.is_valid(json.loads(line)) for line in sys.stdin]))
";

/// A section with these members besides those that it must have.
fn section(members: &str) -> String {
    format!(
        r#"{{"c": {{"1": {{"course_id": "x", "subpath_to_zips": "z", "assignments": {{"a": "1", "b": "2"}}, {members}}}}}}}"#
    )
}

/// One assignment's setting.
fn setting(member: &str) -> String {
    section(&format!(r#""settings": {{"a": {{{member}}}}}"#))
}

fn bare(subpath: &str) -> String {
    format!(r#"{{"c": {{"1": {{"course_id": "x", "subpath_to_zips": {subpath}, "assignments": {{}}}}}}}}"#)
}

fn good() -> Vec<String> {
    let whole = [
        r"{}",
        r#"{"$schema": "https://example.org/schema.json"}"#,
        r#"{"c": {}}"#,
        r#"{"c": {"title": "C", "a b": 1, "none": {}, "1": {"course_id": "", "subpath_to_zips": "", "assignments": {}}}}"#,
    ];
    let sections = [
        r#""other": [1]"#,
        r#""environment": "data-8_x""#,
        r#""grade_policy": "latest", "attempts": 1"#,
        r#""grade_policy": "best", "attempts": null"#,
        r#""attempts": 4294967295"#,
        r#""late": {"credit": 0}"#,
        r#""late": {"credit": 1, "days": 0.5}"#,
        r#""late": null, "visibility": "all""#,
        r#""visibility": "public", "settings": {}"#,
        r#""due": "whenever""#,
        r#""enviroment": "x""#,
        r#""settings": {"a": {}, "b": {"environment": "x", "grade_policy": "best", "visibility": "all", "attempts": 3}}"#,
    ];
    let settings = [
        r#""due": "2026-12-01T23:59:00-08:00""#,
        r#""due": "2026-12-01T23:59Z", "late": {"days": 3650, "credit": 0.5}"#,
        r#""due": "2026-02-28T00:00:00.123456789+05:30""#,
        r#""late": null"#,
        r#""lineitem": "https://lms.example.org/lineitems/1?x=2#y""#,
        r#""lineitem": "http://127.0.0.1:8000""#,
    ];
    let paths = [r#""a/b/c""#, r#""..a/b..""#, r#""a/...""#, r#"".""#];
    let all = whole.iter().map(ToString::to_string).chain(sections.iter().map(|text| section(text)));
    all.chain(settings.iter().map(|text| setting(text))).chain(paths.iter().map(|text| bare(text))).collect()
}

fn bad() -> Vec<String> {
    let whole = [
        r"[]",
        r"1",
        r#"{"c": 1}"#,
        r#"{"a b": {}}"#,
        r#"{"": {}}"#,
        r#"{".x": {}}"#,
        r#"{"c": {"a b": {"course_id": "x", "subpath_to_zips": "z", "assignments": {}}}}"#,
        r#"{"c": {"1": {"course_id": "x"}}}"#,
        r#"{"c": {"1": {"course_id": 1, "subpath_to_zips": "z", "assignments": {}}}}"#,
        r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "z", "assignments": []}}}"#,
        r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "z", "assignments": {"a": 1}}}}"#,
        r#"{"c": {"1": {"course_id": "x", "subpath_to_zips": "z", "assignments": {"a/b": "1"}}}}"#,
    ];
    let sections = [
        r#""environment": """#,
        r#""environment": "a b""#,
        r#""environment": null"#,
        r#""grade_policy": "first""#,
        r#""attempts": 0"#,
        r#""attempts": 4294967296"#,
        r#""attempts": "3""#,
        r#""attempts": 1.5"#,
        r#""late": {}"#,
        r#""late": {"credit": 1.1}"#,
        r#""late": {"credit": -0.1}"#,
        r#""late": {"credit": 1, "days": 0}"#,
        r#""late": {"credit": 1, "days": 4000}"#,
        r#""late": {"credit": 1, "hours": 3}"#,
        r#""late": 3"#,
        r#""visibility": "none""#,
        r#""settings": []"#,
        r#""settings": {"a": 1}"#,
        r#""settings": {"a b": {}}"#,
    ];
    let settings = [
        r#""deu": "2026-12-01T23:59:00Z""#,
        r#""due": "2026-12-01""#,
        r#""due": "2026-12-01T23:59:00""#,
        r#""due": "2026-12-01 23:59:00Z""#,
        r#""due": "2026-13-01T00:00:00Z""#,
        r#""due": "2026-12-01T24:00:00Z""#,
        r#""due": 1796166000"#,
        r#""lineitem": "lms.example.org/1""#,
        r#""lineitem": "https://u:p@lms.example.org/1""#,
        r#""lineitem": "https://""#,
        r#""lineitem": "https://h/a b""#,
    ];
    let paths = [r#""/a""#, r#""..""#, r#""a/../b""#, r#""a\\..""#, r#""../a""#, "1"];
    let all = whole.iter().map(ToString::to_string).chain(sections.iter().map(|text| section(text)));
    all.chain(settings.iter().map(|text| setting(text))).chain(paths.iter().map(|text| bare(text))).collect()
}

#[test]
fn the_schema_and_the_parser_judge_alike() {
    let dir = tempfile::tempdir().unwrap();
    let schema = root().join("docs/reference/course-config.schema.json");
    let sample = fs::read_to_string(sample("course/course-config.json")).unwrap();
    let sample = serde_json::from_str::<Value>(&sample).unwrap().to_string();
    let good: Vec<_> = good().into_iter().chain([sample]).collect();
    let (expected, texts): (Vec<_>, Vec<_>) =
        good.into_iter().map(|text| (true, text)).chain(bad().into_iter().map(|text| (false, text))).unzip();
    for (expected, text) in expected.iter().zip(&texts) {
        assert_eq!(CourseConfig::parse(text.as_bytes()).is_ok(), *expected, "the parser: {text}");
    }
    let lines = dir.path().join("lines");
    fs::write(&lines, texts.join("\n")).unwrap();
    let mut judge = Command::new(python());
    let output =
        judge.args(["-c", JUDGE]).arg(&schema).stdin(fs::File::open(lines).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let judged: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(judged.len(), texts.len());
    for ((judged, expected), text) in judged.iter().zip(&expected).zip(&texts) {
        assert_eq!(judged, expected, "the schema: {text}");
    }
}

#[test]
fn the_program_prints_the_published_schema() {
    let published = fs::read_to_string(root().join("docs/reference/course-config.schema.json")).unwrap();
    let output = run(["config", "schema"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), published);
}

/// `config check` on a configuration and a courses file.
fn check(configuration: &str, courses: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("courses.yaml"), courses).unwrap();
    fs::write(dir.path().join("otter-service.toml"), configuration).unwrap();
    program().args(["config", "check"]).current_dir(dir.path()).output().unwrap()
}

#[test]
fn the_courses_file_and_the_configuration_must_fit() {
    let environment = "\n[environments.data8]\npython = \"python3\"\ncourses = \"8x\"\n";
    let with = |rest: &str| format!("[materials]\ncourses = \"courses.yaml\"\n{rest}{environment}");
    let good = check(&with(""), "8x:\n  github: o/r\n  environment: data8\n9x:\n  folder: nine\n");
    assert!(good.status.success(), "{}", said(&good));
    for (configuration, courses, part) in [
        (
            with(""),
            "8x:\n  github: o/r\n  enviroment: x\n",
            "courses.yaml, line 3: 8x.enviroment: there is no such key; did you mean `environment`?",
        ),
        (
            with(""),
            "8x:\n  github: o/r\n9x:\n  github: o/r\n  environment: data9\n",
            "courses.yaml, line 3: 9x.environment: there is no section [environments.data9]",
        ),
        (with(""), "8y:\n  github: o/r\n", "environments.data8.courses: courses.yaml has no course \"8x\""),
        (with("dir = \"x\"\n"), "8x:\n  github: o/r\n", "materials.courses and materials.dir are both set"),
        (
            with("[environments.other]\npython = \"p\"\n"),
            "8x:\n  github: o/r\n  environment: other\n",
            "environments.data8.courses has the course as well",
        ),
        ("[materials]\ncourses = \"nowhere.yaml\"\n".into(), "", "nowhere.yaml cannot be read"),
        (
            "[materials]\ngithub_api = \"api.github.com\"\nallow_private = \"https://h\"\n".into(),
            "",
            "materials.allow_private",
        ),
    ] {
        let output = check(&configuration, courses);
        assert_eq!(output.status.code(), Some(2), "{part}: {}", said(&output));
        assert!(said(&output).contains(part), "{part} is not in: {}", said(&output));
    }
}
