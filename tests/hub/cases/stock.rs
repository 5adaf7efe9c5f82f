//! A hub with its stock roles gives the service nothing; the service says what to add, in lines that are ready.

use reqwest::{Method, Url};

use crate::{
    cases::servers::{body, start},
    http::Answer,
    stage::{EXTERNAL, Stage},
};

/// The lines for the hub's configuration that a refusal names.
fn lines_of(refused: Answer) -> String {
    let refused = refused.expect(403);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    refused.json()["snippet"].as_str().unwrap().to_owned()
}

pub(crate) fn says_what_is_missing(stage: &Stage) -> String {
    let (token, _) = stage.token_of("ada", None);
    let lines = lines_of(stage.me(&token));
    let role = r#"{"name": "user", "scopes": ["self", "access:services!service=otter_grade"]}"#;
    assert!(lines.contains(role), "{lines}");
    // The log has them, too: whoever runs the service may not be who meets the refusal.
    assert!(stage.log().contains("access:services!service=otter_grade"), "{}", stage.log());

    // The token of a notebook needs another role as well.
    let told = start(stage, "ada");
    let refused = stage.ask(Method::POST, "", &told["JUPYTERHUB_API_TOKEN"], &body("lab01-ada.ipynb"));
    let lines = lines_of(refused);
    assert!(lines.contains("\"server\"") && lines.contains("\"user\""), "{lines}");

    // A browser does not come as far as the service.
    let page =
        stage.browser().open_until(EXTERNAL, "ada", |url: &Url| url.path().ends_with("oauth_callback"));
    assert_eq!((page.status, page.url.path()), (403, "/hub/api/oauth2/authorize"), "the hub itself refuses");
    // An administrator of the hub needs no role.
    let (boss, _) = stage.token_of("boss", None);
    assert_eq!(stage.me(&boss).expect(200).json()["administrator"], true);
    lines
}

/// What an operator does who copies them.
pub(crate) fn is_mended_by(stage: &mut Stage, lines: &str) {
    stage.hub.stop();
    stage.add_lines(0, lines);
    stage.hub.start().unwrap();
    let told = start(stage, "bruno");
    stage.ask(Method::POST, "", &told["JUPYTERHUB_API_TOKEN"], &body("lab01-bruno.ipynb")).expect(202);
    stage.browser().open(EXTERNAL, "bruno").expect(200);
}
