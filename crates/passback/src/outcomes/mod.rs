//! LTI 1.1 Basic Outcomes (IMS Global, LTI Implementation Guide 1.1.1, section 6): a signed XML message replaces the
//! result that a platform keeps for one user and one assignment.
//!
//! An answer with status 200 may still be a failure, and then it is one for good. Observed on edX are an echo of the
//! whole request in the description, and XML that is not well-formed where a `sourcedId` has `&` or `<` in it.

mod answer;
mod fraction;
mod place;
mod request;

use std::sync::Arc;

use async_trait::async_trait;
use outbound::{Answer, Site};

pub use self::{
    answer::{OutcomeAnswer, OutcomeCode},
    place::{OutcomePlace, OutcomePlaceError},
};
use self::{fraction::decimal, request::Message};
use crate::{
    caller::Caller,
    destination::{Destination, GradeToSend, Verdict},
    oauth1::Consumer,
    refusal,
};

/// One result at a platform that speaks LTI 1.1.
#[derive(Debug, Clone)]
pub struct Outcomes {
    caller: Caller,
    consumer: Arc<Consumer>,
    place: OutcomePlace,
    platform: String,
}

/// What a message came to.
enum Said {
    Success(OutcomeAnswer),
    /// It can do other things, but not this.
    Unsupported(String),
    Otherwise(Verdict),
}

impl Outcomes {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(caller: Caller, consumer: Arc<Consumer>, place: OutcomePlace) -> Self {
        let platform = Site::of(place.url()).map(|site| site.to_string()).unwrap_or_default();
        Self { caller, consumer, place, platform }
    }

    /// The score that the platform has, between 0 and 1; `None` if it has none. Not every platform can say (edX cannot):
    /// those refuse.
    pub async fn read(&self) -> Result<Option<f64>, Verdict> {
        match self.ask(Message::Read).await {
            Said::Success(answer) => match answer.score.as_deref().map(str::trim) {
                None | Some("") => Ok(None),
                Some(text) => {
                    let score = text.replace(',', ".").parse().ok().filter(|score: &f64| score.is_finite());
                    score.map(Some).ok_or_else(|| Verdict::again("The score that it told is no number."))
                }
            },
            Said::Unsupported(words) => Err(Verdict::Refused { words }),
            Said::Otherwise(verdict) => Err(verdict),
        }
    }

    /// Removes the score that the platform has. Not every platform can (edX cannot): those refuse.
    pub async fn delete(&self) -> Verdict {
        self.change(Message::Delete).await
    }

    async fn change(&self, message: Message<'_>) -> Verdict {
        match self.ask(message).await {
            Said::Success(answer) => Verdict::Posted { words: self.words(&answer) },
            Said::Unsupported(words) => Verdict::Refused { words },
            Said::Otherwise(verdict) => verdict,
        }
    }

    async fn ask(&self, message: Message<'_>) -> Said {
        let body = message.write(self.place.sourcedid(), &self.caller.nonce());
        let (now, nonce) = (self.caller.now(), self.caller.nonce());
        let url = self.place.url();
        let authorization = self.consumer.authorization("POST", url, &body, now, &nonce);
        let request = self.caller.outbound.post(url.clone()).authorization(&authorization);
        match request.body("application/xml", body).send().await {
            Ok(answer) => self.hear(answer).await,
            Err(error) => Said::Otherwise(refusal::on_the_way(&error)),
        }
    }

    async fn hear(&self, answer: Answer) -> Said {
        let status = answer.status();
        let after = refusal::retry_after(&answer, self.caller.now());
        let is_xml = answer.header("content-type").is_none_or(|kind| kind.contains("xml"));
        if !status.is_success() && !is_xml {
            let verdict = refusal::of_answer(answer, self.caller.now(), &self.hidden()).await;
            return Said::Otherwise(verdict);
        }
        // Some call it text/html though it is XML.
        let said = match answer.bytes(refusal::MAX_BYTES).await {
            Ok(body) => OutcomeAnswer::read(&body),
            Err(error) => return Said::Otherwise(refusal::on_the_way(&error)),
        };
        if !status.is_success() {
            let words = refusal::in_words(status.as_u16(), &said.description, &self.hidden());
            return Said::Otherwise(refusal::of(status.as_u16(), words, after));
        }
        match said.code {
            Some(OutcomeCode::Success) => Said::Success(said),
            Some(OutcomeCode::Failure) => Said::Otherwise(Verdict::Refused { words: self.words(&said) }),
            Some(OutcomeCode::Unsupported) => Said::Unsupported(self.words(&said)),
            Some(OutcomeCode::Processing) => Said::Otherwise(Verdict::again(self.words(&said))),
            // Success with a code that cannot be read, or a page of something that stands before the platform, as
            // while that is being maintained. To replace a result by itself does no harm, so it is asked again.
            None => Said::Otherwise(Verdict::again(
                "It answered something that is no outcome of LTI 1.1. Is it the right address?",
            )),
        }
    }

    fn words(&self, answer: &OutcomeAnswer) -> String {
        let words = crate::words::fit(&answer.description, &self.hidden());
        match answer.code {
            _ if !words.is_empty() => words,
            Some(code) => format!("It said `{}` and no more.", code.as_str()),
            None => "It said nothing.".into(),
        }
    }

    /// What it could echo that must not be kept.
    fn hidden(&self) -> [&str; 2] {
        [self.place.sourcedid(), self.consumer.secret()]
    }
}

#[async_trait]
impl Destination for Outcomes {
    fn platform(&self) -> &str {
        &self.platform
    }

    async fn send(&self, grade: &GradeToSend) -> Verdict {
        match decimal(grade.score, grade.max_score) {
            Some(score) => self.change(Message::Replace { score: &score }).await,
            None => Verdict::worth_nothing(),
        }
    }
}
