//! Every statement that must stay quick however much is stored, for the tests of the engines' query plans.

use model::AssignmentKey;

use super::{
    accept, audit, claim, erase, event, expire, grade, launch, lease, list, passback, query, regrade, token,
    whole,
};
use crate::records::Filter;

/// Those that look at open jobs and unsent deliveries, all of them if need be: there are never many.
pub(crate) fn of_the_queue() -> Vec<String> {
    vec![
        accept::OPEN.into(),
        accept::POSITION.into(),
        claim(),
        lease::abandoned_sql(),
        query::QUEUE.into(),
        passback::OUTBOX.into(),
        query::position_sql("course"),
    ]
}

/// Claiming a job.
pub(crate) fn claim() -> String {
    claim::claim_sql()
}

/// The lists of all, of failed, and of an assignment's submissions, for one kind of scope.
pub(crate) fn lists(column: &str) -> [String; 3] {
    let name = |name: &str| name.parse().unwrap();
    let key = AssignmentKey { course: name("88e"), section: name("1"), assignment: name("lab01") };
    [Filter::All, Filter::Failed, Filter::Assignment(key)].map(|filter| list::list_sql(column, &filter))
}

/// The list of a scope's deliveries in one state.
pub(crate) fn deliveries(column: &str) -> String {
    passback::list_sql(column)
}

/// Those that find what they want at once.
pub(crate) fn direct() -> Vec<String> {
    let mut statements = vec![
        event::LAST.into(),
        grade::GRADE.into(),
        lease::held_sql(),
        passback::claim_sql(),
        passback::held_sql(),
        passback::NEWEST.into(),
        passback::LAST_STAMP.into(),
        audit::ALL.into(),
        audit::OF_COURSE.into(),
        expire::WITH_NOTEBOOK.into(),
        expire::WITH_EVENTS.into(),
        launch::ONE.into(),
        launch::PAGE.into(),
        token::BY_HASH.into(),
        token::OF_USER.into(),
        whole::PAGE.into(),
        whole::PAGE_OF_USER.into(),
    ];
    for column in [r#""user""#, "course"] {
        statements.extend([
            list::one_sql(column),
            query::gradings_sql(column),
            query::notebook_sql(column),
            query::executed_sql(column),
            event::events_sql(column),
            regrade::finished_sql(column),
            passback::of_submission_sql(column),
            passback::resend_sql(column),
            passback::list_sql(column),
        ]);
        statements.extend(lists(column));
    }
    statements
}

/// Those that may sort what they found, because it is little: one user's.
pub(crate) fn of_a_user() -> Vec<String> {
    let mut statements = vec![grade::CANDIDATES.into(), erase::jobs_sql()];
    statements.extend(erase::OF_A_USER.map(Into::into));
    statements
}
