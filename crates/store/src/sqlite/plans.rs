//! How SQLite means to run each query: a million finished submissions must not slow the next one down.

use sqlx::{AssertSqlSafe, Row};

use super::{SqliteStore, accept, claim, event, grade, lease, query};

/// Each step of the plan, as <https://www.sqlite.org/eqp.html> prints it.
async fn plan(store: &SqliteStore, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    rows.fetch_all(&store.readers).await.unwrap().iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn nothing_is_scanned_but_open_jobs_and_nothing_is_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("otter.sqlite")).await.unwrap();
    let mut queries: Vec<String> = [
        accept::POSITION,
        claim::CLAIM,
        event::LAST,
        grade::GRADE,
        lease::HELD,
        lease::ABANDONED,
        query::QUEUE,
    ]
    .map(Into::into)
    .into();
    for column in ["user", "course"] {
        queries.extend([
            query::one_sql(column),
            query::list_sql(column),
            query::gradings_sql(column),
            query::position_sql(column),
            query::notebook_sql(column),
            query::executed_sql(column),
            event::events_sql(column),
        ]);
    }
    for sql in queries {
        let plan = plan(&store, &sql).await;
        for step in &plan {
            let is_scan = step.starts_with("SCAN") && !step.contains("INDEX job_open");
            let is_sort = step.contains("TEMP B-TREE");
            assert!(!is_scan && !is_sort, "{step}\nin the plan {plan:#?}\nof {sql}");
        }
    }
}

#[tokio::test]
async fn claims_and_lists_walk_their_index_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("otter.sqlite")).await.unwrap();
    let first = async |sql: &str| plan(&store, sql).await.swap_remove(0);
    for (column, index) in [("user", "submission_of_user"), ("course", "submission_of_course")] {
        let expected = format!("SEARCH submission USING INDEX {index} ({column}=? AND id<?)");
        assert_eq!(first(&query::list_sql(column)).await, expected);
    }
    let claim = plan(&store, claim::CLAIM).await;
    assert!(claim.iter().any(|step| step == "SCAN job USING COVERING INDEX job_open"), "{claim:#?}");
    let position = "SEARCH job USING COVERING INDEX job_open (submission<?)";
    assert_eq!(first(accept::POSITION).await, position);
}
