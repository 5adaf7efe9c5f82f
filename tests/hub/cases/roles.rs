//! Students, staff and administrators: by a group of the hub, a custom scope, a name in the courses file, and the hub.

use reqwest::Method;
use serde_json::json;

use crate::{cases::servers::body, course::COURSE, stage::Stage};

pub(crate) fn who_may_what(stage: &Stage) {
    let token = |user: &str| stage.token_of(user, None).0;
    let (ada, bruno) = (token("ada"), token("bruno"));
    let answer = stage.ask(Method::POST, "", &ada, &body("lab01-ada.ipynb")).expect(202).json();
    let of_ada = format!("api/v1/submissions/{}", answer["id"].as_str().unwrap());
    let failed = format!("api/v1/courses/{COURSE}/failed");
    let audit = format!("api/v1/courses/{COURSE}/audit");

    for student in [&ada, &bruno] {
        for path in [&failed, &audit, "api/v1/workers"] {
            let refused = stage.ask(Method::GET, path, student, "");
            assert_eq!(refused.status, 404, "{path}: {}", refused.text);
        }
    }
    stage.ask(Method::GET, &of_ada, &bruno, "").expect(404);
    let of_bruno = stage.ask(Method::GET, "api/v1/submissions", &bruno, "").expect(200).json();
    assert_eq!(of_bruno["submissions"], json!([]), "a student sees only what is theirs");

    for (user, administrator) in [("prof", false), ("ta", false), ("eve", false), ("boss", true)] {
        let staff = token(user);
        let me = stage.me(&staff).expect(200).json();
        assert_eq!((&me["user"], &me["administrator"]), (&json!(user), &json!(administrator)), "{me}");
        assert_eq!(me["staff_of"], json!([COURSE]), "{me}");
        stage.ask(Method::GET, &failed, &staff, "").expect(200);
        stage.ask(Method::GET, &of_ada, &staff, "").expect(200);
        stage.ask(Method::GET, "api/v1/courses/no-such-course/failed", &staff, "").expect(404);
        let seen = stage.ask(Method::GET, &audit, &staff, "").expect(200).json();
        let last = &seen["entries"][0];
        assert_eq!((&last["actor"], &last["action"]), (&json!(user), &json!("view")), "{seen}");
        assert_eq!(last["user"], "ada", "whose work it was: {seen}");
    }
}
