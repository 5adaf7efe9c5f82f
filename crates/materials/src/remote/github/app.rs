//! Tokens of an App's installation.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{api::GitHubApi, credentials::Token, jwt::AppKey, refusal};
use crate::remote::RemoteError;

/// How long before its end a token is no longer used: a download may take a while, and clocks differ.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// The most bytes of the answer; it lists permissions, and up to some hundred repositories.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The tokens of one installation of an App: one at a time, for all its repositories, kept until shortly before it
/// expires. However many ask at once, GitHub is asked once.
#[derive(Debug)]
pub struct AppTokens {
    api: Arc<GitHubApi>,
    key: AppKey,
    installation: u64,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    token: Token,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Given {
    token: String,
    expires_at: Timestamp,
}

impl AppTokens {
    /// Asks nothing yet. `installation` is the number at the end of the installation's URL.
    #[must_use]
    pub fn new(api: Arc<GitHubApi>, key: AppKey, installation: u64) -> Self {
        Self { api, key, installation, held: Mutex::new(None) }
    }

    /// A token that is good for some minutes at least.
    pub(super) async fn token(&self) -> Result<Token, RemoteError> {
        // Who comes meanwhile waits here, and finds the token when it is their turn.
        let mut held = self.held.lock().await;
        let good_until = self.api.clock().now() + MARGIN;
        if let Some(held) = held.as_ref().filter(|held| held.expires_at > good_until) {
            return Ok(held.token.clone());
        }
        let given = self.ask().await?;
        let token = given.token.clone();
        *held = Some(given);
        Ok(token)
    }

    /// A token in place of one that GitHub did not accept, because it was revoked or our clock is wrong.
    pub(super) async fn renewed(&self, refused: &Token) -> Result<Token, RemoteError> {
        let mut held = self.held.lock().await;
        // Somebody else may have renewed it already.
        held.take_if(|held| held.token == *refused);
        drop(held);
        self.token().await
    }

    async fn ask(&self) -> Result<Held, RemoteError> {
        let api = &self.api;
        let url = api.url(&["app", "installations", &self.installation.to_string(), "access_tokens"]);
        let answer = api.post(url, &self.key.token(api.clock().now())).await?;
        if answer.status().as_u16() != 201 {
            let advice = format!(
                "Check the App's id ({}), its private key, the installation's id ({}), and this machine's clock.",
                self.key.app_id(),
                self.installation
            );
            return Err(refusal::of(answer, api.clock(), &advice).await);
        }
        let site = answer.site().clone();
        let given: Given = answer.json(MAX_BYTES).await.map_err(refusal::on_the_way)?;
        let token = Token::parse(&given.token)
            .map_err(|_| RemoteError::Away { problem: format!("{site} gave a token that is none.") })?;
        Ok(Held { token, expires_at: given.expires_at })
    }
}
