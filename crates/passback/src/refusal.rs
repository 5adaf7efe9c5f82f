//! What it means when there is no answer, or another one than is wanted.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use outbound::{Answer, OutboundError};
use serde_json::Value;

use crate::{destination::Verdict, words};

/// How much of an answer is looked at.
pub(crate) const MAX_BYTES: u64 = 256 * 1024;
/// The longest that a platform can ask to be left alone; a number without sense must not keep a grade for ever.
const LONGEST: Duration = Duration::from_hours(24);

/// What went wrong before there was an answer.
pub(crate) fn on_the_way(error: &OutboundError) -> Verdict {
    let words = error.to_string();
    match error {
        // It is not known whether it did something before it said so much.
        OutboundError::TooLarge { .. } | OutboundError::Nonsense { .. } | OutboundError::Keep { .. } => {
            Verdict::again(words)
        }
        error if error.is_passing() => Verdict::again(words),
        _ => Verdict::unsendable(words),
    }
}

/// What an answer means by its status alone, which is none of success: a platform that is away, slow or busy may take it
/// later; another one has judged the request, and would judge the same one alike.
pub(crate) fn of(status: u16, words: String, after: Option<Duration>) -> Verdict {
    match status {
        408 | 425 | 429 | 500..=599 => Verdict::Again { words, after },
        _ => Verdict::Refused { words },
    }
}

/// The same for an answer that nobody has read yet; with what it says, and without what is hidden.
pub(crate) async fn of_answer(answer: Answer, now: Timestamp, hidden: &[&str]) -> Verdict {
    let (status, after) = (answer.status(), retry_after(&answer, now));
    let redirects = answer.redirect().is_some();
    let said = if redirects {
        "It redirects elsewhere, which is not followed; configure the address that it leads to.".into()
    } else {
        said(answer).await
    };
    of(status.as_u16(), in_words(status.as_u16(), &said, hidden), after)
}

/// A status with what was said along with it.
pub(crate) fn in_words(status: u16, said: &str, hidden: &[&str]) -> String {
    let said = words::fit(said, hidden);
    if said.is_empty() { format!("HTTP status {status}.") } else { format!("HTTP status {status}: {said}") }
}

/// How long it wants to be left alone: `Retry-After` (RFC 9110, 10.2.3), in seconds or as a date.
pub(crate) fn retry_after(answer: &Answer, now: Timestamp) -> Option<Duration> {
    wait(answer.header("retry-after")?, now)
}

fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = text.parse().map(Duration::from_secs).ok().or_else(|| {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
    })?;
    Some(wait.min(LONGEST))
}

/// What an answer says about a failure, if it says it to programs: the texts in JSON, or plain text. Pages are for
/// browsers.
async fn said(answer: Answer) -> String {
    let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let Ok(body) = answer.bytes(MAX_BYTES).await else { return String::new() };
    if let Ok(value) = serde_json::from_slice::<Value>(&body) {
        let mut texts = Vec::new();
        collect(None, &value, &mut texts);
        return texts.join("; ");
    }
    if kind.starts_with("text/plain") { String::from_utf8_lossy(&body).into_owned() } else { String::new() }
}

/// All texts in it, with the names of their fields.
fn collect(name: Option<&str>, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(name.map_or_else(|| text.clone(), |name| format!("{name}: {text}"))),
        Value::Array(values) => values.iter().for_each(|value| collect(name, value, into)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(Some(name), value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_long_it_wants_to_be_left_alone() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let wait = |text| wait(text, now);
        assert_eq!(wait(" 120 "), Some(Duration::from_mins(2)));
        assert_eq!(wait("Mon, 23 Nov 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("Mon, 23 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("99999999999"), Some(LONGEST));
        for nonsense in ["", "-1", "soon", "1.5"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn the_texts_in_json() {
        let mut texts = Vec::new();
        collect(None, &json!({"timestamp": ["too old"], "code": 7, "inner": {"detail": "x"}}), &mut texts);
        assert_eq!(texts, ["detail: x", "timestamp: too old"]);
    }
}
