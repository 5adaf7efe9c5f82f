//! How SQLite means to run each query: a million finished submissions must not slow the next one down.

use sqlx::{AssertSqlSafe, Row};

use super::{SqliteStore, sql::statements};

/// Each step of the plan, as <https://www.sqlite.org/eqp.html> prints it.
async fn plan(store: &SqliteStore, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    rows.fetch_all(&store.readers).await.unwrap().iter().map(|row| row.get("detail")).collect()
}

async fn fresh(folder: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("otter.sqlite")).await.unwrap()
}

#[tokio::test]
async fn nothing_is_scanned_but_open_jobs_and_nothing_is_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(&folder).await;
    let all = [statements::of_the_queue(), statements::direct(), statements::of_a_user()].concat();
    for sql in all {
        let plan = plan(&store, &sql).await;
        let may_sort = sql.contains("UPDATE passback") || statements::of_a_user().contains(&sql);
        for step in &plan {
            // Indexes of open jobs and deliveries, and constant rows.
            let of_open = ["INDEX job_o", "INDEX passback_open", "INDEX passback_unsent", "CONSTANT ROW"];
            let is_scan = step.starts_with("SCAN") && !of_open.iter().any(|name| step.contains(name));
            let is_sort = step.contains("TEMP B-TREE") && !may_sort;
            assert!(!is_scan && !is_sort, "{step}\nin the plan {plan:#?}\nof {sql}");
        }
    }
}

#[tokio::test]
async fn lists_and_claims_walk_their_index_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(&folder).await;
    for (column, index) in [("user", "submission_of_user"), ("course", "submission_of_course")] {
        let [all, failed, _] = statements::lists(&format!("\"{column}\""));
        let expected = format!("SEARCH submission USING INDEX {index} ({column}=? AND id<?)");
        assert_eq!(plan(&store, &all).await[0], expected);
        let expected = format!("SEARCH job USING INDEX job_failed_of_{column} ({column}=? AND submission<?)");
        assert_eq!(plan(&store, &failed).await[0], expected);
    }
    let [.., of_assignment] = statements::lists("course");
    let expected = "SEARCH submission USING INDEX submission_for_assignment (course=? AND section=? AND assignment=? AND id<?)";
    assert_eq!(plan(&store, &of_assignment).await[0], expected);
    for (column, index) in [("user", "passback_of_user"), ("course", "passback_of_course")] {
        let plan = plan(&store, &statements::deliveries(&format!("\"{column}\""))).await;
        let expected = format!("SEARCH passback USING INDEX {index} ({column}=? AND state=? AND grading<?)");
        assert_eq!(plan, [expected]);
    }
    let claim = plan(&store, &statements::claim()).await;
    assert!(claim.iter().any(|step| step == "SCAN job USING COVERING INDEX job_open"), "{claim:#?}");
}
