//! Others on the network: the hub, the learning platform, GitHub. And what time it is there.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use model::ambient::{Clock, SystemClock};
use outbound::{Outbound, Policy, Site, Url};

use super::check::Check;
use crate::config::{Config, CourseSource};

/// How long somebody may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// With a larger difference tokens are refused and due dates are not kept.
const MOST_WRONG: SignedDuration = SignedDuration::from_secs(5);

/// Somebody whom the service calls.
struct Peer {
    name: &'static str,
    url: String,
    /// What names it.
    setting: &'static str,
    /// Nothing works without it; without others some of what the service does waits.
    is_vital: bool,
    /// Its address may be a private one: the operator has named this very host.
    may_be_private: bool,
}

/// An answer.
struct Heard {
    check: Check,
    /// How far this machine's clock is ahead, if the answer says what time it is.
    ahead: Option<SignedDuration>,
}

/// Everybody who is configured, and the clock.
pub(super) async fn checks(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Vec<Check> {
    let mut heard = Vec::new();
    for peer in peers(config, variable) {
        heard.push(ask(&peer).await);
    }
    let ahead = heard.iter().filter_map(|heard| heard.ahead).collect::<Vec<_>>();
    let mut checks: Vec<_> = heard.into_iter().map(|heard| heard.check).collect();
    checks.push(clock(&ahead));
    checks
}

fn peers(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Vec<Peer> {
    let mut peers = Vec::new();
    if let Some(url) = variable("JUPYTERHUB_API_URL").filter(|url| !url.is_empty()) {
        // Students come through its proxy.
        let setting = "the variable JUPYTERHUB_API_URL";
        peers.push(Peer { name: "hub", url, setting, is_vital: true, may_be_private: true });
    }
    if let Some(site) = config.passback.edx_url.as_deref().and_then(|edx| edx.parse::<Site>().ok()) {
        let (url, setting) = (format!("{site}/"), "passback.edx_url");
        peers.push(Peer { name: "platform", url, setting, is_vital: false, may_be_private: true });
    }
    let mut courses = config.materials.courses.iter().flatten();
    if courses.any(|course| matches!(course.source, CourseSource::GitHub(_))) {
        let (url, setting) = (config.materials.github_api.clone(), "materials.github_api");
        peers.push(Peer { name: "github", url, setting, is_vital: false, may_be_private: false });
    }
    for peer in &mut peers {
        let host = Url::parse(&peer.url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
        let allowed = |host: &String| {
            config.materials.allow_private.iter().any(|allowed| allowed.split(':').next() == Some(host))
        };
        peer.may_be_private |= host.as_ref().is_some_and(allowed);
    }
    peers
}

async fn ask(peer: &Peer) -> Heard {
    let began = Instant::now();
    let failed = |why: String| {
        let action = format!("look at {} and at this machine's network", peer.setting);
        let check = if peer.is_vital { Check::failure } else { Check::warning }(peer.name, shown(&peer.url));
        let check = check.because(why, action);
        Heard { check, ahead: None }
    };
    let answer = match call(peer).await {
        Ok(answer) => answer,
        Err(why) => return failed(why),
    };
    let took = began.elapsed();
    let found =
        format!("{} answers {} after {} ms", shown(&peer.url), answer.status().as_u16(), took.as_millis());
    let date = answer.header("date").and_then(|date| rfc2822::parse(date).ok());
    // The answer's time is in whole seconds, and was written while it was under way.
    let ahead = date.map(|date| SystemClock.now().duration_since(date.timestamp()) - half(took));
    let check = if answer.status().is_server_error() {
        let why = "it answers that it does not work";
        Check::warning(peer.name, found).because(why, "look at its own log, or ask whoever runs it")
    } else {
        Check::ok(peer.name, found)
    };
    Heard { check, ahead }
}

fn half(took: Duration) -> SignedDuration {
    SignedDuration::try_from(took / 2).unwrap_or(SignedDuration::ZERO)
}

async fn call(peer: &Peer) -> Result<outbound::Answer, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let url = Url::parse(&peer.url).map_err(|error| format!("this is no URL: {error}"))?;
    let site = Site::of(&url).ok_or_else(|| "this is no URL of a web server".to_owned())?;
    let mut policy = Policy::default().allow(site.clone());
    if peer.may_be_private {
        policy = policy.allow_private(site.host()).map_err(|error| text(&error))?;
    }
    let client = Outbound::new(policy).map_err(|error| text(&error))?;
    client.get(url).within(PATIENCE).send().await.map_err(|error| text(&error))
}

/// A URL's beginning; the rest may hold what nobody else should read.
fn shown(url: &str) -> String {
    let site = Url::parse(url).ok().as_ref().and_then(Site::of);
    site.map_or_else(|| "not a URL".to_owned(), |site| site.to_string())
}

/// The clock, compared with those who have said what time it is.
fn clock(ahead: &[SignedDuration]) -> Check {
    const NAME: &str = "clock";
    let now: Timestamp = SystemClock.now();
    let now = now.strftime("%Y-%m-%d %H:%M:%S UTC");
    let Some(most) = ahead.iter().max_by_key(|ahead| ahead.abs()) else {
        return Check::ok(NAME, format!("{now}; not compared, as nobody is configured who could be asked"));
    };
    if most.abs() <= MOST_WRONG {
        return Check::ok(NAME, format!("{now}, as others have it"));
    }
    let (by, which) = (most.abs().as_secs(), if most.is_positive() { "ahead" } else { "behind" });
    let why = format!("it is {by} s {which}: tokens may be refused, and due dates are not kept");
    Check::warning(NAME, now.to_string())
        .because(why, "let the machine set its clock (chrony, systemd-timesyncd)")
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};

    use super::{super::check::State, *};
    use crate::config::Sources;

    /// A peer whose clock is so many seconds behind.
    async fn stand_in(behind_s: i64) -> String {
        store::use_ring();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hub/api?token=secret", listener.local_addr().unwrap());
        let date = move || async move {
            let then = SystemClock.now() - SignedDuration::from_secs(behind_s);
            ([("date", then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())], "")
        };
        let app = Router::new().route("/hub/api", get(date));
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    async fn of(hub: Option<String>) -> Vec<Check> {
        let config = Config::load(&Sources::default_only()).unwrap();
        checks(&config, |name| hub.clone().filter(|_| name == "JUPYTERHUB_API_URL")).await
    }

    #[tokio::test]
    async fn nobody_is_asked_who_is_not_configured() {
        let [clock] = &of(None).await[..] else { panic!("the clock alone") };
        assert!(clock.state == State::Ok && clock.found.contains("not compared"), "{clock:?}");
    }

    #[tokio::test]
    async fn a_hub_that_answers_says_what_time_it_is() {
        let [hub, clock] = &of(Some(stand_in(0).await)).await[..] else { panic!("two") };
        assert!(hub.state == State::Ok && clock.state == State::Ok, "{hub:?} {clock:?}");
        assert!(!hub.found.contains("secret"), "{hub:?}");
        let [_, clock] = &of(Some(stand_in(60).await)).await[..] else { panic!("two") };
        assert_eq!(clock.state, State::Warning);
        assert!(clock.remedies[0].why.contains("s ahead"), "{clock:?}");
    }

    #[tokio::test]
    async fn one_that_is_not_there_is_a_failure() {
        store::use_ring();
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for url in [format!("http://{gone}/hub/api"), "nonsense".to_owned(), "ftp://x/".to_owned()] {
            let [hub, _] = &of(Some(url)).await[..] else { panic!("two") };
            assert_eq!(hub.state, State::Failure, "{hub:?}");
        }
    }
}
