//! Speaks to the service.

use std::{path::Path, time::Duration};

use anyhow::{Context, anyhow, bail};
use model::Report;
use reqwest::{StatusCode, Url, header};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Line, events::Events};

/// How long to wait before a broken connection is made again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often in a row, while the service is away.
const TRIES: u32 = 30;

pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
}

/// A submission as the service shows it.
#[derive(Deserialize)]
pub(super) struct Seen {
    pub(super) assignment: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) grading: Option<Grading>,
}

#[derive(Deserialize)]
pub(super) struct Grading {
    pub(super) report: Report,
}

impl Seen {
    pub(super) fn was_graded(&self) -> bool {
        self.status == "graded"
    }
}

/// What the service says of a submission that it has accepted.
#[derive(Deserialize)]
pub(super) struct Accepted {
    pub(super) id: String,
    pub(super) receipt: String,
    status_url: String,
    events_url: String,
    page_url: String,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
    advice: String,
}

impl Client {
    /// With the token that says who submits, if one is needed.
    pub(super) fn new(url: Url, token: Option<&str>) -> anyhow::Result<Self> {
        let mut headers = header::HeaderMap::new();
        if let Some(token) = token {
            let mut value = header::HeaderValue::from_str(&format!("Bearer {token}"))
                .context("the token has characters that no token has")?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .default_headers(headers)
            // To a sign-in page, which is of no use to a program.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self { http, url })
    }

    /// Submits a notebook.
    pub(super) async fn submit(&self, path: &Path) -> anyhow::Result<Accepted> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let notebook: &RawValue = serde_json::from_str(text.trim())
            .with_context(|| format!("{} is not a notebook", path.display()))?;
        // The notebook's own bytes, so that its SHA-256 is the file's.
        let body = format!("{{\"nb\":{}}}", notebook.get());
        let request = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body);
        let answer = request.send().await.with_context(|| format!("no service answers at {}", self.url))?;
        let status = answer.status();
        let body = answer.bytes().await?;
        if status != StatusCode::ACCEPTED {
            return Err(match serde_json::from_slice::<Problem>(&body) {
                Ok(problem) => anyhow!("{} {}", problem.detail, problem.advice),
                Err(_) => anyhow!("the service answered {status}; is {} an otter-service?", self.url),
            });
        }
        serde_json::from_slice(&body).context("the service's answer makes no sense")
    }

    /// The page of a submission.
    pub(super) fn page(&self, accepted: &Accepted) -> String {
        self.url.join(&accepted.page_url).map_or_else(|_| accepted.page_url.clone(), String::from)
    }

    /// Follows a submission to its end.
    pub(super) async fn to_its_end(&self, accepted: &Accepted, line: &Line) -> anyhow::Result<Seen> {
        self.follow(&self.url.join(&accepted.events_url)?, line).await?;
        let seen = self.http.get(self.url.join(&accepted.status_url)?).send().await?.error_for_status()?;
        Ok(seen.json().await?)
    }

    /// Tells each step until the last. Comes back when the connection breaks, as after a restart of the service.
    async fn follow(&self, url: &Url, line: &Line) -> anyhow::Result<()> {
        let mut after = 0_u64;
        let mut tries = 0;
        loop {
            let request = self.http.get(url.clone()).header("last-event-id", after.to_string());
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::NO_CONTENT => return Ok(()),
                // A proxy answers so while the service behind it restarts.
                Ok(answer) if answer.status().is_server_error() && tries < TRIES => tries += 1,
                Ok(answer) => {
                    tries = 0;
                    let mut events = Events::new(answer.error_for_status()?);
                    while let Some(event) = events.next().await {
                        after = event.id.unwrap_or(after);
                        line.tell(&event.step);
                        if event.step.is_last() {
                            return Ok(());
                        }
                    }
                }
                Err(_) if tries < TRIES => tries += 1,
                Err(error) => {
                    bail!("the service is gone: {error}")
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}
