//! The whole way: edX's own launch, a real hub with ltiauthenticator, the button in the student's own server, a grade,
//! and edX's own gradebook.

use std::{thread::sleep, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    cases::servers::{ended, put_notebook},
    chromium,
    edx::{Edx, LEARNER},
    stage::Stage,
};

pub(crate) fn from_launch_to_gradebook(stage: &Stage, edx: &Edx) {
    put_notebook(stage, LEARNER, "lab01-dario.ipynb");
    let page = format!("/user/{LEARNER}/lab/tree/lab01.ipynb");
    let asked = json!({"site": stage.site(), "launch": edx.launch(), "page": page});
    let seen = chromium::run("button.mjs", &asked);
    assert_eq!((&seen["status"], &seen["authorization"]), (&json!(202), &Value::Null), "{seen}");

    let (token, _) = stage.token_of(LEARNER, None);
    let list = stage.ask(Method::GET, "api/v1/submissions", &token, "").expect(200).json();
    let id = list["submissions"][0]["id"].as_str().unwrap();
    let graded = ended(stage, id, &token);
    assert_eq!(graded["grade"]["score"], json!(10.0), "{graded}");

    for _ in 0..300 {
        if let [grade] = &*edx.grades() {
            // edX's own number for the learner; ten of fourteen points.
            assert_eq!(grade["user_id"], 1, "{grade}");
            let part = grade["value"].as_f64().unwrap() / grade["max_value"].as_f64().unwrap();
            assert!((part - 10.0 / 14.0).abs() < 1e-6, "{grade}");
            return is_told(stage);
        }
        sleep(Duration::from_millis(100));
    }
    panic!("edX has {:?}\n{}", edx.grades(), stage.log());
}

/// Staff see that it has arrived.
fn is_told(stage: &Stage) {
    let (eve, _) = stage.token_of("eve", None);
    for _ in 0..100 {
        let list = stage.ask(Method::GET, "api/v1/courses/data-101/deliveries", &eve, "").expect(200).json();
        let newest = &list["deliveries"][0];
        if newest["state"] == "posted" {
            assert_eq!(newest["user"], LEARNER, "{list}");
            return;
        }
        assert_ne!(newest["state"], "refused", "{list}");
        sleep(Duration::from_millis(100));
    }
    panic!("edX has the grade, and staff do not see it:\n{}", stage.log());
}
