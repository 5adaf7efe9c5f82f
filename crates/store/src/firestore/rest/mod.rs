//! Firestore's REST interface: reads and commits, tried again where that may help.

mod query;
mod refusal;
pub(super) mod wire;

use std::time::{Duration, Instant};

use model::ambient::{Entropy, SystemEntropy};
use reqwest::header::AUTHORIZATION;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use self::wire::Document;
pub(super) use self::{
    query::{Query, after_slash},
    refusal::{CommitError, Refusal},
};
use super::auth::Auth;
use crate::error::StoreError;

/// How long one call may take, with everything that is tried again.
const BUDGET: Duration = Duration::from_secs(9);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);
/// How often a call is tried.
const TRIES: u32 = 5;

/// A connection to one database.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// Where its documents are, as a URL.
    url: String,
    /// Where its documents are, as a path: `projects/…/documents`.
    root: String,
    auth: Auth,
}

/// What a commit is asked with.
#[derive(Serialize)]
struct Commit<'w> {
    writes: &'w [Json],
}

/// A document of a commit that carries a word by which the commit is known again.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// The document's path.
    pub(super) name: String,
    /// What its field `write` says.
    pub(super) write: String,
}

impl Client {
    /// A client for the database at an endpoint such as `https://firestore.googleapis.com`.
    pub(super) fn new(endpoint: &str, project: &str, database: &str, auth: Auth) -> Result<Self, StoreError> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .tcp_keepalive(Duration::from_secs(30))
            // Google closes a connection that was silent for some minutes.
            .pool_idle_timeout(Duration::from_mins(2))
            .tcp_nodelay(true)
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        let root = format!("projects/{project}/databases/{database}/documents");
        Ok(Self { http, url: format!("{endpoint}/v1/{root}"), root, auth })
    }

    /// A document's path.
    pub(super) fn name(&self, collection: &str, id: &str) -> String {
        format!("{}/{collection}/{id}", self.root)
    }

    /// One document.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Document>, StoreError> {
        Ok(self.get_all(&[name.to_owned()]).await?.pop().flatten())
    }

    /// Documents as they were at one moment, in the order in which they are asked for.
    pub(super) async fn get_all(&self, names: &[String]) -> Result<Vec<Option<Document>>, StoreError> {
        if names.is_empty() {
            return Ok(vec![]);
        }
        let answer = self.read("batchGet", &json!({ "documents": names })).await?;
        let mut found = vec![None; names.len()];
        for document in documents(answer, "found")? {
            // The same name may be asked for twice, and comes once.
            for (place, _) in names.iter().enumerate().filter(|(_, name)| **name == document.name) {
                found[place] = Some(document.clone());
            }
        }
        Ok(found)
    }

    /// The documents that a query finds, in its order.
    pub(super) async fn run(&self, query: &Query) -> Result<Vec<Document>, StoreError> {
        Ok(self.run_timed(query).await?.0)
    }

    /// The same, and when that was by the server's clock.
    pub(super) async fn run_timed(&self, query: &Query) -> Result<(Vec<Document>, String), StoreError> {
        let answer = self.read("runQuery", &json!({ "structuredQuery": query.to_json() })).await?;
        let read_at = answer[0]["readTime"].as_str().unwrap_or_default().to_owned();
        Ok((documents(answer, "document")?, read_at))
    }

    /// How many documents a query finds.
    pub(super) async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        let counted =
            json!({ "structuredQuery": query.to_json(), "aggregations": [{ "alias": "n", "count": {} }] });
        let answer =
            self.read("runAggregationQuery", &json!({ "structuredAggregationQuery": counted })).await?;
        let number = answer[0]["result"]["aggregateFields"]["n"]["integerValue"].as_str();
        number.and_then(|number| number.parse().ok()).ok_or_else(|| nonsense("a count without a number"))
    }

    async fn read(&self, verb: &str, body: &Json) -> Result<Json, StoreError> {
        let mut tries = Tries::begin();
        loop {
            match self.send(verb, body, tries.timeout()).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) if refusal.is_passing() && tries.pause().await => {}
                Err(refusal) => return Err(StoreError::Unavailable(refusal.into())),
            }
        }
    }

    /// Writes all or nothing. A commit whose answer was lost is sent again, and known again by its mark; without a
    /// mark it must be one that may happen twice.
    pub(super) async fn commit(&self, writes: &[Json], mark: Option<&Mark>) -> Result<(), CommitError> {
        let body = Commit { writes };
        let mut tries = Tries::begin();
        let mut may_have_happened = false;
        loop {
            let Err(refusal) = self.send("commit", &body, tries.timeout()).await else { return Ok(()) };
            if refusal.is_conflict() {
                if let (true, Some(mark)) = (may_have_happened, mark)
                    && self.carries(mark).await?
                {
                    return Ok(());
                }
                return Err(CommitError::Conflict);
            }
            if refusal.is_invalid() {
                return Err(CommitError::Invalid(refusal));
            }
            may_have_happened |= !refusal.tells_that_nothing_happened();
            if !refusal.is_passing() || !tries.pause().await {
                return Err(StoreError::Unavailable(refusal.into()).into());
            }
        }
    }

    async fn carries(&self, mark: &Mark) -> Result<bool, StoreError> {
        let document = self.get(&mark.name).await?;
        Ok(document.is_some_and(|document| document.fields.get("write") == Some(&wire::text(&mark.write))))
    }

    async fn send(
        &self,
        verb: &str,
        body: &(impl Serialize + Sync),
        timeout: Duration,
    ) -> Result<Json, Refusal> {
        let token = self.auth.token(timeout).await.map_err(Refusal::Token)?;
        let request = self.http.post(format!("{}:{verb}", self.url)).timeout(timeout).json(body);
        let answer = request.header(AUTHORIZATION, format!("Bearer {token}")).send().await?;
        let status = answer.status();
        let text = answer.bytes().await?;
        if status.is_success() {
            return serde_json::from_slice(&text).map_err(|_| Refusal::Nonsense { verb: verb.to_owned() });
        }
        Err(Refusal::said(verb, status.as_u16(), &text))
    }
}

