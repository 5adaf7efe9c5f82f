//! From within a user's server: the token that is in its environment.

use std::{collections::BTreeMap, fs, thread::sleep, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{notebooks, stage::Stage};

/// A submission as clients send it.
pub(crate) fn body(notebook: &str) -> String {
    json!({ "nb": notebooks::submission(notebook) }).to_string()
}

/// Puts a submission of the sample course into a user's home, as `lab01.ipynb`.
pub(crate) fn put_notebook(stage: &Stage, user: &str, name: &str) {
    let home = stage.hub.folder().join("home").join(user);
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("lab01.ipynb"), notebooks::submission(name).to_string()).unwrap();
}

/// Starts a user's server with a notebook in its home, and gives the variables that it has.
pub(crate) fn start(stage: &Stage, user: &str) -> BTreeMap<String, String> {
    put_notebook(stage, user, &format!("lab01-{user}.ipynb"));
    stage.token_of(user, None);
    stage.api(Method::POST, &format!("users/{user}/server"), &Value::Null);
    for _ in 0..1200 {
        let model = stage.api(Method::GET, &format!("users/{user}"), &Value::Null);
        if model["servers"][""]["ready"] == true {
            let written = fs::read_to_string(stage.hub.folder().join(format!("{user}.env"))).unwrap();
            let lines = written.lines().filter_map(|line| line.split_once('='));
            return lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
        sleep(Duration::from_millis(100));
    }
    panic!("the server of {user} does not start");
}

/// Waits until a submission is at its end.
pub(crate) fn ended(stage: &Stage, id: &str, token: &str) -> Value {
    for _ in 0..1200 {
        let seen = stage.ask(Method::GET, &format!("api/v1/submissions/{id}"), token, "").expect(200).json();
        if !matches!(seen["status"].as_str(), Some("queued" | "grading")) {
            return seen;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("{id} never ends");
}

/// What a notebook of a student's may do: submit, follow, and see only what is theirs. It is really graded.
pub(crate) fn submits_with_its_token(stage: &Stage) {
    let told = start(stage, "ada");
    let token = &told["JUPYTERHUB_API_TOKEN"];
    let me = stage.me(token).expect(200).json();
    assert_eq!((&me["user"], &me["staff_of"]), (&json!("ada"), &json!([])), "{me}");
    let answer = stage.ask(Method::POST, "", token, &body("lab01-ada.ipynb")).expect(202).json();
    let id = answer["id"].as_str().unwrap();
    let seen = ended(stage, id, token);
    assert_eq!((&seen["status"], &seen["user"]), (&json!("graded"), &json!("ada")), "{seen}");
    assert_eq!(seen["grade"]["score"], json!(14.0));
}
