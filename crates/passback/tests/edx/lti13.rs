//! LTI 1.3 Assignment and Grade Services.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, routing::get};
use jiff::Timestamp;
use model::ambient::{Clock, SystemClock};
use passback::{Destination, Keyring, LineItem, Platform, Seat, ToolKeys, Verdict};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    peer::Edx,
    support::{KEYS, caller, grade},
};

const ENDPOINT: &str = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";

/// edX with a block of LTI 1.3, and this tool as it knows it by its public keys.
struct Advantage {
    edx: Edx,
    at: Platform,
    line_item: String,
    sub: String,
}

impl Advantage {
    /// Starts edX, which asks for the public keys of these keys.
    async fn start(published: &ToolKeys) -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let jwks = published.jwks();
        let app = Router::new().route("/jwks", get(async move || Json(jwks.clone())));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let edx = Edx::start(&["--lti13", "--tool-jwks-url", &jwks_url]).await?;
        let state = edx.state().await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let lti = &state["lti13"];
        let at = Platform {
            token_url: text(&lti["token_url"]).parse().unwrap(),
            client_id: text(&lti["client_id"]),
            audience: None,
        };
        let first = state["users"][0].as_str().unwrap();
        let sub = text(&state["external_ids"][first]);
        Some(Self { edx, at, line_item: text(&lti["ags_claim"][ENDPOINT]["lineitem"]), sub })
    }

    fn tool(&self, keys: ToolKeys, line_item: &str, sub: &str) -> LineItem {
        let caller = caller(&self.edx.site, Arc::new(SystemClock));
        let keyring = Arc::new(Keyring::new(caller.clone(), Arc::new(keys)));
        let seat = Seat { line_item: line_item.parse().unwrap(), sub: sub.to_owned() };
        LineItem::new(caller, keyring, self.at.clone(), seat)
    }

    /// What it has: time stamp, score, maximum, progress, user.
    async fn scores(&self) -> Value {
        self.edx.state().await["lti13"]["scores"].clone()
    }
}

fn keys(number: usize) -> ToolKeys {
    ToolKeys::parse(&KEYS[number], None).unwrap()
}

async fn send(tool: &LineItem, score: f64, max: f64, stamp: Timestamp) -> Verdict {
    tool.send(&grade(score, max, stamp)).await
}

#[tokio::test]
async fn a_score_is_recorded_and_only_later_ones_replace_it() {
    let Some(platform) = Advantage::start(&keys(0)).await else { return };
    let tool = platform.tool(keys(0), &platform.line_item, &platform.sub);
    let now = SystemClock.now();
    let first = send(&tool, 3.0, 4.0, now).await;
    assert!(matches!(first, Verdict::Posted { .. }), "{first:?}");
    let scores = platform.scores().await;
    let recorded: Timestamp = scores[0][0].as_str().unwrap().replace(' ', "T").parse().unwrap();
    assert_eq!(recorded, now, "to the millisecond");
    assert_eq!(scores[0].as_array().unwrap()[1..4], [3.0.into(), 4.0.into(), Value::from("FullyGraded")]);
    assert_eq!(platform.edx.published().await, [(1, 0.75)]);

    // The answer to the first try was lost, say.
    let again = send(&tool, 3.0, 4.0, now).await;
    assert!(matches!(again, Verdict::Posted { .. }), "{again:?}");
    let other = send(&tool, 4.0, 4.0, now).await;
    assert!(matches!(&other, Verdict::Refused { words } if words.contains("already exists")), "{other:?}");
    let older = send(&tool, 4.0, 4.0, now - Duration::from_millis(1)).await;
    assert!(matches!(&older, Verdict::Refused { words } if words.contains("later point")), "{older:?}");
    assert_eq!(platform.edx.published().await, [(1, 0.75)]);

    let later = send(&tool, 5.0, 4.0, now + Duration::from_millis(1)).await;
    assert!(matches!(later, Verdict::Posted { .. }), "{later:?}");
    assert_eq!(platform.edx.published().await, [(1, 0.75), (1, 1.0)]);
}

#[tokio::test]
async fn what_it_refuses() {
    let Some(platform) = Advantage::start(&keys(0)).await else { return };
    let now = SystemClock.now();
    let stranger = platform.tool(keys(1), &platform.line_item, &platform.sub);
    let verdict = send(&stranger, 1.0, 1.0, now).await;
    assert!(
        matches!(&verdict, Verdict::Refused { words } if words.contains("gives no token")),
        "{verdict:?}"
    );
    let gone =
        platform.tool(keys(0), &platform.line_item.replace("/lti-ags/1", "/lti-ags/99"), &platform.sub);
    let verdict = send(&gone, 1.0, 1.0, now).await;
    assert!(matches!(&verdict, Verdict::Refused { words } if words.contains("404")), "{verdict:?}");
    let elsewhere = platform.tool(keys(0), &platform.line_item.replace("/lti/1/", "/lti/99/"), &platform.sub);
    let verdict = send(&elsewhere, 1.0, 1.0, now).await;
    assert!(matches!(&verdict, Verdict::Refused { words } if words.contains("403")), "{verdict:?}");
    // It answers 500 to a user that it does not know.
    let nobody = platform.tool(keys(0), &platform.line_item, "nobody");
    let verdict = send(&nobody, 1.0, 1.0, now).await;
    assert!(matches!(&verdict, Verdict::Again { .. }), "{verdict:?}");
    assert_eq!(platform.edx.published().await, []);
}

/// A new key is published before it signs, and the old one after.
#[tokio::test]
async fn keys_are_rotated() {
    let both = format!("{}\n{}", KEYS[0], KEYS[1]);
    let Some(platform) = Advantage::start(&ToolKeys::parse(&both, Some("new")).unwrap()).await else {
        return;
    };
    for (number, late) in [(0, 0), (1, 1)] {
        let tool = platform.tool(keys(number), &platform.line_item, &platform.sub);
        let verdict = send(&tool, 1.0, 1.0, SystemClock.now() + Duration::from_millis(late)).await;
        assert!(matches!(verdict, Verdict::Posted { .. }), "{verdict:?}");
    }
}
