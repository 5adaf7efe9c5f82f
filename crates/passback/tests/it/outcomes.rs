//! LTI 1.1.

use std::sync::Arc;

use model::ambient::{Clock, SystemClock};
use passback::{Consumer, Destination, OutcomePlace, Outcomes, Verdict};

use crate::support::{Asked, Says, StandIn, caller, grade, says};

const SOURCEDID: &str = "course-v1%3Aa+b+c:h-1:ada";
const PATH: &str = "/courses/course-v1:a+b+c/xblock/block-v1:a+b+c+type@lti_consumer+block@1/handler_noauth/outcome_service_handler";

fn outcome(code: &str, description: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><r><imsx_codeMajor>{code}</imsx_codeMajor><imsx_description>{description}</imsx_description></r>"
    )
}

async fn at(rule: impl Fn(&Asked) -> Says + Send + Sync + 'static) -> (StandIn, Outcomes) {
    let platform = StandIn::start(rule).await;
    let consumer = Arc::new(Consumer::new("key", "s3cret").unwrap());
    let place = OutcomePlace::given(&format!("{}{PATH}", platform.site), SOURCEDID).unwrap();
    let outcomes = Outcomes::new(caller(&platform.site, Arc::new(SystemClock)), consumer, place);
    (platform, outcomes)
}

/// What comes of a grade to which a platform answers that.
async fn verdict(answer: impl Fn() -> Says + Send + Sync + 'static) -> Verdict {
    at(move |_| answer()).await.1.send(&grade(1.0, 2.0, SystemClock.now())).await
}

#[tokio::test]
async fn the_address_is_sent_as_it_was_signed_and_no_request_is_like_another() {
    let (platform, outcomes) = at(|_| says(200, "application/xml", outcome("success", "ok"))).await;
    let sent = grade(2.0, 3.0, SystemClock.now());
    for _ in 0..2 {
        assert_eq!(outcomes.send(&sent).await, Verdict::Posted { words: "ok".into() });
    }
    let asked = platform.asked();
    assert_eq!((&*asked[0].method, &*asked[0].uri), ("POST", PATH));
    assert_eq!(asked[0].headers["content-type"], "application/xml");
    assert!(asked[0].body.contains("<textString>0.666666667</textString>"), "{}", asked[0].body);
    assert!(asked[0].body.contains(SOURCEDID));
    let nonce = |asked: &Asked| {
        let header = asked.headers["authorization"].clone();
        let after = header.split("oauth_nonce=\"").nth(1).unwrap().to_owned();
        after[..32].to_owned()
    };
    assert_ne!(nonce(&asked[0]), nonce(&asked[1]), "attack 59");
    assert_ne!(asked[0].body, asked[1].body, "each message has an id of its own");
    assert_eq!(outcomes.platform(), platform.site);
}

#[tokio::test]
async fn a_failure_is_for_good_and_its_words_are_kept() {
    let failure = verdict(|| says(200, "application/xml", outcome("failure", "User not found."))).await;
    assert_eq!(failure, Verdict::Refused { words: "User not found.".into() });
    let echo = format!("parsing error: out of range &lt;sourcedId&gt;{SOURCEDID}&lt;/sourcedId&gt;");
    let failure = verdict(move || says(200, "application/xml", outcome("failure", &echo))).await;
    assert_eq!(failure, Verdict::Refused { words: "parsing error: out of range".into() });
    let silent = verdict(|| says(200, "application/xml", outcome("failure", ""))).await;
    assert_eq!(silent.words(), "It said `failure` and no more.");
    let unsupported = verdict(|| says(200, "application/xml", outcome("unsupported", "no"))).await;
    assert_eq!(unsupported, Verdict::Refused { words: "no".into() });
    let secrets = format!("s3cret {SOURCEDID}");
    let words = verdict(move || says(200, "text/xml", outcome("success", &secrets))).await;
    assert_eq!(words, Verdict::Posted { words: "… …".into() });
}

