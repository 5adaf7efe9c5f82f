//! `GET api/v1/submissions/{id}/events`: what happens to a submission, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as SseEvent, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use jiff::Timestamp;
use model::{Event, Points, Step, SubmissionId, Visibility};
use store::{Outcome, Scope, Status};

use super::{problem::ApiError, streams::Open};
use crate::{
    app::App,
    extract::{Id, Sight},
    identity::{Caller, WayIn, limits::TooMany},
    news::Listener,
};

/// How long to wait for news before looking into the store anyway: another process may have written there.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a stream lasts at most. A client comes back by itself, and is then asked anew who it is: what it may see may
/// have been taken from it meanwhile.
const LONGEST: Duration = Duration::from_secs(20);
/// How long an `EventSource` is to wait until it does.
const COME_BACK: Duration = Duration::from_millis(300);

/// Gives the events there are, then each new one as it happens, and ends after the last. A client that comes back says
/// with `Last-Event-ID` what it has; when there is nothing more to come, the answer is 204, which tells an
/// `EventSource` to stop coming back.
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let open = open(&app, &caller)?;
    let Sight { scope, record, is_own } = Sight::of_steps(&app, &caller, id).await?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    let listener = app.news.listen(id);
    let events = app.store.events(&scope, id, 0).await?;
    // Of an old submission the events may be removed.
    let is_finished = !matches!(record.status, Status::Queued | Status::Grading);
    let over = events.iter().fold(is_finished, |over, event| is_over_after(&event.step, over));
    let after = events.last().map_or(0, |event| event.seq);
    let mut pending = of_this_grading(events);
    pending.retain(|event| event.seq > seen);
    if pending.is_empty() && over {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let visibility = if is_own { app.visibility(&record.submission.key) } else { Visibility::All };
    // Who comes back while it waits knows a place, but perhaps an old one. There is no place 0.
    let told_position = (seen > 0 && record.status == Status::Queued).then_some(0);
    let began = app.clock.now();
    let following = Following {
        app,
        scope,
        id,
        began,
        after,
        pending,
        listener,
        visibility,
        told_position,
        over,
        _open: open,
    };
    Ok(Sse::new(following.into_stream()).keep_alive(KeepAlive::default()).into_response())
}

/// One more stream for a user, unless they have too many. Where there is one user only, there is nobody to be protected
/// from them.
fn open(app: &App, caller: &Caller) -> Result<Option<Open>, TooMany> {
    if matches!(app.door.way_in, WayIn::SingleUser(_)) {
        return Ok(None);
    }
    let open = app.door.streams.open(&caller.user);
    // By then one has ended.
    open.map(Some).ok_or(TooMany { retry_after_s: LONGEST.as_secs() })
}

/// Whether grading is over after a step. What concerns the delivery of a grade may come at any time.
fn is_over_after(step: &Step, was_over: bool) -> bool {
    match step {
        Step::Sending { .. } | Step::Posted | Step::NotPosted { .. } | Step::NotAccepted => was_over,
        step => step.is_last(),
    }
}

/// The events without those before the last wish for a new grading: who follows waits for the end of the new one, and
/// would take the old end for it.
fn of_this_grading(events: Vec<Event>) -> VecDeque<Event> {
    let mut events = VecDeque::from(events);
    let regrade = events.iter().rposition(|event| event.step == Step::Regrade);
    events.drain(..regrade.unwrap_or(0));
    events
}

/// A client that follows a submission.
struct Following {
    app: Arc<App>,
    scope: Scope,
    id: SubmissionId,
    began: Timestamp,
    /// The last event that was read.
    after: u64,
    pending: VecDeque<Event>,
    listener: Listener,
    /// How much of the report the client may see.
    visibility: Visibility,
    /// The place in the queue that the client knows.
    told_position: Option<u64>,
    /// Whether grading is over, once all that is pending is sent.
    over: bool,
    _open: Option<Open>,
}

impl Following {
    fn into_stream(self) -> impl Stream<Item = Result<SseEvent, Infallible>> {
        stream::unfold(self, |mut following| async move {
            let event = following.next().await?;
            Some((Ok(event), following))
        })
    }

    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            // If the clock was set, nobody knows how long it lasts.
            if self.app.clock.now().duration_since(self.began).unsigned_abs() >= LONGEST {
                return None;
            }
            if let Some(mut event) = self.pending.pop_front() {
                self.over = is_over_after(&event.step, self.over);
                if self.visibility == Visibility::Public {
                    match &mut event.step {
                        Step::Question { .. } => continue,
                        Step::Graded { score, max_score } => (*score, *max_score) = self.public_score().await,
                        _ => {}
                    }
                }
                if let Step::Queued { position } = &mut event.step {
                    // The place it has now says more than the one it had when it came.
                    *position = self.position().await.unwrap_or(*position);
                    self.told_position = Some(*position);
                }
                return Some(to_sse(&event));
            }
            if self.over {
                return None;
            }
            if let Some(event) = self.new_position().await {
                return Some(event);
            }
            let closing = self.app.closing.clone();
            tokio::select! {
                () = self.listener.wait(LOOK_AGAIN) => {}
                // The client comes back to the service's successor.
                () = closing.cancelled() => return None,
            }
            // When the store is away, the client waits on.
            if let Ok(events) = self.app.store.events(&self.scope, self.id, self.after).await {
                self.after = events.last().map_or(self.after, |event| event.seq);
                self.pending = of_this_grading(events);
            }
        }
    }

    /// What public tests have earned, and could earn.
    async fn public_score(&self) -> (Points, Points) {
        let record = self.app.store.submission(&self.scope, self.id).await.ok().flatten();
        let report = match record.and_then(|record| record.grading).map(|grading| grading.outcome) {
            Some(Outcome::Report(report)) => report.for_student(Visibility::Public),
            _ => return Default::default(),
        };
        (report.score, report.max_score)
    }

    async fn position(&self) -> Option<u64> {
        self.app.store.position(&self.scope, self.id).await.ok().flatten()
    }

    /// The place in the queue, when it has changed since the client was told. Not a stored event, so it has no id.
    async fn new_position(&mut self) -> Option<SseEvent> {
        self.told_position?;
        let position = self.position().await;
        if position.is_none() || position == self.told_position {
            return None;
        }
        self.told_position = position;
        let step = Step::Queued { position: position? };
        Some(SseEvent::default().event(step.kind()).data(json(&step)))
    }
}

fn to_sse(event: &Event) -> SseEvent {
    SseEvent::default().id(event.seq.to_string()).event(event.step.kind()).retry(COME_BACK).data(json(event))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("events are plain data, which always serializes")
}
