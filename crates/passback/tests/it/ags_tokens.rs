//! LTI 1.3: keys and tokens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use model::ambient::{Clock, SystemClock};
use passback::{Destination, Keyring, LineItem, ToolKeys, Verdict};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};

use crate::{
    ags::{SCORE, line_item, token, tool},
    support::{Asked, KEYS, Says, StandIn, caller, grade, says},
};

const NOW_S: i64 = 1_800_000_000;

/// Stands still unless it is moved.
#[derive(Debug, Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW_S + self.0.load(Ordering::Relaxed)).unwrap()
    }
}

struct Tool {
    platform: StandIn,
    clock: Arc<Hand>,
    line_item: LineItem,
    keyring: Arc<Keyring>,
}

/// A tool at a platform that takes all scores and gives such tokens.
async fn at(rule: impl Fn(&Asked) -> Says + Send + Sync + 'static) -> Tool {
    let platform =
        StandIn::start(
            move |asked| {
                if asked.is_to("/token") { rule(asked) } else { says(200, "application/json", "{}") }
            },
        )
        .await;
    let clock = Arc::new(Hand::default());
    let keyring = Arc::new(Keyring::new(caller(&platform.site, Arc::clone(&clock) as _), tool()));
    let line_item = line_item(&platform, &keyring, Arc::clone(&clock) as _, "/li/1");
    Tool { platform, clock, line_item, keyring }
}

impl Tool {
    async fn send(&self) -> Verdict {
        self.line_item.send(&grade(1.0, 1.0, SystemClock.now())).await
    }

    fn tokens(&self) -> usize {
        self.platform.asked().iter().filter(|asked| asked.is_to("/token")).count()
    }
}

fn part(jwt: &str, number: usize) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwt.split('.').nth(number).unwrap()).unwrap()
}

#[tokio::test]
async fn the_tool_proves_who_it_is() {
    let tool = at(token).await;
    assert!(matches!(tool.send().await, Verdict::Posted { .. }));
    let asked = &tool.platform.asked()[0];
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(asked.field("grant_type"), "client_credentials");
    assert_eq!(
        asked.field("client_assertion_type"),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(asked.field("scope"), SCORE);
    let jwt = asked.field("client_assertion");
    let header: Value = serde_json::from_slice(&part(&jwt, 0)).unwrap();
    let mut claims: Value = serde_json::from_slice(&part(&jwt, 1)).unwrap();
    let keys = ToolKeys::parse(&KEYS[0], None).unwrap().jwks();
    let key = &keys["keys"][0];
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": key["kid"]}));
    assert_eq!(claims["jti"].take().as_str().unwrap().len(), 32);
    let url = tool.platform.url("/token").to_string();
    assert_eq!(
        claims,
        json!({"iss": "otter", "sub": "otter", "aud": url, "iat": NOW_S - 5, "exp": NOW_S + 300, "jti": null})
    );
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let signed = jwt.rsplit_once('.').unwrap().0;
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &part(&jwt, 2)).unwrap();
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let tool = at(token).await;
    for (later_s, tokens) in [(0, 1), (0, 1), (3539, 1), (1, 2), (0, 2)] {
        tool.clock.0.fetch_add(later_s, Ordering::Relaxed);
        assert!(matches!(tool.send().await, Verdict::Posted { .. }));
        assert_eq!(tool.tokens(), tokens, "after {later_s} more seconds");
    }
    let short = at(|_| says(200, "application/json", r#"{"access_token": "x", "expires_in": 10}"#)).await;
    for (later_s, tokens) in [(0, 1), (4, 1), (1, 2)] {
        short.clock.0.fetch_add(later_s, Ordering::Relaxed);
        assert!(matches!(short.send().await, Verdict::Posted { .. }));
        assert_eq!(short.tokens(), tokens);
    }
}

#[tokio::test]
async fn many_at_once_ask_for_one_token() {
    let tool = at(token).await;
    let grades: Vec<_> = (0..20).map(|_| grade(1.0, 1.0, SystemClock.now())).collect();
    let others: Vec<_> = (0..20)
        .map(|_| line_item(&tool.platform, &tool.keyring, Arc::clone(&tool.clock) as _, "/li/2"))
        .collect();
    let mut sends = tokio::task::JoinSet::new();
    for (other, grade) in others.into_iter().zip(grades) {
        sends.spawn(async move { other.send(&grade).await });
    }
    assert_eq!(sends.join_all().await.len(), 20);
    assert_eq!(tool.tokens(), 1);
}

#[tokio::test]
async fn no_token_no_grade() {
    let verdict = async |says: fn() -> Says| at(move |_| says()).await.send().await;
    let none =
        verdict(|| says(200, "application/json", r#"{"access_token": "x", "expires_in": 60, "scope": ""}"#));
    let none = none.await;
    assert!(matches!(&none, Verdict::Refused { words } if words.contains(SCORE)), "{none:?}");
    let error = || says(400, "application/json", r#"{"error": "invalid_client"}"#);
    let refused = verdict(error).await;
    assert!(
        matches!(&refused, Verdict::Refused { words } if words.ends_with("gives no token: HTTP status 400: error: invalid_client")),
        "{refused:?}"
    );
    let away = verdict(|| says(503, "text/plain", "").with("retry-after", "9")).await;
    assert!(matches!(&away, Verdict::Again { after: Some(after), .. } if *after == Duration::from_secs(9)));
    for nonsense in [|| says(200, "text/html", "<html>"), || says(200, "application/json", "{}")] {
        assert!(matches!(verdict(nonsense).await, Verdict::Again { .. }));
    }
    // It is not remembered that there was none.
    let tool = at(|_| says(503, "text/plain", "")).await;
    tool.send().await;
    tool.send().await;
    assert_eq!(tool.tokens(), 2);
}

#[test]
fn keys_old_and_new() {
    let both = format!("{}\n{}", KEYS[0], KEYS[1]);
    let keys = ToolKeys::parse(&both, Some(" signs-now\n")).unwrap();
    let jwks = keys.jwks();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    assert_eq!(jwks["keys"][0]["kid"], "signs-now");
    let alone = ToolKeys::parse(&KEYS[1], None).unwrap().jwks();
    assert_eq!(jwks["keys"][1], alone["keys"][0], "the other one keeps its thumbprint");
    assert!(jwks["keys"][0].get("d").is_none());
    let one_line = KEYS[0].replace('\n', "\\n");
    assert_eq!(
        ToolKeys::parse(&one_line, None).unwrap().jwks(),
        ToolKeys::parse(&KEYS[0], None).unwrap().jwks()
    );

    let twice = ToolKeys::parse(&format!("{0}{0}", KEYS[0]), None).unwrap_err();
    assert!(twice.to_string().contains("Two keys"), "{twice}");
    let none = ToolKeys::parse("hidden-word", None).unwrap_err().to_string();
    assert!(none.contains("LTI13_PRIVATE_KEY") && !none.contains("hidden"), "{none}");
    assert!(ToolKeys::parse(&KEYS[0], Some("a\nb")).is_err());
    assert!(!format!("{keys:?}").contains("PRIVATE"));
}
