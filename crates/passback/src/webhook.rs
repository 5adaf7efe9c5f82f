//! A grade as a signed request to any address, in the form of Standard Webhooks (<https://www.standardwebhooks.com>).
//!
//! The receiver computes HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the body, joined by dots, and compares it
//! with `webhook-signature`; refuses a timestamp that is more than five minutes away from its own clock; and knows by
//! `webhook-id`, which is that of the grading, what it has had before.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use outbound::{Site, Url};
use ring::hmac;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    caller::Caller,
    destination::{Destination, GradeToSend, Verdict},
    refusal,
};

/// The fewest and the most bytes of a secret, as Standard Webhooks has them.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What receiver and sender share.
pub struct WebhookSecret(hmac::Key);

/// Why a text is no secret. Does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "The webhook's secret is not `whsec_` and 24 to 64 random bytes in base64. Make one with: echo whsec_$(head -c 32 /dev/urandom | base64)"
)]
pub struct WebhookSecretError;

impl WebhookSecret {
    /// Reads a secret as it is passed around: `whsec_` and base64. Space around it does not belong to it.
    pub fn parse(text: &str) -> Result<Self, WebhookSecretError> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(WebhookSecretError)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| WebhookSecretError)?;
        if !SECRET_BYTES.contains(&bytes.len()) {
            return Err(WebhookSecretError);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    fn sign(&self, id: &str, timestamp_s: i64, body: &str) -> String {
        let tag = hmac::sign(&self.0, format!("{id}.{timestamp_s}.{body}").as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(tag))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// An address that is told all grades.
#[derive(Debug, Clone)]
pub struct Webhook {
    caller: Caller,
    url: Url,
    secret: Arc<WebhookSecret>,
    platform: String,
}

impl Webhook {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(caller: Caller, url: Url, secret: Arc<WebhookSecret>) -> Self {
        let platform = Site::of(&url).map(|site| site.to_string()).unwrap_or_default();
        Self { caller, url, secret, platform }
    }
}

/// What is told.
fn event(grade: &GradeToSend) -> Value {
    json!({
        "type": "grade",
        // Later at each try. A receiver that keeps one grade per user and assignment keeps the one with the latest.
        "timestamp": format!("{:.3}", grade.stamp),
        "data": {
            "grading": grade.grading,
            "submission": grade.submission,
            "user": grade.user,
            "course": grade.key.course,
            "section": grade.key.section,
            "assignment": grade.key.assignment,
            "score": grade.score,
            "max_score": grade.max_score,
            "graded_at": format!("{:.3}", grade.graded_at),
            "page": grade.page.as_ref().map(Url::as_str),
        },
    })
}

#[async_trait]
impl Destination for Webhook {
    fn platform(&self) -> &str {
        &self.platform
    }

    async fn send(&self, grade: &GradeToSend) -> Verdict {
        let (id, body) = (grade.grading.to_string(), event(grade).to_string());
        // Signed anew at each try: the receiver compares it with its clock.
        let now_s = self.caller.now().as_second();
        let request = self.caller.outbound.post(self.url.clone());
        let request = request
            .header("webhook-id", &id)
            .header("webhook-timestamp", &now_s.to_string())
            .header("webhook-signature", &self.secret.sign(&id, now_s, &body))
            .body("application/json", body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                Verdict::Posted { words: refusal::in_words(answer.status().as_u16(), "", &[]) }
            }
            Ok(answer) => refusal::of_answer(answer, self.caller.now(), &[]).await,
            Err(error) => refusal::on_the_way(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_as_others_make_it() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(!format!("{secret:?}").contains("MfKQ"));
    }

    #[test]
    fn what_is_no_secret() {
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_%%"] {
            assert!(WebhookSecret::parse(text).is_err(), "{text}");
        }
    }
}
