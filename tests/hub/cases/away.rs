//! The hub is away, and its proxy still leads to the service.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use reqwest::Url;

use crate::{
    browser::Browser,
    cases::sessions,
    http::Answer,
    stage::{EXTERNAL, Stage},
};

/// A session that is not used for a while, so that the hub must be asked about it again.
pub(crate) struct Resting {
    browser: Browser,
    since: Instant,
}

/// Browsers that wait at the callback, with a code of the hub's.
pub(crate) struct Waiting {
    browser: Browser,
    callback: Url,
    token: String,
}

pub(crate) fn rest(stage: &Stage) -> Resting {
    let mut browser = sessions::signed_in(stage, "ada");
    sessions::me(stage, &mut browser).expect(200);
    Resting { browser, since: Instant::now() }
}

pub(crate) fn wait(stage: &Stage) -> Waiting {
    let mut browser = stage.browser();
    let is_callback = |url: &Url| url.path().ends_with("/oauth_callback");
    let answer = browser.open_until(EXTERNAL, "zoe", is_callback);
    Waiting { callback: answer.leads_to().unwrap(), browser, token: stage.token_of("zoe", None).0 }
}

fn says_later(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}: {}", answer.url, answer.text);
    let after: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&after), "{after}");
    let text = answer.text.to_lowercase();
    assert!(text.contains("hub") && !text.contains("panick"), "{text}");
}

pub(crate) fn during(stage: &Stage, resting: &mut Resting, waiting: &mut Waiting) {
    // What the hub said lasts half a minute; what counts here is what comes after.
    sleep(Duration::from_secs(31).saturating_sub(resting.since.elapsed()));
    let me = sessions::me(stage, &mut resting.browser).expect(200).json();
    assert_eq!(me["user"], "ada", "a session goes on");
    let page = resting.browser.send(resting.browser.page(EXTERNAL)).expect(200);
    assert!(page.header("content-type").starts_with("text/html"));

    says_later(&stage.me(&waiting.token));
    let page = waiting.browser.send(waiting.browser.page(waiting.callback.as_str()));
    assert!(page.header("content-type").starts_with("text/html"), "a page for people");
    says_later(&page);
    assert!(waiting.browser.cookie("otter-session").is_none());
    // Who comes now is not sent on to a hub that is not there.
    let page = stage.browser().open(EXTERNAL, "yan");
    assert!(page.url.path().starts_with(EXTERNAL), "{}", page.url);
    assert!(page.header("content-type").starts_with("text/html"));
    says_later(&page);
}

pub(crate) fn after(stage: &mut Stage, waiting: &mut Waiting) {
    stage.hub.start().unwrap();
    // For two seconds a hub that did not answer is not asked again.
    sleep(Duration::from_secs(2));
    assert_eq!(stage.me(&waiting.token).expect(200).json()["user"], "zoe");
    let page = waiting.browser.open(EXTERNAL, "zoe").expect(200);
    assert_eq!(page.url.path(), EXTERNAL, "whoever comes now gets in");
}
