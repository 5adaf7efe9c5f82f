//! What staff may do, and that it is told.

use serde_json::{Value, json};
use server::{
    RoleRules,
    testing::{Options, TestApp},
};
use store::{AuditEntry, Page};

use super::{behind_a_hub, get, submit, submit_at, token};

pub(super) fn rules() -> RoleRules {
    RoleRules {
        administrators: vec!["root".parse().unwrap()],
        courses: [("88e".parse().unwrap(), vec!["group:data8-staff".parse().unwrap()])].into(),
        ..RoleRules::default()
    }
}

async fn trail(test: &TestApp) -> Vec<AuditEntry> {
    let course = "88e".parse().unwrap();
    test.app.store.audits(Some(&course), Page { before: None, limit: 100 }).await.unwrap()
}

#[tokio::test]
async fn groups_scopes_and_the_hubs_administrators_make_staff() {
    let (test, hub) = behind_a_hub(Options { roles: rules(), ..Options::default() }).await;
    let is = async |more: Value| {
        hub.knows("token-of-x", "x", &more);
        let me = get(&test, "x", "api/v1/me").await.json();
        test.clock.advance(std::time::Duration::from_secs(45));
        (me["administrator"].as_bool().unwrap(), me["staff_of"].to_string())
    };
    let (all, none) = (r#"["88e"]"#.to_owned(), "[]".to_owned());
    assert_eq!(is(json!({})).await, (false, none.clone()));
    assert_eq!(is(json!({"groups": ["data8-staff"]})).await, (false, all.clone()));
    assert_eq!(is(json!({"groups": ["data8"]})).await, (false, none.clone()));
    assert_eq!(is(json!({"admin": true})).await, (true, all.clone()));
    let scopes = |scope: &str| json!({"scopes": ["access:services!service=otter_grade", scope]});
    assert_eq!(is(scopes("custom:otter_grade:staff")).await, (false, all.clone()));
    assert_eq!(is(scopes("custom:otter_grade:staff:88e")).await, (false, all));
    assert_eq!(is(scopes("custom:otter_grade:staff:8x")).await, (false, none));
    hub.knows("token-of-root", "root", &json!({}));
    assert_eq!(get(&test, "root", "api/v1/me").await.json()["administrator"], true);
    test.finish().await;
}

/// What a student's notebook finds that a teacher runs.
#[tokio::test]
async fn a_servers_token_has_no_powers_of_its_owners() {
    let (test, hub) = behind_a_hub(Options { roles: rules(), ..Options::default() }).await;
    let service = "access:services!service=otter_grade";
    let of_server = json!(["access:servers!server=x/", "users:activity!user=x", service]);
    let knows = |name: &str, more: Value| hub.knows(&token(name), name, &more);
    knows("prof", json!({"groups": ["data8-staff"], "scopes": of_server}));
    knows("boss", json!({"admin": true, "scopes": of_server}));
    knows("root", json!({"scopes": of_server}));
    let given = json!(["access:servers!server=ta/", service, "custom:otter_grade:staff:88e"]);
    knows("ta", json!({"admin": true, "scopes": given}));
    let own = json!(["access:servers!user=eve", "access:servers!server=ada/", service]);
    knows("eve", json!({"admin": true, "groups": ["data8-staff"], "scopes": own}));
    let (all, none) = (json!(["88e"]), json!([]));
    for (name, administrator, staff_of) in [
        ("prof", false, &none),
        ("boss", false, &none),
        ("root", false, &none),
        ("ta", false, &all),
        ("eve", true, &all),
    ] {
        let me = get(&test, name, "api/v1/me").await.json();
        assert_eq!((&me["administrator"], &me["staff_of"]), (&json!(administrator), staff_of), "{me}");
        let status = if staff_of == &all { 200 } else { 404 };
        assert_eq!(get(&test, name, "api/v1/courses/88e/failed").await.status, status, "{name}");
    }
    assert_eq!(submit_at(&test, "prof", "api/v1/submissions?user=ada", "x = 1").await.status, 404);
    submit(&test, "prof", "x = 1").await;
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn staff_look_at_a_students_work_in_the_open() {
    let (mut test, hub) = behind_a_hub(Options { roles: rules(), ..Options::default() }).await;
    test.work();
    hub.knows(&token("prof"), "prof", &json!({"groups": ["data8-staff"]}));
    let id = submit(&test, "ada", "x = 1").await["id"].as_str().unwrap().to_owned();
    let stream = get(&test, "prof", &format!("api/v1/submissions/{id}/events")).await;
    assert!(stream.text().contains("event: graded"), "{}", stream.text());
    assert_eq!(trail(&test).await[0].detail.as_deref(), Some("steps"));
    get(&test, "prof", &format!("api/v1/submissions/{id}/events")).await;
    assert_eq!(trail(&test).await.len(), 1, "who follows comes back, and it is one look");

    for (path, what) in [
        (format!("api/v1/submissions/{id}"), "report"),
        (format!("api/v1/submissions/{id}/notebook"), "notebook"),
        (format!("submissions/{id}"), "page"),
    ] {
        let seen = get(&test, "prof", &path).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let newest = &trail(&test).await[0];
        assert_eq!((&*newest.actor, &*newest.action, newest.detail.as_deref()), ("prof", "view", Some(what)));
        assert_eq!(newest.user.as_ref().unwrap().as_str(), "ada");
        assert_eq!(newest.submission.unwrap().to_string(), id);
    }
    let page = get(&test, "prof", &format!("submissions/{id}")).await;
    assert!(page.text().contains("<strong>ada</strong> submitted"), "{}", page.text());
    assert_eq!(trail(&test).await.len(), 5);
    test.clock.advance(std::time::Duration::from_hours(1));
    get(&test, "prof", &format!("api/v1/submissions/{id}/events")).await;
    assert_eq!(trail(&test).await.len(), 6, "within an hour");
    get(&test, "ada", &format!("submissions/{id}")).await;
    assert_eq!(trail(&test).await.len(), 6, "one's own work is nobody else's business");
    assert_eq!(get(&test, "bob", "api/v1/courses/88e/failed").await.status, 404);
    assert_eq!(get(&test, "prof", "api/v1/courses/88e/failed").await.status, 200);
    test.finish().await;
}

#[tokio::test]
async fn staff_submit_for_a_student_in_the_open_and_students_for_nobody() {
    let (test, hub) = behind_a_hub(Options { roles: rules(), ..Options::default() }).await;
    hub.knows(&token("prof"), "prof", &json!({"groups": ["data8-staff"]}));
    let answer = submit_at(&test, "prof", "api/v1/submissions?user=ada", "x = 1").await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let list = get(&test, "ada", "api/v1/submissions").await.json();
    assert_eq!(list["submissions"][0]["id"], answer.json()["id"]);
    let entry = &trail(&test).await[0];
    assert_eq!((&*entry.actor, &*entry.action), ("prof", "submit"));
    assert_eq!(entry.user.as_ref().unwrap().as_str(), "ada");
    assert_eq!(submit_at(&test, "bob", "api/v1/submissions?user=ada", "x = 2").await.status, 404);
    assert_eq!(
        get(&test, "ada", "api/v1/submissions").await.json()["submissions"].as_array().unwrap().len(),
        1
    );
    assert_eq!(submit_at(&test, "bob", "api/v1/submissions?user=bob", "x = 2").await.status, 202);
    let bad = submit_at(&test, "prof", "api/v1/submissions?user=", "x = 2").await;
    assert_eq!(bad.status, 400, "{}", bad.text());
    test.finish_leaving(2).await;
}

#[tokio::test]
async fn staff_see_what_came_in_for_their_course() {
    let (test, hub) = behind_a_hub(Options { roles: rules(), ..Options::default() }).await;
    hub.knows(&token("prof"), "prof", &json!({"groups": ["data8-staff"]}));
    let ids = [("ada", "x = 1"), ("bob", "x = 2"), ("ada", "x = 3")];
    let mut came = Vec::new();
    for (name, content) in ids {
        came.push(submit(&test, name, content).await["id"].clone());
    }
    let listed = async |query: &str| {
        let answer = get(&test, "prof", &format!("api/v1/courses/88e/submissions{query}")).await.json();
        let lines = answer["submissions"].as_array().unwrap();
        let ids: Vec<_> = lines.iter().map(|line| line["id"].clone()).collect();
        (ids, answer["next_before"].clone())
    };
    let newest_first: Vec<_> = came.iter().rev().cloned().collect();
    assert_eq!(listed("").await, (newest_first, Value::Null));
    assert_eq!(listed("?user=ada").await.0, [came[2].clone(), came[0].clone()]);
    assert_eq!(listed("?user=ada&limit=1").await, (vec![came[2].clone()], came[2].clone()));
    assert_eq!(listed(&format!("?user=ada&before={}", came[2].as_str().unwrap())).await.0, [came[0].clone()]);
    assert!(listed("?user=nobody").await.0.is_empty());

    let page = get(&test, "prof", "courses/88e").await;
    assert!(page.text().contains("<strong>bob</strong> lab01"), "{}", page.text());
    assert!(
        !page.text().contains("data-events"),
        "who looks at the list follows nobody's work: {}",
        page.text()
    );
    assert!(get(&test, "ada", "").await.text().contains("data-events"), "one's own is followed");
    let page = get(&test, "prof", "courses/88e?user=ada").await;
    assert!(page.text().contains("<strong>ada</strong>") && !page.text().contains("bob"), "{}", page.text());
    let page = get(&test, "prof", "courses/88e?user=").await;
    assert!(page.text().contains("bob"), "an empty field asks for everybody");
    assert_eq!(get(&test, "ada", "courses/88e").await.status, 404);
    assert_eq!(get(&test, "ada", "api/v1/courses/88e/submissions").await.status, 404);
    test.finish_leaving(3).await;
}
