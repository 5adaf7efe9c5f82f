//! What GitHub says when it does not give what was asked for (docs.github.com/rest: troubleshooting, rate limits).

use std::time::Duration;

use model::ambient::Clock;
use outbound::{Answer, OutboundError};
use serde::Deserialize;

use crate::remote::RemoteError;

/// How much of an answer is looked at for a reason.
const MAX_BYTES: u64 = 64 * 1024;
/// The least and the most that a wait is: a limit of GitHub's is over after an hour at most, and a number without
/// sense must not keep us away for ever.
const WAIT: (u64, u64) = (1, 3600);
/// The wait if GitHub names none, as its documentation asks for.
const UNNAMED_WAIT_S: u64 = 60;

/// What went wrong before there was an answer.
pub(super) fn on_the_way(error: OutboundError) -> RemoteError {
    let problem = error.to_string();
    match error {
        OutboundError::TooLarge { .. } => RemoteError::Content { problem },
        OutboundError::Keep { .. } => RemoteError::Ours { problem },
        // Often it is something between GitHub and us that answers in its place.
        OutboundError::Nonsense { .. } => RemoteError::Away { problem },
        error if error.is_passing() => RemoteError::Away { problem },
        _ => RemoteError::Refused { problem },
    }
}

/// What an answer other than the wanted one means. `advice` says what to do about 401, 403 and 404: whole sentences.
pub(super) async fn of(answer: Answer, clock: &dyn Clock, advice: &str) -> RemoteError {
    let status = answer.status();
    let wait = wait(&answer, clock);
    let site = answer.site().clone();
    let said = said(answer).await;
    let problem = format!("{site} answered {}{said}", status.as_u16());
    match (status.as_u16(), wait) {
        (403 | 429 | 503, Some(retry_after)) => RemoteError::Busy {
            problem: format!("{problem} It is asked again in {} seconds.", retry_after.as_secs()),
            retry_after,
        },
        (429, None) => RemoteError::Busy { problem, retry_after: Duration::from_secs(UNNAMED_WAIT_S) },
        (408 | 500..=599, _) => RemoteError::Away { problem },
        _ => RemoteError::Refused { problem: format!("{problem} {advice}") },
    }
}

/// How long it wants to be left alone.
fn wait(answer: &Answer, clock: &dyn Clock) -> Option<Duration> {
    let number = |name| answer.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    let seconds = number("retry-after").or_else(|| {
        let is_used_up = number("x-ratelimit-remaining") == Some(0);
        is_used_up.then(|| {
            let reset = number("x-ratelimit-reset");
            reset.map_or(60, |reset| reset.saturating_sub(clock.now().as_second()))
        })
    })?;
    let seconds = u64::try_from(seconds).unwrap_or_default();
    Some(Duration::from_secs(seconds.clamp(WAIT.0, WAIT.1)))
}

/// GitHub's reason, as the rest of a sentence: one line, not too long, nothing invisible.
async fn said(answer: Answer) -> String {
    #[derive(Deserialize)]
    struct Reason {
        message: String,
    }
    match answer.json::<Reason>(MAX_BYTES).await {
        Ok(Reason { message }) => {
            let line: String = message.chars().filter(|c| !c.is_control()).take(200).collect();
            format!(": {:?}.", line.trim_end_matches('.'))
        }
        Err(_) => ".".to_owned(),
    }
}
