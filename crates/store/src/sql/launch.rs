//! Launches.

use model::{AssignmentKey, UserName};

use super::{
    Engine, Row,
    rows::{Record, to_json},
};
use crate::{error::StoreError, records::LaunchRecord};

pub(super) const ONE: &str = r#"
    SELECT * FROM launch WHERE "user" = $1 AND course = $2 AND section = $3 AND assignment = $4"#;
pub(super) const PAGE: &str = r#"
    SELECT * FROM launch WHERE ("user", course, section, assignment) > ($1, $2, $3, $4)
    ORDER BY "user", course, section, assignment LIMIT $5"#;

/// How an assignment is kept, or that there is none.
fn names(key: Option<&AssignmentKey>) -> [&str; 3] {
    key.map_or([""; 3], |key| [key.course.as_str(), key.section.as_str(), key.assignment.as_str()])
}

pub(super) async fn put(store: &Engine, launch: &LaunchRecord) -> Result<(), StoreError> {
    let [course, section, assignment] = names(launch.key.as_ref());
    let mut tx = store.begin().await?;
    sqlx::query(
        r#"INSERT INTO launch ("user", course, section, assignment, at, data) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT ("user", course, section, assignment) DO UPDATE
           SET at = excluded.at, data = excluded.data"#,
    )
    .bind(launch.user.as_str())
    .bind(course)
    .bind(section)
    .bind(assignment)
    .bind(launch.at.as_millisecond())
    .bind(to_json(&launch.data))
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn one(
    store: &Engine,
    user: &UserName,
    key: Option<&AssignmentKey>,
) -> Result<Option<LaunchRecord>, StoreError> {
    let [course, section, assignment] = names(key);
    let row = sqlx::query(ONE)
        .bind(user.as_str())
        .bind(course)
        .bind(section)
        .bind(assignment)
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(record).transpose()
}

pub(super) async fn page(
    store: &Engine,
    after: Option<(&UserName, Option<&AssignmentKey>)>,
    limit: u32,
) -> Result<Vec<LaunchRecord>, StoreError> {
    // No user has an empty name, so all come after that.
    let (user, key) = after.map_or(("", None), |(user, key)| (user.as_str(), key));
    let [course, section, assignment] = names(key);
    let rows = sqlx::query(PAGE)
        .bind(user)
        .bind(course)
        .bind(section)
        .bind(assignment)
        .bind(i64::from(limit))
        .fetch_all(&store.readers)
        .await?;
    rows.iter().map(record).collect()
}

fn record(row: &Row) -> Result<LaunchRecord, StoreError> {
    let record = Record::new("launch of", "user", row);
    let key = if record.get::<&str>("course")?.is_empty() { None } else { Some(record.key()?) };
    Ok(LaunchRecord { user: record.parse("user")?, key, at: record.time("at")?, data: record.json("data")? })
}
