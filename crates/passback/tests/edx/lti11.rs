//! LTI 1.1 Basic Outcomes.

use std::sync::Arc;

use model::ambient::{Clock, SystemClock};
use passback::{Consumer, Destination, OutcomePlace, Outcomes, Verdict};

use crate::{
    peer::Edx,
    support::{caller, grade},
};

const COURSE: &str = "BerkeleyX+Data8.1x+2024";
const BLOCK: &str = "0123456789abcdef0123456789abcdef";
/// Both known to the peer unless it is told others.
const ADA: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
const BOB: &str = "00112233445566778899aabbccddeeff";

fn outcomes(edx: &Edx, secret: &str, place: OutcomePlace) -> Outcomes {
    let consumer = Arc::new(Consumer::new("test-key", secret).unwrap());
    Outcomes::new(caller(&edx.site, Arc::new(SystemClock)), consumer, place)
}

fn of(edx: &Edx, user: &str) -> Outcomes {
    outcomes(edx, "test-secret", OutcomePlace::compose(&edx.site, COURSE, BLOCK, user).unwrap())
}

async fn send(outcomes: &Outcomes, score: f64, max: f64) -> Verdict {
    outcomes.send(&grade(score, max, SystemClock.now())).await
}

fn posted(words: &str) -> Verdict {
    Verdict::Posted { words: words.into() }
}

#[tokio::test]
async fn a_grade_is_recorded_by_composed_and_by_launched_addresses() {
    let Some(edx) = Edx::start(&[]).await else { return };
    let state = edx.state().await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let (url, sourcedid) = (text(&state["outcome_service_url"]), text(&state["lis_result_sourcedid"][BOB]));
    let launched = outcomes(&edx, "test-secret", OutcomePlace::given(&url, &sourcedid).unwrap());
    assert!(OutcomePlace::given(&url, &sourcedid).unwrap().names_block(BLOCK));

    assert_eq!(send(&of(&edx, ADA), 3.0, 4.0).await, posted("Score for … is now 0.75"));
    assert_eq!(send(&launched, 0.0, 4.0).await, posted("Score for … is now 0.0"));
    assert_eq!(send(&of(&edx, ADA), 5.0, 4.0).await, posted("Score for … is now 1.0"));
    assert_eq!(send(&of(&edx, ADA), -1.0, 4.0).await, posted("Score for … is now 0.0"));
    assert_eq!(send(&of(&edx, ADA), 1.0, 3.0).await, posted("Score for … is now 0.333333333"));
    assert_eq!(send(&of(&edx, ADA), 1.0, 3.0).await, posted("Score for … is now 0.333333333"));
    let third = 0.333_333_333;
    let expected = [(1, 0.75), (2, 0.0), (1, 1.0), (1, 0.0), (1, third), (1, third)];
    assert_eq!(edx.published().await, expected);
}

/// edX puts the `sourcedId` into its answer as it is, which is no XML then.
#[tokio::test]
async fn users_with_characters_that_mean_something() {
    let users = ["a:b%c", "%3A", "r&d", "a<b", "zoë \"z\" 'm'>", "]]>", "&amp;"];
    let arguments: Vec<_> = users.iter().flat_map(|user| ["--user", user]).collect();
    let Some(edx) = Edx::start(&arguments).await else { return };
    let mut expected = vec![];
    for (number, user) in (1_u32..).zip(users) {
        let score = f64::from(number) / 10.0;
        let verdict = send(&of(&edx, user), score, 1.0).await;
        assert!(
            matches!(&verdict, Verdict::Posted { words } if !words.contains(user)),
            "{user}: {verdict:?}"
        );
        expected.push((u64::from(number), score));
    }
    assert_eq!(edx.published().await, expected);
}

#[tokio::test]
async fn what_it_refuses_is_refused_in_its_words() {
    let Some(edx) = Edx::start(&[]).await else { return };
    let refused = |verdict: Verdict, said: &str| {
        assert!(matches!(&verdict, Verdict::Refused { words } if words.contains(said)), "{verdict:?}");
    };
    let place = |user: &str| OutcomePlace::compose(&edx.site, COURSE, BLOCK, user).unwrap();
    let wrong = outcomes(&edx, "another-secret", place(ADA));
    refused(send(&wrong, 1.0, 1.0).await, "OAuth signature verification has failed");
    refused(send(&of(&edx, "nobody"), 1.0, 1.0).await, "User not found.");
    let elsewhere = OutcomePlace::compose(&edx.site, COURSE, "ffff", ADA).unwrap();
    refused(send(&outcomes(&edx, "test-secret", elsewhere), 1.0, 1.0).await, "HTTP status 404");
    // These it cannot.
    refused(of(&edx, ADA).delete().await, "");
    refused(of(&edx, ADA).read().await.unwrap_err(), "");
    assert_eq!(edx.published().await, []);
    let ada = of(&edx, ADA);
    drop(edx);
    let away = send(&ada, 1.0, 1.0).await;
    assert!(matches!(away, Verdict::Again { .. }), "{away:?}");
}

#[tokio::test]
async fn what_is_past_due_is_refused() {
    let Some(edx) = Edx::start(&["--due-past"]).await else { return };
    assert_eq!(send(&of(&edx, ADA), 1.0, 1.0).await, Verdict::Refused { words: "Grade is past due".into() });
}
