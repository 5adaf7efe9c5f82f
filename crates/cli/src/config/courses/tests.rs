//! Reading courses files.

use super::*;

fn parsed(text: &str) -> Vec<Course> {
    parse(text, Path::new("/etc/otter-service")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(text: &str) -> String {
    let problems = parse(text, Path::new("/etc/otter-service")).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn github(text: &str) -> CourseSource {
    CourseSource::GitHub(text.parse().unwrap())
}

#[test]
fn the_python_services_course_repos_are_read_as_they_are() {
    let courses = parsed(
        "8x:\n    autograder_repo: github.com/edx-berkeley/8X-autograders\n88ex:\n    autograder_repo: github.com/edx-berkeley/88E-autograders\n",
    );
    let found: Vec<_> = courses.iter().map(|course| (course.name.as_str(), course.source.clone())).collect();
    assert_eq!(
        found,
        [
            ("8x", github("github.com/edx-berkeley/8X-autograders")),
            ("88ex", github("github.com/edx-berkeley/88E-autograders")),
        ]
    );
}

#[test]
fn courses_are_found_beside_the_encrypted_keys_of_its_older_file() {
    let courses = parsed(
        "github_app_id: \"3484933\"\ngithub_app_private_key: ENC[AES256_GCM,data:kK,iv:x,tag:y,type:str]\nanything: 3\n8x:\n    autograder_repo: github.com/edx-berkeley/8X-autograders\nsops:\n    kms: []\n    gcp_kms:\n        - resource_id: projects/p\n          enc: CiUA\n    version: 3.8.1\n",
    );
    assert_eq!(courses.len(), 1);
    assert!(
        problems("8x:\n  autograder_repo: ENC[AES256_GCM,data:kK]\nsops:\n  version: 3\n")
            .contains("encrypted by sops")
    );
}

#[test]
fn all_that_can_be_said_of_a_course() {
    let courses = parsed(
        "# ours\n8x:\n  github: edx-berkeley/8X-autograders\n  branch: fall26\n  environment: data8\n  policy: best\n  staff: [ada, 'group:data8-staff']\n  passback: false\n101:\n  folder: courses/101\nr:\n  git: https://git.example.org/r/materials.git\n",
    );
    let ada = Member::User("ada".parse().unwrap());
    assert_eq!(
        courses[0],
        Course {
            name: "8x".parse().unwrap(),
            source: github("edx-berkeley/8X-autograders"),
            branch: Some("fall26".into()),
            environment: Some("data8".into()),
            policy: Some(GradePolicy::Best),
            staff: vec![ada, Member::Group("data8-staff".into())],
            passback: Some(false),
            line: 2,
        }
    );
    assert_eq!(courses[1].name.as_str(), "101");
    assert_eq!(courses[1].source, CourseSource::Folder("/etc/otter-service/courses/101".into()));
    assert!(matches!(&courses[2].source, CourseSource::Git(_)));
}

#[test]
fn every_mistake_is_told_with_its_line() {
    insta::assert_snapshot!(
        [
            problems("8x:\n  autograder_repo: github.com/a/b\n  enviroment: data8\n  policy: first\n  staff: ada\n  passback: 'yes'\n  colour: blue\n"),
            problems("a b:\n  github: o/r\n8x:\n  github: o/r\n  folder: x\n9x: {}\n10x: o/r\n"),
            problems("8x:\n  folder: x\n  branch: main\n9x:\n  github: o/r\n  branch: --upload-pack\n"),
            problems("8x:\n  github: o/r\n8x:\n  github: o/s\n"),
            problems("8x:\n  staff: [a, 'group:', {b: c}]\n  github: ../..\n"),
            problems("8x: &a\n  github: o/r\n9x: *a\n"),
            problems("8x:\n  github: [\n"),
            problems("- 8x\n"),
            problems(""),
            problems("github_app_id: 3\n"),
            problems("8x:\n  git: ext::sh -c true\n"),
            problems("8x:\n  github: o/r\n---\n9x:\n  github: o/r\n"),
        ]
        .join("\n--\n")
    );
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "[a-z0-9:\\[\\]{}&*!|>'\"\\n #,-]{0,80}") {
        parse(&text, Path::new("/")).ok();
    }
}
