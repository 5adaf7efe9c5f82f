//! What follows from a report that counts: the grade and its delivery.

use jiff::Timestamp;
use model::{Grade, GradePolicy, Report};

use super::{
    FirestoreStore,
    delivery::Delivery as KeptDelivery,
    draft::Draft,
    entry::{Entry, OF_USER_AND_ASSIGNMENT},
    names, python,
    rest::{
        Query,
        wire::{self, If},
    },
    standing::Standing,
};
use crate::{
    error::StoreError,
    records::{Delivery, Effects, NewGrading, Passback, PassbackRecord, PassbackState},
};

/// Adds to the draft what follows from the report. It always changes the document of the grade, even if the grade
/// stays: what another one earned may be what the grade is to be.
pub(super) async fn apply(
    store: &FirestoreStore,
    draft: &mut Draft<'_>,
    entry: &Entry,
    grading: &NewGrading,
    report: &Report,
    effects: Effects,
) -> Result<(), StoreError> {
    let submission = &entry.submission;
    let mut standing = store.standing(&submission.user, &submission.key).await?;
    let new = Grade {
        user: submission.user.clone(),
        key: submission.key.clone(),
        submission: submission.id,
        score: report.counted(),
        max_score: report.max_score,
        graded_at: grading.finished_at,
    };
    if let Some(settled) = settle(store, standing.grade.as_ref(), new, effects.policy).await? {
        let is_new = standing.grade.as_ref().is_none_or(|current| !settled.is_same_as(current));
        standing.grade = Some(settled.clone());
        if is_new {
            enqueue(store, draft, &mut standing, grading, settled, effects.delivery).await?;
        }
    }
    draft.standing(&standing);
    tell_as_python(store, draft, entry, grading, report, effects.delivery);
    Ok(())
}

/// The grade after the new one, or `None` if the new one changes nothing.
async fn settle(
    store: &FirestoreStore,
    current: Option<&Grade>,
    new: Grade,
    policy: GradePolicy,
) -> Result<Option<Grade>, StoreError> {
    Ok(match current {
        Some(current) if !policy.replaces(&new, current) => None,
        Some(current) if policy.must_compare_again(&new, current) => Some(best(store, new).await?),
        _ => Some(new),
    })
}

/// The best of all the user's submissions for the assignment, the one with the new grade among them.
async fn best(store: &FirestoreStore, new: Grade) -> Result<Grade, StoreError> {
    let prefix = names::of_user_and_assignment(&new.user, &new.key);
    let others = Query::by(&store.names.submissions, OF_USER_AND_ASSIGNMENT).beginning(&prefix);
    // What it earned before is still in its document.
    let (own, set_at) = (new.submission, new.graded_at);
    let mut best = new;
    for document in store.client.run(&others).await? {
        let Entry { submission, earned, .. } = Entry::read(&document)?;
        let Some(earned) = earned else { continue };
        let candidate = Grade {
            submission: submission.id,
            score: earned.score,
            max_score: earned.max_score,
            graded_at: set_at,
            ..best.clone()
        };
        if candidate.submission != own && GradePolicy::Best.replaces(&candidate, &best) {
            best = candidate;
        }
    }
    Ok(best)
}

/// Adds the delivery of a new grade. What was not sent gives way to it.
async fn enqueue(
    store: &FirestoreStore,
    draft: &mut Draft<'_>,
    standing: &mut Standing,
    grading: &NewGrading,
    grade: Grade,
    delivery: Delivery,
) -> Result<(), StoreError> {
    let state = match delivery {
        Delivery::Nowhere => return Ok(()),
        Delivery::Withheld => PassbackState::Withheld,
        Delivery::Due => PassbackState::Pending,
    };
    let now = grade.graded_at;
    supersede(store, draft, standing, now).await?;
    standing.deliveries = standing.deliveries.saturating_add(1);
    standing.newest = Some(grading.id);
    draft.delivery(&KeptDelivery::new(PassbackRecord {
        passback: Passback {
            grading: grading.id,
            submission: grade.submission,
            user: grade.user,
            key: grade.key,
            seq: standing.deliveries,
            score: grade.score,
            max_score: grade.max_score,
            graded_at: now,
        },
        state,
        attempts: 0,
        due_at: Timestamp::UNIX_EPOCH,
        words: None,
        changed_at: now,
        stamp: None,
    }));
    Ok(())
}

/// What the platform does not have gives way, unless it is being sent.
async fn supersede(
    store: &FirestoreStore,
    draft: &mut Draft<'_>,
    standing: &mut Standing,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut open: Vec<_> = standing.newest.into_iter().chain(standing.sending).collect();
    open.dedup();
    for mut older in store.deliveries(open).await? {
        if !older.gives_way(now) {
            continue;
        }
        if standing.sending == Some(older.record.passback.grading) {
            standing.sending = None;
        }
        older.rest(PassbackState::Superseded, now);
        draft.delivery(&older);
    }
    Ok(())
}

/// What the Python service wrote when it had graded: it kept what every grading found.
fn tell_as_python(
    store: &FirestoreStore,
    draft: &mut Draft<'_>,
    entry: &Entry,
    grading: &NewGrading,
    report: &Report,
    delivery: Delivery,
) {
    let Some(grade) = python::grade_of(report) else { return };
    let at = grading.finished_at;
    let name = store.client.name(&store.names.python_grades, &grading.id.to_string());
    draft.add(wire::set(&name, python::grade(&entry.submission, grade, at), &If::Always));
    let seq = entry.events + 1;
    let printed = python::print(grade);
    draft.log(entry, at, seq, "a", &python::Line::info(format!("Grade: {printed}")));
    draft.log(entry, at, seq, "b", &python::Line::info(format!("Grade Written to database: {printed}")));
    if delivery == Delivery::Withheld {
        let line = python::Line::info(format!("Grade NOT posted to EdX on purpose: {printed}"));
        draft.log(entry, at, seq, "c", &line);
    }
}
