//! Deliveries by their state.

use std::cmp::Reverse;

use model::GradingId;
use sqlx::AssertSqlSafe;

use super::{
    super::{Engine, query::filter},
    record,
};
use crate::{
    error::StoreError,
    records::{Outbox, Page, PassbackRecord, PassbackState, Scope, listed},
};

/// After every id in the order of texts.
const END: &str = "~";

pub(in super::super) fn list_sql(column: &str) -> String {
    format!(
        "SELECT * FROM passback WHERE {column} = $1 AND state = $2 AND grading < $3 ORDER BY grading DESC LIMIT $4"
    )
}

pub(in super::super) async fn deliveries(
    store: &Engine,
    scope: &Scope,
    states: &[PassbackState],
    page: Page<GradingId>,
) -> Result<Vec<PassbackRecord>, StoreError> {
    let (column, value) = filter(scope);
    let before = page.before.map_or_else(|| END.to_owned(), |id| id.to_string());
    // The newest of each state are among the newest of all. All together they would have to be sorted.
    let mut tx = store.look().await?;
    let mut found = vec![];
    for state in PassbackState::ALL {
        if !states.is_empty() && !states.contains(&state) {
            continue;
        }
        let rows = sqlx::query(AssertSqlSafe(list_sql(column)))
            .bind(value)
            .bind(state.as_str())
            .bind(&before)
            .bind(i64::from(page.limit))
            .fetch_all(&mut *tx)
            .await?;
        found.extend(rows.iter().filter_map(|row| listed(record(row))));
    }
    found.sort_by_key(|record| Reverse(record.passback.grading));
    found.truncate(page.limit as usize);
    Ok(found)
}

pub(in super::super) const OUTBOX: &str = "
    SELECT count(*) FILTER (WHERE state = 'pending') AS pending,
        count(*) FILTER (WHERE state = 'sending') AS sending,
        count(*) FILTER (WHERE state = 'refused') AS refused,
        count(*) FILTER (WHERE state = 'given_up') AS given_up
    FROM passback
    WHERE state = 'pending' OR state = 'sending' OR state = 'refused' OR state = 'given_up'";

pub(in super::super) async fn outbox(store: &Engine) -> Result<Outbox, StoreError> {
    let (pending, sending, refused, given_up): (i64, i64, i64, i64) =
        sqlx::query_as(OUTBOX).fetch_one(&store.readers).await?;
    Ok(Outbox {
        pending: pending.unsigned_abs(),
        sending: sending.unsigned_abs(),
        refused: refused.unsigned_abs(),
        given_up: given_up.unsigned_abs(),
    })
}
