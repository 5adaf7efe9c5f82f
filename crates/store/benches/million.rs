//! What each query costs with a million submissions in the store, for SQLite and PostgreSQL.
//!
//! `cargo bench -p store --bench million` (or `-- 100000` for a smaller number) makes the rows with the database's own means,
//! measures through the trait, and prints a table of medians and 95th percentiles in milliseconds.
#![expect(clippy::unwrap_used, reason = "a bench may end at the first thing that is wrong")]
#![expect(clippy::print_stdout, reason = "its output is its result")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use model::GradePolicy;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, raw_sql};
use store::{
    Filter, PostgresStore, Retention, Scope, SqliteStore, Store,
    contract::kit::{LEASE, at, by, claim, finish, key, page, report, worker},
};
use testbed::postgres::Server;

/// How often each query is measured.
const ROUNDS: usize = 200;
/// How many students and courses the submissions are spread over.
const USERS: u32 = 5_000;
const COURSES: u32 = 20;
/// How many jobs wait.
const WAITING: u32 = 1_000;

const REPORT: &str = r#"{"status":"complete","score":1.5,"max_score":2.0,"reported_score":1.5,"questions":[],"engine":"warm","engine_version":"x","isolation":"y","seconds":1.0,"cpu_seconds":1.0,"limits":[],"flags":[]}"#;

/// Rows that look like a million graded submissions: one every second, in the order of their ids.
fn rows(of_series: &str, number: u32, id: &str, zstd: &str) -> String {
    let base = 1_780_000_000_000_i64;
    let submission = format!(
        "SELECT {id} AS id, 'user' || (n % {USERS}) AS u, 'course' || (n % {COURSES}) AS c, {base} + n * 1000 AS t, n
         FROM {of_series}"
    );
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    format!(
        r#"
        CREATE TEMPORARY TABLE made AS {submission};
        INSERT INTO submission SELECT id, u, c, 's1', 'lab' || (n % 10), t, '{sha}', 3 FROM made;
        INSERT INTO notebook SELECT id, {zstd} FROM made;
        INSERT INTO grading SELECT id, id, 'r1', t, t + 500, '{REPORT}', NULL FROM made WHERE n < {done};
        INSERT INTO job (submission, "user", course, state, turn, claims, token, grading, score, max_score, graded_at)
            SELECT id, u, c, 'done', t / 10000, 1, 1, id, 1.5, 2.0, t + 500 FROM made WHERE n < {done};
        INSERT INTO job (submission, "user", course, turn) SELECT id, u, c, t / 10000 FROM made WHERE n >= {done};
        INSERT INTO event (submission, seq, at, step) SELECT id, 1, t, '{{"event":"received"}}' FROM made;
        INSERT INTO event (submission, seq, at, step) SELECT id, 2, t, '{{"event":"started","attempt":1}}' FROM made WHERE n < {done};
        INSERT INTO event (submission, seq, at, step) SELECT id, 3, t, '{{"event":"graded","score":1.5,"max_score":2.0}}' FROM made WHERE n < {done};
        INSERT INTO grade SELECT c, 's1', 'lab' || (n % 10), u, id, 1.5, 2.0, t FROM made WHERE n < {done} AND n >= {done} - {USERS};
        DROP TABLE made;
        "#,
        done = number - WAITING,
    )
}

struct Measured {
    what: &'static str,
    median: Duration,
    p95: Duration,
}

async fn measure<F: Future<Output = ()>>(what: &'static str, mut once: impl FnMut(usize) -> F) -> Measured {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let start = Instant::now();
        once(round).await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Measured { what, median: times[ROUNDS / 2], p95: times[ROUNDS * 95 / 100] }
}

