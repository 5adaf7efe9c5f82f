//! A hub that gives each user and service a host of its own. Chromium finds `*.localhost` on this machine.

use serde_json::json;

use crate::{
    chromium,
    stage::{MANAGED, Stage},
};

pub(crate) fn signs_in(stage: &Stage) {
    let site = format!("http://hub.localhost:{}", stage.hub.port());
    let asked = json!({"site": site, "service": MANAGED, "user": "ada"});
    let seen = chromium::run("menu.mjs", &asked);
    let page = seen["from_menu"].as_str().unwrap();
    assert!(page.starts_with("http://") && page.ends_with(MANAGED) && !page.starts_with(&site), "{page}");
    assert!(page.contains(".hub.localhost:"), "{page}");
    assert_eq!((&seen["me"]["user"], &seen["me"]["way"]), (&json!("ada"), &json!("hub_session")), "{seen}");
    assert_eq!(seen["status_after"], 401);
    assert_eq!(seen["errors"], json!([]), "in the browser's console");
}
