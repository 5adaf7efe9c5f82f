//! Sending deliveries: handing them out, what came of it, and sending one again.

use std::time::Duration;

use jiff::Timestamp;
use model::{GradingId, Step, SubmissionId};
use tokio::try_join;

use super::{
    FirestoreStore, audit, claim,
    delivery::{DUE, Delivery, set_aside},
    draft::{Draft, Tries},
    fields::time,
    python::Line,
    rest::{CommitError, Query, wire},
    standing::Standing,
};
use crate::{
    error::{LeaseError, StoreError},
    records::{
        AuditEntry, PassbackJob, PassbackLease, PassbackOutcome, PassbackRecord, PassbackState, Scope,
        WorkerId,
    },
};

/// How many deliveries that are due are looked at together.
const CANDIDATES: u32 = 20;

pub(super) async fn claim(
    store: &FirestoreStore,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<PassbackJob>, StoreError> {
    let mut tries = Tries::default();
    'anew: loop {
        let mut limit = CANDIDATES;
        // Those that wait until another one is sent stay at the head: beyond them, there may be one.
        loop {
            let due = Query::by(&store.names.passbacks, DUE).up_to(&time(now)).limit(limit);
            let found = store.client.run(&due).await?;
            let passed_by = (limit / 2 * u32::from(limit > CANDIDATES)) as usize;
            for document in found.iter().skip(passed_by) {
                let taken = match Delivery::read(document) {
                    Ok(delivery) => take(store, worker, now, lease, delivery).await,
                    Err(unreadable) => Err(unreadable.into()),
                };
                match taken {
                    Ok(Some(job)) => return Ok(Some(job)),
                    Ok(None) => {}
                    Err(CommitError::Conflict) => {
                        tries.again().await?;
                        continue 'anew;
                    }
                    Err(error) => {
                        if let CommitError::Store(StoreError::Corrupt { .. }) = error {
                            // It would be claimed first again and again, and nothing behind it would ever be sent.
                            store.client.commit(&[set_aside(document, now)], None).await?;
                        }
                        return Err(error.into());
                    }
                }
            }
            if found.len() < limit as usize {
                return Ok(None);
            }
            limit *= 2;
        }
    }
}

/// Hands out a delivery, if it is the newest and no other is being sent.
async fn take(
    store: &FirestoreStore,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
    mut delivery: Delivery,
) -> Result<Option<PassbackJob>, CommitError> {
    let passback = delivery.record.passback.clone();
    let mut standing = store.standing(&passback.user, &passback.key).await?;
    let mut draft = Draft::new(store);
    let is_newest = standing.newest.is_none_or(|newest| newest == passback.grading);
    if !is_newest {
        // A newer one came while this one was being sent, and then its worker fell silent.
        delivery.rest(PassbackState::Superseded, now);
        standing.sending = standing.sending.filter(|sending| *sending != passback.grading);
        draft.delivery(&delivery);
        draft.standing(&standing);
        draft.commit().await?;
        return Ok(None);
    }
    let other = standing.sending.filter(|sending| *sending != passback.grading);
    for mut other in store.deliveries(other).await? {
        if other.is_under_way(now) {
            return Ok(None);
        }
        if other.gives_way(now) {
            other.rest(PassbackState::Superseded, now);
            draft.delivery(&other);
        }
    }
    let Some((mut entry, only)) = store.entry(passback.submission).await? else { return Ok(None) };
    delivery.record.state = PassbackState::Sending;
    delivery.record.attempts = delivery.record.attempts.saturating_add(1);
    delivery.record.changed_at = now;
    let (attempt, stamp) = (delivery.record.attempts, PassbackJob::stamp_after(standing.stamp, now));
    delivery.record.stamp = Some(stamp);
    standing.stamp = Some(stamp);
    // One that was postponed begins the same try again.
    let step = (attempt > delivery.told).then_some(Step::Sending { attempt });
    delivery.told = attempt;
    delivery.token = delivery.token.saturating_add(1);
    delivery.holder = Some((worker.clone(), claim::until(now, lease)));
    standing.sending = Some(passback.grading);
    draft.delivery(&delivery);
    draft.standing(&standing);
    draft.events(&mut entry, now, Some(&worker.0), step.as_slice());
    draft.entry(&entry, &only);
    draft.commit().await?;
    let held = PassbackLease { grading: passback.grading, worker: worker.clone(), token: delivery.token };
    Ok(Some(PassbackJob { lease: held, passback, attempt, since: delivery.since, stamp }))
}