fn documents(answer: Json, under: &str) -> Result<Vec<Document>, StoreError> {
    let Json::Array(parts) = answer else { return Err(nonsense("an answer that is no list")) };
    let mut found = vec![];
    for mut part in parts {
        if let Some(document) = part.get_mut(under) {
            let document = serde_json::from_value(document.take());
            found.push(document.map_err(|_| nonsense("a document that is none"))?);
        }
    }
    Ok(found)
}

fn nonsense(what: &str) -> StoreError {
    StoreError::Unavailable(format!("Firestore answered with {what}").into())
}

/// What is left of the time and of the tries of a call.
struct Tries {
    begun: Instant,
    made: u32,
}

impl Tries {
    fn begin() -> Self {
        Self { begun: Instant::now(), made: 0 }
    }

    fn timeout(&self) -> Duration {
        TRY.min(BUDGET.saturating_sub(self.begun.elapsed()))
    }

    /// Waits before the next try; false if there is to be none.
    async fn pause(&mut self) -> bool {
        self.made += 1;
        let pause = jitter(Duration::from_millis(50) * 4_u32.pow(self.made - 1));
        if self.made >= TRIES || self.begun.elapsed() + pause >= BUDGET {
            return false;
        }
        sleep(pause).await;
        true
    }
}

/// Half of a span of time, and at random up to all of it: who collided does not collide again.
pub(super) fn jitter(span: Duration) -> Duration {
    let half = span / 2;
    half + half.mul_f64(f64::from(random()) / f64::from(u32::MAX))
}

pub(super) fn random() -> u32 {
    let mut bytes = [0; 4];
    SystemEntropy.fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
