//! LTI 1.3: scores.

use std::{sync::Arc, time::Duration};

use model::ambient::{Clock, SystemClock};
use passback::{Destination, Keyring, LineItem, Platform, Seat, ToolKeys, Verdict};
use serde_json::{Value, json};

use crate::support::{Asked, KEYS, Says, StandIn, caller, grade, says};

pub(crate) const SCORE: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/score";

/// A platform's token, good for an hour.
pub(crate) fn token(asked: &Asked) -> Says {
    let given = json!({"access_token": format!("token for {}", asked.field("scope")), "token_type": "bearer", "expires_in": 3600, "scope": asked.field("scope")});
    says(200, "application/json", given.to_string())
}

pub(crate) fn tool() -> Arc<ToolKeys> {
    Arc::new(ToolKeys::parse(&KEYS[0], None).unwrap())
}

pub(crate) fn line_item(
    platform: &StandIn,
    keyring: &Arc<Keyring>,
    clock: Arc<dyn Clock>,
    path: &str,
) -> LineItem {
    let at = Platform { token_url: platform.url("/token"), client_id: "otter".into(), audience: None };
    let seat = Seat { line_item: platform.url(path), sub: "sub-1".into() };
    LineItem::new(caller(&platform.site, clock), Arc::clone(keyring), at, seat)
}

async fn at(rule: impl Fn(&Asked) -> Says + Send + Sync + 'static) -> (StandIn, LineItem) {
    let platform =
        StandIn::start(move |asked| if asked.is_to("/token") { token(asked) } else { rule(asked) }).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keyring = Arc::new(Keyring::new(caller(&platform.site, Arc::clone(&clock)), tool()));
    let line_item = line_item(&platform, &keyring, clock, "/li/1?type_id=2");
    (platform, line_item)
}

async fn verdict(answer: impl Fn(&Asked) -> Says + Send + Sync + 'static) -> Verdict {
    at(answer).await.1.send(&grade(1.0, 2.0, SystemClock.now())).await
}

#[tokio::test]
async fn a_page_in_the_place_of_an_answer_is_none() {
    let verdict = verdict(|_| says(200, "text/html; charset=utf-8", "<h1>Maintenance</h1>")).await;
    assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
}

