//! Signed webhooks.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use model::ambient::{Clock, SystemClock};
use passback::{Destination, Verdict, Webhook, WebhookSecret};
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{Says, StandIn, caller, grade, says};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn at(answer: impl Fn() -> Says + Send + Sync + 'static) -> (StandIn, Webhook) {
    let receiver = StandIn::start(move |_| answer()).await;
    let secret = Arc::new(WebhookSecret::parse(SECRET).unwrap());
    let webhook =
        Webhook::new(caller(&receiver.site, Arc::new(SystemClock)), receiver.url("/grades?x=1"), secret);
    (receiver, webhook)
}

#[tokio::test]
async fn a_receiver_can_tell_who_said_what_and_when() {
    let (receiver, webhook) = at(|| says(202, "text/plain", "")).await;
    let sent = grade(3.0, 4.0, SystemClock.now());
    for _ in 0..2 {
        assert!(matches!(webhook.send(&sent).await, Verdict::Posted { .. }));
    }
    let asked = receiver.asked();
    let first = &asked[0];
    assert_eq!((&*first.method, &*first.uri), ("POST", "/grades?x=1"));
    assert_eq!(first.headers["webhook-id"], sent.grading.to_string());
    assert_eq!(first.headers["webhook-id"], asked[1].headers["webhook-id"], "by which a repetition is known");
    let signed =
        format!("{}.{}.{}", first.headers["webhook-id"], first.headers["webhook-timestamp"], first.body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(&SECRET[6..]).unwrap());
    let tag =
        BASE64_STANDARD.decode(first.headers["webhook-signature"].strip_prefix("v1,").unwrap()).unwrap();
    hmac::verify(&key, signed.as_bytes(), &tag).unwrap();
    let body: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(
        body["data"],
        json!({
            "graded_at": "2026-11-23T11:00:00.000Z", "grading": sent.grading, "submission": sent.submission, "user": "ada", "course": "88e", "section": "1",
            "assignment": "lab01", "score": 3.0, "max_score": 4.0,
            "page": "https://hub.example/services/otter_grade/submissions/1",
        })
    );
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("grade"), &json!(format!("{:.3}", sent.stamp))));
}

#[tokio::test]
async fn what_a_receiver_answers() {
    let verdict = async |status| {
        let (_, webhook) = at(move || says(status, "text/plain", "words")).await;
        webhook.send(&grade(1.0, 1.0, SystemClock.now())).await
    };
    assert_eq!(verdict(410).await, Verdict::Refused { words: "HTTP status 410: words".into() });
    assert!(matches!(verdict(503).await, Verdict::Again { .. }));
}
