//! Tokens of platforms, kept until shortly before they expire.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use outbound::Site;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex as Turn;

use super::{assertion::assertion, keys::ToolKeys, line_item::Platform};
use crate::{caller::Caller, destination::Verdict, refusal};

/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_mins(1);
/// How long one is used that does not say how long it is good.
const UNNAMED: Duration = Duration::from_mins(5);
/// How many are remembered; more there are not, unless launches name ever new ones.
const MOST: usize = 1000;

/// The tokens that platforms gave to this tool: one per platform, client and scope, however many ask at once.
pub struct Keyring {
    caller: Caller,
    keys: Arc<ToolKeys>,
    held: Mutex<HashMap<Lock, Arc<Turn<Option<Held>>>>>,
}

/// Why no token can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringError(pub(super) Verdict);

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Lock {
    token_url: String,
    client_id: String,
    scope: &'static str,
}

#[derive(Clone)]
pub(super) struct Token(SecretString);

struct Held {
    token: Token,
    good_until: Timestamp,
}

/// RFC 6749, section 5.1.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: Option<f64>,
    scope: Option<String>,
}

impl Token {
    pub(super) fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Keyring {
    /// Has no token yet.
    #[must_use]
    pub fn new(caller: Caller, keys: Arc<ToolKeys>) -> Self {
        Self { caller, keys, held: Mutex::default() }
    }

    /// A token that is good for some time at least.
    pub(super) async fn token(&self, at: &Platform, scope: &'static str) -> Result<Token, KeyringError> {
        let place = self.place(at, scope);
        // Who comes meanwhile waits here, and finds the token when it is their turn.
        let mut held = place.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.good_until > self.caller.now()) {
            return Ok(held.token.clone());
        }
        let given = self.ask(at, scope).await.map_err(KeyringError)?;
        let token = given.token.clone();
        *held = Some(given);
        Ok(token)
    }

    /// A token in place of one that the platform did not accept.
    pub(super) async fn renewed(
        &self,
        at: &Platform,
        scope: &'static str,
        refused: &Token,
    ) -> Result<Token, KeyringError> {
        let place = self.place(at, scope);
        // Somebody else may have renewed it already.
        place.lock().await.take_if(|held| held.token.reveal() == refused.reveal());
        self.token(at, scope).await
    }

    fn place(&self, at: &Platform, scope: &'static str) -> Arc<Turn<Option<Held>>> {
        let lock = Lock { token_url: at.token_url.to_string(), client_id: at.client_id.clone(), scope };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST && !held.contains_key(&lock) {
            held.clear();
        }
        Arc::clone(held.entry(lock).or_default())
    }

    async fn ask(&self, at: &Platform, scope: &'static str) -> Result<Held, Verdict> {
        let audience = at.audience.as_deref().unwrap_or(at.token_url.as_str());
        let asked = self.caller.now();
        let assertion = assertion(&self.keys, &at.client_id, audience, asked, &self.caller.nonce());
        let request =
            self.caller.outbound.post(at.token_url.clone()).header("accept", "application/json").form(&[
                ("grant_type", "client_credentials"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &assertion),
                ("scope", scope),
            ]);
        let answer = request.send().await.map_err(|error| refusal::on_the_way(&error))?;
        if !answer.status().is_success() {
            let verdict = refusal::of_answer(answer, self.caller.now(), &[&assertion]).await;
            return Err(about_token(&at.token_url, verdict));
        }
        let given: Given =
            answer.json(refusal::MAX_BYTES).await.map_err(|error| refusal::on_the_way(&error))?;
        // edX answers 200 with no scope where it should refuse; without the field all that was asked for is granted.
        if given.scope.as_deref().is_some_and(|granted| !granted.split_whitespace().any(|one| one == scope)) {
            let words =
                format!("It gives a token, but not for {scope}. Allow this tool to post grades there.");
            return Err(Verdict::Refused { words });
        }
        let good = given.expires_in.map_or(UNNAMED, |seconds| {
            let whole = Duration::try_from_secs_f64(seconds.clamp(0.0, 1e6)).unwrap_or_default();
            whole.saturating_sub(MARGIN.min(whole / 2))
        });
        Ok(Held { token: Token(given.access_token.into()), good_until: asked + good })
    }
}

/// That it was the token that was refused, and not the score.
fn about_token(token_url: &outbound::Url, verdict: Verdict) -> Verdict {
    let site = Site::of(token_url).map(|site| site.to_string()).unwrap_or_default();
    let named = |words| format!("{site} gives no token: {words}");
    match verdict {
        Verdict::Refused { words } => Verdict::Refused { words: named(words) },
        Verdict::Unsendable { words } => Verdict::Unsendable { words: named(words) },
        Verdict::Again { words, after } => Verdict::Again { words: named(words), after },
        Verdict::Posted { words } => Verdict::Posted { words },
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys).finish_non_exhaustive()
    }
}
