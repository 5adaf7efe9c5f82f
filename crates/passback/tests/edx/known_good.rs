//! What a client that is known to be good sends, `pylti1p3`, beside what ours sends.

use std::{collections::BTreeSet, process::Command, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::ambient::{Clock, SystemClock};
use passback::{Destination, Keyring, LineItem, Platform, Seat, ToolKeys};
use serde_json::{Map, Value};
use testbed::{free_port, python};

use crate::{
    peer::{Edx, shared},
    support::{KEYS, StandIn, caller, grade, says},
};

/// The names that a text in Python's or JSON's notation gives to values.
fn names(text: &str) -> BTreeSet<String> {
    let words: Vec<_> = text.split(['"', '\'']).collect();
    let is_name = |pair: &&[&str]| pair[1].trim_start().starts_with(':');
    words.windows(2).filter(is_name).map(|pair| pair[0].to_owned()).collect()
}

/// What it prints: two requests, and the assertion of the first.
async fn known_good() -> Option<String> {
    let client = shared()?.join("pylti_client.py");
    let port = free_port().unwrap();
    let jwks = format!("http://127.0.0.1:{port}/");
    let edx = Edx::start(&["--lti13", "--tool-jwks-url", &jwks]).await?;
    let packages = ["pylti1p3==2.0.0", "cryptography", "requests"];
    let mut command = Command::new(python("pylti", &packages).unwrap());
    command.arg(client).args([edx.site.rsplit(':').next().unwrap(), &port.to_string()]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Some(said)
}

#[tokio::test]
async fn ours_has_all_that_a_known_good_client_sends() {
    let Some(theirs) = known_good().await else { return };
    let line = |begin: &str| theirs.lines().find(|line| line.starts_with(begin)).unwrap();
    let platform = StandIn::start(|asked| {
        let given = if asked.is_to("/token") { r#"{"access_token": "x"}"# } else { "{}" };
        says(200, "application/json", given)
    })
    .await;
    let caller = caller(&platform.site, Arc::new(SystemClock));
    let keys = ToolKeys::parse(&KEYS[0], None).unwrap();
    let keyring = Arc::new(Keyring::new(caller.clone(), Arc::new(keys)));
    let at = Platform { token_url: platform.url("/token"), client_id: "c".into(), audience: None };
    let seat = Seat { line_item: platform.url("/li/1"), sub: "s".into() };
    LineItem::new(caller, keyring, at, seat).send(&grade(0.85, 1.0, SystemClock.now())).await;
    let ours = platform.asked();

    // The form.
    let form = theirs.lines().find(|line| line.contains("client_assertion=")).unwrap();
    assert!(form.contains(&ours[0].headers["content-type"]), "{form}");
    for field in ["grant_type", "client_assertion_type", "client_assertion", "scope"] {
        assert!(ours[0].body.contains(&format!("{field}=")), "{field}");
    }
    assert!(form.contains("grant_type=client_credentials"), "{form}");
    // The assertion.
    let assertion = ours[0].field("client_assertion");
    let part = |number: usize| -> Map<String, Value> {
        let part = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(number).unwrap()).unwrap();
        serde_json::from_slice(&part).unwrap()
    };
    let have: BTreeSet<String> = part(0).into_iter().chain(part(1)).map(|(name, _)| name).collect();
    let want = names(line("   assertion"));
    assert!(want.contains("jti") && want.is_subset(&have), "they have {want:?}, we have {have:?}");
    // The score.
    let post = theirs.lines().find(|line| line.contains("/scores")).unwrap();
    assert!(post.contains(&ours[1].headers["content-type"]), "{post}");
    assert!(post.starts_with(&ours[1].method), "{post}");
    let have = names(&ours[1].body);
    let want: BTreeSet<_> = names(post)
        .into_iter()
        .filter(|name| !name.contains('-') && name.starts_with(char::is_lowercase))
        .collect();
    assert!(want.contains("scoreGiven") && want.is_subset(&have), "they have {want:?}, we have {have:?}");
}
