//! The button of the published otter-submit, as it is, in JupyterLab and Notebook. It sends no token: the page's
//! request is led through the hub, which knows who looks at the page.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{cases::servers::ended, chromium, stage::Stage};

fn submissions(stage: &Stage, user: &str) -> Vec<Value> {
    let (token, _) = stage.token_of(user, None);
    let list = stage.ask(Method::GET, "api/v1/submissions", &token, "").expect(200).json();
    list["submissions"].as_array().unwrap().clone()
}

/// Presses the button in a page of ada's server, which runs since [`crate::cases::servers`], and gives the newest
/// submission of whoever did when it is graded.
fn pressed(stage: &Stage, visitor: &str, page: &str) -> Value {
    let before = submissions(stage, visitor).len();
    let asked = json!({"site": stage.site(), "user": visitor, "page": page});
    let seen = chromium::run("button.mjs", &asked);
    assert_eq!((&seen["status"], &seen["authorization"]), (&json!(202), &Value::Null), "{seen}");
    let after = submissions(stage, visitor);
    assert_eq!(after.len(), before + 1, "once");
    assert_eq!(after[0]["user"], visitor);
    let (token, _) = stage.token_of(visitor, None);
    ended(stage, after[0]["id"].as_str().unwrap(), &token)
}

pub(crate) fn of_the_owner_in_lab(stage: &Stage) {
    let seen = pressed(stage, "ada", "/user/ada/lab/tree/lab01.ipynb");
    assert_eq!((&seen["status"], &seen["grade"]["score"]), (&json!("graded"), &json!(14.0)), "{seen}");
}

/// A teacher looks at a student's notebook and presses the button: it is the teacher's submission, though the page's
/// address and `X-Otter-User` name the student.
pub(crate) fn of_a_visitor_in_notebook(stage: &Stage) {
    let before = submissions(stage, "ada").len();
    let seen = pressed(stage, "prof", "/user/ada/notebooks/lab01.ipynb");
    assert_eq!((&seen["status"], &seen["user"]), (&json!("graded"), &json!("prof")), "{seen}");
    assert_eq!(submissions(stage, "ada").len(), before, "nothing in the name of the server's owner");
}
