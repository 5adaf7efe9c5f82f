//! Deliveries by their state.

use std::cmp::Reverse;

use futures_util::future::try_join_all;
use model::GradingId;
use tokio::try_join;

use super::{
    FirestoreStore,
    delivery::{Delivery, OF_COURSE, OF_USER, STATE},
    names,
    rest::{Query, after_slash, wire},
};
use crate::{
    error::StoreError,
    records::{Outbox, Page, PassbackRecord, PassbackState, Scope, listed},
};

pub(super) async fn deliveries(
    store: &FirestoreStore,
    scope: &Scope,
    states: &[PassbackState],
    page: Page<GradingId>,
) -> Result<Vec<PassbackRecord>, StoreError> {
    if page.limit == 0 {
        return Ok(vec![]);
    }
    let (field, whose) = match scope {
        Scope::Own(user) => (OF_USER, names::of_user(user)),
        Scope::Course(course) => (OF_COURSE, names::of_course(course)),
    };
    // The newest of each state are among the newest of all.
    let of_state = async |state: PassbackState| {
        let prefix = format!("{whose}{}/", state.as_str());
        let end = page.before.map_or_else(|| after_slash(&prefix), |id| format!("{prefix}{id}"));
        let query =
            Query::by(&store.names.passbacks, field).from(&wire::text(&prefix)).below(&wire::text(end));
        store.client.run(&query.descending().limit(page.limit)).await
    };
    let wanted = PassbackState::ALL.into_iter().filter(|state| states.is_empty() || states.contains(state));
    let found = try_join_all(wanted.map(of_state)).await?;
    let mut found: Vec<_> = found
        .iter()
        .flatten()
        .filter_map(|document| listed(Delivery::read(document).map(|delivery| delivery.record)))
        .collect();
    found.sort_by_key(|record| Reverse(record.passback.grading));
    found.truncate(page.limit as usize);
    Ok(found)
}

pub(super) async fn outbox(store: &FirestoreStore) -> Result<Outbox, StoreError> {
    let count = async |state: PassbackState| {
        let query = Query::by(&store.names.passbacks, STATE).is(&wire::text(state.as_str()));
        store.client.count(&query).await
    };
    let (pending, sending, refused, given_up) = try_join!(
        count(PassbackState::Pending),
        count(PassbackState::Sending),
        count(PassbackState::Refused),
        count(PassbackState::GivenUp)
    )?;
    Ok(Outbox { pending, sending, refused, given_up })
}
