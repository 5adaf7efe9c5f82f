//! Where submissions are kept.

use std::time::{Duration, Instant};

use store::{PostgresStore, SchemaVersion, SqliteStore, Store, StoreError};
use tokio::time::timeout;

use super::check::Check;
use crate::place::Place;

const NAME: &str = "store";
/// A store that does not answer for so long is not there.
const PATIENCE: Duration = Duration::from_secs(20);
/// A submission is acknowledged after some round trips; with longer ones students wait.
const SLOW: Duration = Duration::from_millis(100);
/// How often it is asked; the middle answer counts.
const ASKED: usize = 5;

pub(super) async fn check(place: &Place) -> Check {
    if let Place::Sqlite(path) = place
        && !path.exists()
    {
        return Check::ok(NAME, format!("{place}, made at the first start"));
    }
    match timeout(PATIENCE, look(place)).await {
        Ok(Ok(check)) => check,
        Ok(Err(error)) => failed(place, &error.to_string()),
        Err(_) => failed(place, &format!("it has not answered for {} s", PATIENCE.as_secs())),
    }
}

fn failed(place: &Place, why: &str) -> Check {
    let action = match place {
        Place::Sqlite(_) => "look at the file and its folder: the service's user must be able to write both",
        Place::Postgres(_) => {
            "look whether the database runs, and at the host, user and password in `store.url`"
        }
        Place::Firestore(_) => {
            "look at the project in `store.url`, at this machine's credentials and at its network"
        }
    };
    Check::failure(NAME, place.to_string()).because(why, action)
}

/// Nothing is migrated by a look: a store is opened only if that changes nothing.
async fn look(place: &Place) -> Result<Check, StoreError> {
    let version = match place {
        Place::Sqlite(path) => Some(SqliteStore::schema(path).await?),
        Place::Postgres(url) => Some(PostgresStore::schema(url).await?),
        Place::Firestore(_) => None,
    };
    if let Some(SchemaVersion { current, newest }) = version.filter(|version| version.is_due()) {
        let found = format!("{place}, schema version {current}");
        let why = format!("this program works with version {newest}");
        let action = "make a backup; the next start, or `otter-service migrate`, brings it up to date";
        return Ok(Check::warning(NAME, found).because(why, action));
    }
    let store = place.open().await?;
    let answered = latency(&*store).await;
    store.close().await;
    let answered = answered?;
    let version = version.map_or_else(String::new, |version| format!(", schema version {}", version.current));
    let found = format!("{place}{version}, could write after {:.1} ms", answered.as_secs_f64() * 1e3);
    if answered <= SLOW {
        return Ok(Check::ok(NAME, found));
    }
    let why = "each submission waits for it several times";
    Ok(Check::warning(NAME, found)
        .because(why, "put the service and its store closer together, or on a faster disk"))
}

/// How long it takes to begin a change and take it back.
async fn latency(store: &dyn Store) -> Result<Duration, StoreError> {
    let mut answers = Vec::new();
    for _ in 0..ASKED {
        let began = Instant::now();
        store.ready().await?;
        answers.push(began.elapsed());
    }
    answers.sort();
    Ok(answers[ASKED / 2])
}

#[cfg(test)]
mod tests {
    use super::{super::check::State, *};

    #[tokio::test]
    async fn a_store_is_there_or_will_be_or_is_not_one() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::Sqlite(dir.path().join("grades.sqlite"));
        let check_it = check(&place).await;
        assert!(check_it.state == State::Ok && check_it.found.ends_with("made at the first start"));
        assert_eq!(dir.path().read_dir().unwrap().count(), 0, "a visit leaves nothing behind");

        place.open().await.unwrap().close().await;
        let found = check(&place).await;
        assert!(found.state == State::Ok && found.found.contains("schema version"), "{found:?}");

        std::fs::write(dir.path().join("grades.sqlite"), "no database").unwrap();
        assert_eq!(check(&place).await.state, State::Failure);
    }
}
