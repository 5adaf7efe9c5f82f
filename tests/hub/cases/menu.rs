//! As a student sees it: from the hub's menu to the list of submissions, a grade, and signed out.

use serde_json::json;

use crate::{
    cases::servers::{body, ended},
    chromium,
    stage::{EXTERNAL, Stage},
};

pub(crate) fn from_the_menu_to_signed_out(stage: &Stage) {
    let (token, _) = stage.token_of("dario", None);
    let answer = stage.ask(reqwest::Method::POST, "", &token, &body("lab01-dario.ipynb")).expect(202).json();
    let id = answer["id"].as_str().unwrap();
    assert_eq!(ended(stage, id, &token)["grade"]["score"], json!(10.0));
    let asked = json!({"site": stage.site(), "service": EXTERNAL, "user": "dario", "submission": id});
    let seen = chromium::run("menu.mjs", &asked);
    assert_eq!(seen["from_menu"], format!("{}{EXTERNAL}", stage.site()));
    assert_eq!(seen["me"]["user"], "dario");
    let page = seen["submission"].as_str().unwrap();
    assert!(page.contains("lab01") && page.contains("10 of 14 points"), "{page}");
    assert_eq!(seen["signed_out"], format!("{}{EXTERNAL}signed-out", stage.site()));
    assert_eq!(seen["status_after"], 401);
    assert_eq!(seen["errors"], json!([]), "in the browser's console");
}