#[tokio::test]
async fn what_may_work_later() {
    use std::time::Duration;
    let again = |verdict: &Verdict, wanted: Option<u64>| {
        assert!(
            matches!(verdict, Verdict::Again { after, .. } if *after == wanted.map(Duration::from_secs)),
            "{verdict:?}"
        );
    };
    again(&verdict(|| says(500, "text/html", "<h1>Server Error</h1>")).await, None);
    again(&verdict(|| says(503, "text/plain", "busy").with("retry-after", "30")).await, Some(30));
    again(&verdict(|| says(429, "text/plain", "").with("retry-after", "7")).await, Some(7));
    again(&verdict(|| says(502, "application/xml", outcome("failure", "no upstream"))).await, None);
    again(&verdict(|| says(200, "application/xml", outcome("processing", "wait"))).await, None);
    // Nothing says that it took the grade, and nothing that it never will.
    again(
        &verdict(|| says(200, "text/html", "<html>Maintenance: back with success soon</html>")).await,
        None,
    );
    again(&verdict(|| says(200, "application/xml", "")).await, None);
    again(&verdict(|| says(200, "application/xml", "x".repeat(300_000))).await, None);
    let away = at(|_| says(200, "text/plain", "")).await.1;
    let nobody = OutcomePlace::given("http://127.0.0.1:9/", "s").unwrap();
    let consumer = Arc::new(Consumer::new("key", "s3cret").unwrap());
    let away_from = Outcomes::new(caller("http://127.0.0.1:9", Arc::new(SystemClock)), consumer, nobody);
    again(&away_from.send(&grade(1.0, 1.0, SystemClock.now())).await, None);
    drop(away);
}

#[tokio::test]
async fn what_is_refused_by_its_status_alone() {
    let refused = verdict(|| says(400, "application/json", r#"{"detail": "no such block"}"#)).await;
    assert_eq!(refused, Verdict::Refused { words: "HTTP status 400: detail: no such block".into() });
    let refused = verdict(|| says(404, "text/html", "<h1>secret page</h1>")).await;
    assert_eq!(refused, Verdict::Refused { words: "HTTP status 404.".into() });
    let refused = verdict(|| says(422, "application/xml", outcome("failure", "not graded"))).await;
    assert_eq!(refused, Verdict::Refused { words: "HTTP status 422: not graded".into() });
    let redirect = verdict(|| says(302, "text/html", "").with("location", "http://169.254.169.254/")).await;
    assert!(
        matches!(&redirect, Verdict::Refused { words } if words.contains("not followed")),
        "{redirect:?}"
    );
}

#[tokio::test]
async fn a_launch_leads_nowhere_but_where_the_operator_allows() {
    let (platform, _) = at(|_| says(200, "application/xml", outcome("success", "ok"))).await;
    for url in ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "https://evil.example/"] {
        let consumer = Arc::new(Consumer::new("key", "s3cret").unwrap());
        let place = OutcomePlace::given(url, SOURCEDID).unwrap();
        let outcomes = Outcomes::new(caller(&platform.site, Arc::new(SystemClock)), consumer, place);
        let verdict = outcomes.send(&grade(1.0, 1.0, SystemClock.now())).await;
        assert!(
            matches!(&verdict, Verdict::Unsendable { words } if words.contains("not among the sites")),
            "{verdict:?}"
        );
    }
}

#[tokio::test]
async fn an_assignment_without_points_is_not_sent() {
    let (platform, outcomes) = at(|_| says(200, "application/xml", outcome("success", "ok"))).await;
    let verdict = outcomes.send(&grade(0.0, 0.0, SystemClock.now())).await;
    assert!(matches!(&verdict, Verdict::Unsendable { words } if words.contains("no points")), "{verdict:?}");
    assert!(platform.asked().is_empty());
}

#[tokio::test]
async fn a_platform_that_can_tells_and_removes_its_score() {
    let (platform, outcomes) = at(|asked| {
        let body = if asked.body.contains("readResultRequest") {
            "<r><imsx_codeMajor>success</imsx_codeMajor><readResultResponse><result><resultScore><textString>0,75</textString></resultScore></result></readResultResponse></r>".into()
        } else {
            outcome("success", "gone")
        };
        says(200, "text/html", body)
    })
    .await;
    assert_eq!(outcomes.read().await, Ok(Some(0.75)));
    assert_eq!(outcomes.delete().await, Verdict::Posted { words: "gone".into() });
    assert!(platform.asked()[1].body.contains("<deleteResultRequest>"));
    let (_, empty) = at(|_| says(200, "text/xml", outcome("success", "x"))).await;
    assert_eq!(empty.read().await, Ok(None));
    let (_, cannot) = at(|_| says(200, "text/xml", outcome("unsupported", "no"))).await;
    assert_eq!(cannot.read().await, Err(Verdict::Refused { words: "no".into() }));
}