async fn all(store: &dyn Store) -> Vec<Measured> {
    let now = 3_000_000_000;
    let own = Scope::Own("user77".parse().unwrap());
    let course = Scope::Course("course7".parse().unwrap());
    let assignment = Filter::Assignment(key("course7/s1/lab7"));
    let first = store.submissions(&own, &Filter::All, page(None, 1)).await.unwrap().remove(0).submission;
    let deep = store.wholes(None, None, 1).await.unwrap().remove(0).submission.id;
    let list = async |scope: &Scope, filter: &Filter| {
        store.submissions(scope, filter, page(None, 50)).await.unwrap();
    };
    vec![
        measure("accept", |round| async move {
            let ms = now + i64::try_from(round).unwrap();
            store.accept(by(&format!("fresh{round}"), "course7/s1/lab7", ms)).await.unwrap();
        })
        .await,
        measure("claim, and record a report", |round| async move {
            let ms = now + i64::try_from(round).unwrap();
            let job = claim(store, "w", ms).await;
            finish(store, &job, &report(1.0, 2.0), GradePolicy::Latest, ms + 1).await;
        })
        .await,
        measure("a user's submissions, 50", |_| list(&own, &Filter::All)).await,
        measure("a course's submissions, 50", |_| list(&course, &Filter::All)).await,
        measure("an assignment's submissions, 50", |_| list(&course, &assignment)).await,
        measure("a course's failed gradings, 50", |_| list(&course, &Filter::Failed)).await,
        measure("the last page of a course", |_| async {
            store.submissions(&course, &Filter::All, page(Some(deep), 50)).await.unwrap();
        })
        .await,
        measure("a submission", |_| async { drop(store.submission(&own, first.id).await.unwrap()) }).await,
        measure("its events", |_| async { drop(store.events(&own, first.id, 0).await.unwrap()) }).await,
        measure("its notebook", |_| async { drop(store.notebook(&own, first.id).await.unwrap()) }).await,
        measure("a grade", |_| async { drop(store.grade(&first.user, &first.key).await.unwrap()) }).await,
        measure("the queue", |_| async { assert!(store.queue(at(now)).await.is_ok()) }).await,
        measure("a delivery to send", |_| async {
            drop(store.claim_passback(&worker("s"), at(now), LEASE).await.unwrap());
        })
        .await,
        measure("nothing to expire", |_| async {
            let before = Some(jiff::Timestamp::from_second(1_700_000_000).unwrap());
            let what = Retention { notebooks_before: before, events_before: before };
            store.expire(what, 100).await.unwrap();
        })
        .await,
    ]
}

/// An id like a version 7 UUID whose time is that of row `n`.
const POSTGRES_ID: &str = "lpad(to_hex((1780000000000 + n * 1000) >> 16), 8, '0') || '-' \
    || lpad(to_hex((1780000000000 + n * 1000) & 65535), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0')";
const SQLITE_ID: &str = "printf('%08x-%04x-7000-8000-%012x', (1780000000000 + n * 1000) >> 16, (1780000000000 + n * 1000) & 65535, n)";

async fn sqlite(path: &Path, number: u32) -> Vec<Measured> {
    SqliteStore::open(path).await.unwrap().close().await;
    let mut raw = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let series = format!(
        "(WITH RECURSIVE series(n) AS (SELECT CAST(0 AS INTEGER) UNION ALL SELECT n + 1 FROM series WHERE n + 1 < {number}) SELECT n FROM series)"
    );
    let sql = rows(&series, number, SQLITE_ID, "x'28B52FFD2003190000616263'");
    raw_sql(AssertSqlSafe(format!("BEGIN; {sql} COMMIT; ANALYZE;"))).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let store = SqliteStore::open(path).await.unwrap();
    let measured = all(&store).await;
    store.close().await;
    measured
}

async fn postgres(number: u32) -> Vec<Measured> {
    let server = Server::start().unwrap();
    let url = server.database("million").unwrap();
    PostgresStore::open(&url).await.unwrap().close().await;
    let mut raw = PgConnection::connect(&url).await.unwrap();
    let series = format!("generate_series(0::bigint, {number}::bigint - 1) AS n");
    let sql = rows(&series, number, POSTGRES_ID, "'\\x28B52FFD2003190000616263'::bytea");
    raw_sql(AssertSqlSafe(format!("BEGIN; {sql} COMMIT; "))).execute(&mut raw).await.unwrap();
    raw_sql("VACUUM ANALYZE").execute(&mut raw).await.unwrap();
    let store = PostgresStore::open(&url).await.unwrap();
    let measured = all(&store).await;
    store.close().await;
    measured
}

#[tokio::main]
async fn main() {
    let number = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    assert!(number > WAITING + USERS, "at least {} submissions", WAITING + USERS + 1);
    let folder = tempfile::tempdir().unwrap();
    let sqlite = sqlite(&folder.path().join("million.sqlite"), number).await;
    let postgres = postgres(number).await;
    println!("| {number} submissions, {WAITING} waiting: ms | SQLite p50 | p95 | PostgreSQL p50 | p95 |");
    println!("|---|--:|--:|--:|--:|");
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    for (one, other) in sqlite.iter().zip(&postgres) {
        println!(
            "| {} | {} | {} | {} | {} |",
            one.what,
            ms(one.median),
            ms(one.p95),
            ms(other.median),
            ms(other.p95)
        );
    }
}