#[tokio::test]
async fn a_score_is_posted() {
    for status in [200, 201, 204] {
        let (platform, line_item) = at(move |_| says(status, "application/json", "")).await;
        let sent = grade(2.5, 4.0, "2026-11-23T12:00:00.070Z".parse().unwrap());
        let verdict = line_item.send(&sent).await;
        assert!(matches!(verdict, Verdict::Posted { .. }), "{verdict:?}");
        let asked = platform.asked().pop().unwrap();
        assert_eq!((&*asked.method, &*asked.uri), ("POST", "/li/1/scores?type_id=2"));
        assert_eq!(asked.headers["content-type"], "application/vnd.ims.lis.v1.score+json");
        assert_eq!(asked.headers["authorization"], format!("Bearer token for {SCORE}"));
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        assert_eq!((&body["userId"], &body["scoreGiven"]), (&json!("sub-1"), &json!(2.5)));
        assert_eq!(body["timestamp"], "2026-11-23T12:00:00.070Z", "the stamp of the delivery, at each try");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    for status in [401, 403] {
        let (platform, line_item) = at(move |_| says(status, "application/json", "{}")).await;
        let verdict = line_item.send(&grade(1.0, 1.0, SystemClock.now())).await;
        assert!(matches!(verdict, Verdict::Refused { .. }), "{verdict:?}");
        let asked: Vec<_> = platform.asked().into_iter().map(|asked| asked.uri).collect();
        assert_eq!(asked, ["/token", "/li/1/scores?type_id=2", "/token", "/li/1/scores?type_id=2"]);
    }
}

/// The answer to a first try got lost; the platform has the score, and refuses its time stamp.
#[tokio::test]
async fn a_score_that_the_platform_has_already_is_posted() {
    let has = |status: u16, results: Value| {
        verdict(move |asked| {
            if asked.is_to("/scores") {
                return says(status, "application/json", r#"{"timestamp": ["Score already exists"]}"#);
            }
            assert_eq!((&*asked.method, &*asked.uri), ("GET", "/li/1/results?type_id=2&user_id=sub-1"));
            says(200, "application/json", results.to_string())
        })
    };
    let result = |user: &str, score: f64, of: Value| json!([{"userId": "other", "resultScore": 0.9, "resultMaximum": 1}, {"userId": user, "resultScore": score, "resultMaximum": of}]);
    for status in [400, 409] {
        let same = has(status, result("sub-1", 50.0, json!(100))).await;
        assert!(matches!(same, Verdict::Posted { .. }), "{same:?}");
    }
    assert!(matches!(has(409, result("sub-1", 0.5, Value::Null)).await, Verdict::Posted { .. }));
    for other in [result("sub-1", 0.4, json!(1)), result("sub-2", 0.5, json!(1)), json!([]), json!({"x": 1})]
    {
        let refused = has(400, other).await;
        let words = "HTTP status 400: timestamp: Score already exists";
        assert_eq!(refused, Verdict::Refused { words: words.into() });
    }
    // Of another score it may have the time already, if it compares whole seconds: the next try's is later.
    let other = has(409, result("sub-1", 0.4, json!(1))).await;
    assert!(matches!(other, Verdict::Again { .. }), "{other:?}");
    let cannot_say =
        verdict(|asked| says(if asked.is_to("/scores") { 400 } else { 404 }, "text/plain", "no"));
    assert_eq!(cannot_say.await, Verdict::Refused { words: "HTTP status 400: no".into() });
}

#[tokio::test]
async fn what_may_work_later_and_what_never_does() {
    let busy = verdict(|_| says(429, "text/plain", "slow down").with("retry-after", "60")).await;
    let words = "HTTP status 429: slow down".to_owned();
    assert_eq!(busy, Verdict::Again { words, after: Some(Duration::from_mins(1)) });
    let away = verdict(|_| says(500, "text/html", "<h1>x</h1>")).await;
    assert_eq!(away, Verdict::Again { words: "HTTP status 500.".into(), after: None });
    let gone = verdict(|_| says(404, "application/json", r#"{"detail":"Not found."}"#)).await;
    assert_eq!(gone, Verdict::Refused { words: "HTTP status 404: detail: Not found.".into() });
    let no_page = verdict(|_| says(200, "text/html; charset=utf-8", "")).await;
    assert!(matches!(no_page, Verdict::Posted { .. }), "{no_page:?}");
    let redirect = verdict(|_| says(307, "text/html", "").with("location", "http://169.254.169.254/")).await;
    assert!(matches!(redirect, Verdict::Refused { .. }), "{redirect:?}");
    let (platform, line_item) = at(|_| says(200, "text/plain", "")).await;
    assert!(matches!(line_item.send(&grade(1.0, 0.0, SystemClock.now())).await, Verdict::Unsendable { .. }));
    assert!(platform.asked().is_empty());
}

/// Attack 57.
#[tokio::test]
async fn neither_a_line_item_nor_a_token_url_leads_elsewhere() {
    let platform = StandIn::start(token).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keyring = Arc::new(Keyring::new(caller(&platform.site, Arc::clone(&clock)), tool()));
    let elsewhere = || "http://169.254.169.254/latest".parse().unwrap();
    let own = |path: &str| platform.url(path);
    for (token_url, line_item) in [(elsewhere(), own("/li/1")), (own("/token"), elsewhere())] {
        let at = Platform { token_url, client_id: "otter".into(), audience: None };
        let seat = Seat { line_item, sub: "sub-1".into() };
        let tool = LineItem::new(caller(&platform.site, Arc::clone(&clock)), Arc::clone(&keyring), at, seat);
        let verdict = tool.send(&grade(1.0, 1.0, SystemClock.now())).await;
        assert!(
            matches!(&verdict, Verdict::Unsendable { words } if words.contains("not among the sites")),
            "{verdict:?}"
        );
    }
}
