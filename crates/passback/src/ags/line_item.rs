//! One user's score in one column of a gradebook.

use std::sync::Arc;

use async_trait::async_trait;
use outbound::{Answer, Request, Site, Url};
use serde_json::Value;

use super::{
    keyring::{Keyring, KeyringError, Token},
    result,
    score::{CONTENT_TYPE, below, score},
};
use crate::{
    caller::Caller,
    destination::{Destination, GradeToSend, Verdict},
    refusal,
};

const SCORE: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
const RESULT: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
const RESULTS_TYPE: &str = "application/vnd.ims.lis.v2.resultcontainer+json";

/// A platform of LTI 1.3, and as what this tool is known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Where it gives tokens.
    pub token_url: Url,
    /// The tool's id.
    pub client_id: String,
    /// As whom it wants to be addressed (`aud`) when asked for a token, if not by `token_url`.
    pub audience: Option<String>,
}

/// Which score is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The line item's URL, as the launch or the course configuration has it.
    pub line_item: Url,
    /// Who the user is on the platform: `sub` of the launch.
    pub sub: String,
}

/// One user's score at a platform that speaks LTI 1.3.
#[derive(Debug, Clone)]
pub struct LineItem {
    caller: Caller,
    keyring: Arc<Keyring>,
    at: Platform,
    seat: Seat,
    platform: String,
}

/// What is asked of a line item.
#[derive(Debug, Clone, Copy)]
enum Question<'a> {
    /// To take this score.
    Scores(&'a Value),
    /// What it has of the user.
    Results,
}

impl Question<'_> {
    /// What a token for it must be good for.
    fn scope(self) -> &'static str {
        match self {
            Self::Scores(_) => SCORE,
            Self::Results => RESULT,
        }
    }
}

impl LineItem {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(caller: Caller, keyring: Arc<Keyring>, at: Platform, seat: Seat) -> Self {
        let platform = Site::of(&seat.line_item).map(|site| site.to_string()).unwrap_or_default();
        Self { caller, keyring, at, seat, platform }
    }

    /// Asks with a token, and once more with a new one if that is not accepted: 401, or 403 as edX has it.
    async fn ask(&self, question: Question<'_>) -> Result<Answer, Verdict> {
        let no_token = |KeyringError(verdict)| verdict;
        let scope = question.scope();
        let mut token = self.keyring.token(&self.at, scope).await.map_err(no_token)?;
        let mut is_new = false;
        loop {
            let answer = self.request(question, &token).send().await;
            let answer = answer.map_err(|error| refusal::on_the_way(&error))?;
            if is_new || !matches!(answer.status().as_u16(), 401 | 403) {
                return Ok(answer);
            }
            token = self.keyring.renewed(&self.at, scope, &token).await.map_err(no_token)?;
            is_new = true;
        }
    }

    fn request(&self, question: Question<'_>, token: &Token) -> Request {
        let outbound = &self.caller.outbound;
        match question {
            Question::Scores(score) => {
                let url = below(&self.seat.line_item, "scores");
                outbound.post(url).bearer(token.reveal()).body(CONTENT_TYPE, score.to_string())
            }
            Question::Results => {
                let mut url = below(&self.seat.line_item, "results");
                url.query_pairs_mut().append_pair("user_id", &self.seat.sub);
                outbound.get(url).bearer(token.reveal()).header("accept", RESULTS_TYPE)
            }
        }
    }

    /// Whether the platform has this grade though it refuses it: because it got it at an earlier try whose answer was lost.
    /// A platform that does not say counts as one that has it not.
    async fn has(&self, grade: &GradeToSend) -> bool {
        let Ok(answer) = self.ask(Question::Results).await else { return false };
        if !answer.status().is_success() {
            return false;
        }
        let results = answer.json::<Value>(refusal::MAX_BYTES).await;
        results.is_ok_and(|results| result::hold(&results, &self.seat.sub, grade))
    }
}

#[async_trait]
impl Destination for LineItem {
    fn platform(&self) -> &str {
        &self.platform
    }

    async fn send(&self, grade: &GradeToSend) -> Verdict {
        let Some(body) = score(grade, &self.seat.sub) else { return Verdict::worth_nothing() };
        let answer = match self.ask(Question::Scores(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        let status = answer.status();
        if status.is_success() {
            // What stands before a platform may answer in its place, with a page: nobody took the score then.
            let is_typed_as_page =
                answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
            if is_typed_as_page && !answer.bytes(refusal::MAX_BYTES).await.is_ok_and(|page| page.is_empty()) {
                return Verdict::again("A page was answered in the place of the platform.");
            }
            return Verdict::Posted {
                words: refusal::in_words(status.as_u16(), "the score was taken.", &[]),
            };
        }
        // A score with a time stamp that it has already: 400 on edX, 409 by the specification.
        if matches!(status.as_u16(), 400 | 409) && self.has(grade).await {
            return Verdict::Posted { words: "The platform has this score already.".into() };
        }
        let verdict = refusal::of_answer(answer, self.caller.now(), &[]).await;
        match verdict {
            // Another score with this time: some compare whole seconds. The next try has a later one.
            Verdict::Refused { words } if status.as_u16() == 409 => Verdict::again(words),
            verdict => verdict,
        }
    }
}
