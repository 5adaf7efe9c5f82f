//! Whether PostgreSQL can run each query through an index: a million finished submissions must not slow the next one
//! down. What it does with a million rows is measured by `benches/million`.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, raw_sql};
use testbed::postgres::Server;

use super::{PostgresStore, sql::statements};
use crate::store::Store;

/// The plan of a statement for values that are not known, as lines.
async fn plan(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    let parameters = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let nulls = if parameters == 0 { String::new() } else { format!("({nulls})") };
    raw_sql(AssertSqlSafe(format!("PREPARE this AS {sql}"))).execute(&mut *connection).await.unwrap();
    let explain = raw_sql(AssertSqlSafe(format!("EXPLAIN EXECUTE this {nulls}")));
    let rows = explain.fetch_all(&mut *connection).await.unwrap();
    raw_sql("DEALLOCATE this").execute(&mut *connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_query_has_an_index_to_go_through() {
    let Some(server) = testbed::or_skip("plans of PostgreSQL", Server::start()) else { return };
    let url = server.database("plans").unwrap();
    let store = PostgresStore::open(&url).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    // Then it scans a table only where there is no index to go through.
    let settings =
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan";
    raw_sql(settings).execute(&mut connection).await.unwrap();
    let lists = ["\"user\"", "course"].map(|column| statements::lists(column).to_vec()).concat();
    let all = [statements::of_the_queue(), statements::direct(), statements::of_a_user()].concat();
    for sql in &all {
        let plan = plan(&mut connection, sql).await;
        assert!(!plan.iter().any(|line| line.contains("Seq Scan")), "{plan:#?}\nof {sql}");
    }
    let deliveries = ["\"user\"", "course"].map(statements::deliveries);
    for sql in lists.iter().chain(&deliveries).chain([&statements::claim()]) {
        let plan = plan(&mut connection, sql).await;
        assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:#?}\nof {sql}");
    }
    store.close().await;
}