pub(super) async fn settle(
    store: &FirestoreStore,
    held: &PassbackLease,
    now: Timestamp,
    outcome: PassbackOutcome,
    words: Option<&str>,
) -> Result<(), LeaseError> {
    let mut tries = Tries::default();
    loop {
        let delivery = store.delivery(held.grading).await?;
        let mut delivery = delivery.filter(|delivery| delivery.is_held(held)).ok_or(LeaseError::Lost)?;
        let passback = delivery.record.passback.clone();
        let (standing, entry) =
            try_join!(store.standing(&passback.user, &passback.key), store.entry(passback.submission))?;
        let (mut entry, only) = entry.ok_or(LeaseError::Lost)?;
        let (state, due_at, step) = settled(&outcome, now, &standing, held.grading);
        delivery.rest(state, now);
        delivery.record.due_at = due_at;
        if let PassbackOutcome::Postponed(_) = outcome {
            delivery.record.attempts = delivery.record.attempts.saturating_sub(1);
        } else {
            delivery.record.words = words.map(Into::into);
        }
        let standing = Standing { sending: None, ..standing };
        let mut draft = Draft::new(store);
        draft.delivery(&delivery);
        draft.standing(&standing);
        if let Some(line) = line(&outcome, state, words) {
            draft.log(&entry, now, entry.events + 1, "", &line);
        }
        if let Some(step) = step {
            draft.events(&mut entry, now, Some(&held.worker.0), &[step]);
        }
        draft.entry(&entry, &only);
        match draft.commit().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return Ok(other?),
        }
    }
}

/// What becomes of a delivery.
fn settled(
    outcome: &PassbackOutcome,
    now: Timestamp,
    standing: &Standing,
    grading: GradingId,
) -> (PassbackState, Timestamp, Option<Step>) {
    match outcome {
        PassbackOutcome::Posted => (PassbackState::Posted, now, Some(Step::Posted)),
        PassbackOutcome::Refused => (PassbackState::Refused, now, Some(Step::NotAccepted)),
        PassbackOutcome::GivenUp => (PassbackState::GivenUp, now, Some(Step::NotAccepted)),
        PassbackOutcome::Again(_) | PassbackOutcome::Postponed(_) if standing.newest != Some(grading) => {
            (PassbackState::Superseded, now, None)
        }
        PassbackOutcome::Postponed(at) => (PassbackState::Pending, *at, None),
        PassbackOutcome::Again(at) => (PassbackState::Pending, *at, Some(Step::NotPosted { retry_at: *at })),
    }
}

/// What the Python service wrote into its log.
fn line(outcome: &PassbackOutcome, state: PassbackState, words: Option<&str>) -> Option<Line> {
    if let PassbackOutcome::Postponed(_) = outcome {
        return None;
    }
    let words = words.unwrap_or_default();
    match state {
        PassbackState::Posted => Some(Line::info(format!("Posted to Edx: code: success, desc: {words}"))),
        PassbackState::Superseded => None,
        _ => Some(Line::error(format!("Problem Posting Grade to LTI:{words}"))),
    }
}

pub(super) async fn resend(
    store: &FirestoreStore,
    scope: &Scope,
    grading: GradingId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let mut tries = Tries::default();
    loop {
        let Some(mut delivery) = store.delivery(grading).await? else { return Ok(false) };
        let PassbackRecord { passback, state, .. } = &delivery.record;
        let (standing, submission) =
            try_join!(store.standing(&passback.user, &passback.key), store.entry(passback.submission))?;
        let is_over = matches!(
            state,
            PassbackState::Refused | PassbackState::GivenUp | PassbackState::Withheld | PassbackState::Posted
        );
        let is_in_scope = submission.is_some_and(|(submission, _)| submission.is_in(scope));
        if !is_over || !is_in_scope || standing.newest != Some(grading) {
            return Ok(false);
        }
        delivery.rest(PassbackState::Pending, entry.at);
        delivery.record.attempts = 0;
        delivery.record.words = None;
        delivery.told = 0;
        delivery.record.due_at = entry.at;
        delivery.since = PassbackJob::stamp_after(Some(delivery.record.passback.graded_at), entry.at);
        let mut draft = Draft::new(store);
        draft.delivery(&delivery);
        draft.standing(&standing);
        draft.add(audit::write(store, entry));
        match draft.commit().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return other.map(|()| true).map_err(Into::into),
        }
    }
}

/// The deliveries of the grades that a submission made, oldest first, with their versions.
pub(super) async fn of_submission(
    store: &FirestoreStore,
    id: SubmissionId,
) -> Result<Vec<Delivery>, StoreError> {
    let query = Query::by(&store.names.passbacks, "submission").is(&wire::text(id.to_string()));
    let found = store.client.run(&query).await?;
    let mut all = found.iter().map(Delivery::read).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|delivery| delivery.record.passback.grading);
    Ok(all)
}
