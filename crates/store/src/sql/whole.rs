//! Submissions with all that belongs to them.

use model::{Event, Submission, SubmissionId, UserName};

use super::{
    Connection, Engine, Row, accept,
    claim::lane,
    dialect, erase, event, grade, passback,
    query::{unpack, unpack_executed},
    record,
    rows::{self, Record, integer, to_json},
};
use crate::{
    error::StoreError,
    notebook,
    records::{GradingRecord, JobState, Whole, WholeJob},
};

/// Before every id in the order of texts.
const BEGIN: &str = "";

pub(super) const PAGE: &str = "SELECT * FROM submission WHERE id > $1 ORDER BY id LIMIT $2";
pub(super) const PAGE_OF_USER: &str =
    r#"SELECT * FROM submission WHERE "user" = $3 AND id > $1 ORDER BY id LIMIT $2"#;

const NOTEBOOK: &str = "
    SELECT submission.*, zstd FROM submission JOIN notebook ON notebook.submission = submission.id WHERE id = $1";
const JOB: &str = "SELECT * FROM job WHERE submission = $1";
const GRADINGS: &str = "
    SELECT grading.id AS grading, revision, started_at, finished_at, report, fault,
        EXISTS (SELECT 1 FROM executed_notebook WHERE grading = grading.id) AS has_executed
    FROM grading WHERE submission = $1 ORDER BY id";
const EXECUTED: &str = "SELECT * FROM executed_notebook WHERE grading = $1";
const EVENTS: &str = "SELECT * FROM event WHERE submission = $1 ORDER BY seq";
const GRADE: &str = "SELECT * FROM grade WHERE submission = $1";
const PASSBACKS: &str = "SELECT * FROM passback WHERE submission = $1 ORDER BY grading";

pub(super) async fn wholes(
    store: &Engine,
    of: Option<&UserName>,
    after: Option<SubmissionId>,
    limit: u32,
) -> Result<Vec<Whole>, StoreError> {
    // One look at everything, so that what belongs together fits together.
    let mut tx = store.look().await?;
    let query = sqlx::query(if of.is_some() { PAGE_OF_USER } else { PAGE })
        .bind(after.map_or_else(|| BEGIN.to_owned(), |id| id.to_string()))
        .bind(i64::from(limit));
    let query = match of {
        Some(user) => query.bind(user.as_str()),
        None => query,
    };
    let rows = query.fetch_all(&mut *tx).await?;
    let mut wholes = Vec::with_capacity(rows.len());
    for row in &rows {
        wholes.push(whole(&mut tx, rows::submission(row)?).await?);
    }
    Ok(wholes)
}

async fn whole(tx: &mut Connection, submission: Submission) -> Result<Whole, StoreError> {
    let id = submission.id.to_string();
    let notebook = match sqlx::query(NOTEBOOK).bind(&id).fetch_optional(&mut *tx).await? {
        Some(row) => Some(unpack(&row).await?),
        None => None,
    };
    let job = job(&sqlx::query(JOB).bind(&id).fetch_one(&mut *tx).await?)?;
    let mut gradings = vec![];
    for row in &sqlx::query(GRADINGS).bind(&id).fetch_all(&mut *tx).await? {
        let grading = rows::grading(row)?;
        let executed = if grading.has_executed { Some(executed(tx, &grading).await?) } else { None };
        gradings.push((grading, executed));
    }
    let rows = sqlx::query(EVENTS).bind(&id).fetch_all(&mut *tx).await?;
    let events = rows.iter().map(event::event).collect::<Result<Vec<Event>, _>>()?;
    let grade = sqlx::query(GRADE).bind(&id).fetch_optional(&mut *tx).await?;
    let grade = grade.as_ref().map(grade::from_row).transpose()?;
    let rows = sqlx::query(PASSBACKS).bind(&id).fetch_all(&mut *tx).await?;
    let passbacks = rows.iter().map(passback::record).collect::<Result<_, _>>()?;
    Ok(Whole { submission, notebook, job, gradings, events, grade, passbacks })
}

async fn executed(tx: &mut Connection, grading: &GradingRecord) -> Result<Vec<u8>, StoreError> {
    unpack_executed(&sqlx::query(EXECUTED).bind(grading.id.to_string()).fetch_one(tx).await?).await
}

fn job(row: &Row) -> Result<WholeJob, StoreError> {
    let record = Record::new("job of submission", "submission", row);
    Ok(WholeJob {
        state: record.parse("state")?,
        lane: lane(&record)?,
        turn: record.count("turn")?,
        due_at: record.time("due_at")?,
        faults: record.count("faults")?,
        claims: record.count("claims")?,
        token: record.count("token")?,
        grading: match record.get::<Option<&str>>("grading")? {
            Some(_) => Some(record.parse("grading")?),
            None => None,
        },
        fault: match record.get::<Option<&str>>("fault")? {
            Some(_) => Some(record.json("fault")?),
            None => None,
        },
    })
}

pub(super) async fn put(store: &Engine, whole: &Whole) -> Result<(), StoreError> {
    let Whole { submission, notebook, job, gradings, events, grade, passbacks } = whole;
    let id = submission.id.to_string();
    let mut tx = store.begin().await?;
    dialect::lock(&mut tx, "user", submission.user.as_str()).await?;
    erase::submission(&mut tx, submission.id).await?;
    accept::insert(&mut tx, submission).await?;
    if let Some(notebook) = notebook {
        accept::keep_notebook(&mut tx, submission.id, &notebook::pack(notebook.clone()).await?).await?;
    }
    for (grading, executed) in gradings {
        record::keep_record(&mut tx, submission.id, grading).await?;
        if let Some(executed) = executed {
            let packed = notebook::pack(executed.clone()).await?;
            record::keep_executed(&mut tx, &grading.id.to_string(), executed.len() as u64, &packed).await?;
        }
    }
    keep_job(&mut tx, whole, job).await?;
    for Event { seq, at, actor, step } in events {
        event::insert(&mut tx, &id, integer(*seq), *at, actor.as_deref(), step).await?;
    }
    if let Some(grade) = grade {
        grade::keep(&mut tx, grade).await?;
    }
    for passback in passbacks {
        passback::insert(&mut tx, &passback.as_copied()).await?;
    }
    Ok(tx.commit().await?)
}

async fn keep_job(tx: &mut Connection, whole: &Whole, job: &WholeJob) -> Result<(), StoreError> {
    let state = if job.state == JobState::Leased { JobState::Queued } else { job.state };
    let earned = whole.earned();
    sqlx::query(
        r#"INSERT INTO job (submission, "user", course, state, lane, turn, due_at, faults, claims, token, grading,
               fault, score, max_score, graded_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"#,
    )
    .bind(whole.submission.id.to_string())
    .bind(whole.submission.user.as_str())
    .bind(whole.submission.key.course.as_str())
    .bind(state.as_str())
    .bind(job.lane as i64)
    .bind(integer(job.turn))
    .bind(job.due_at.as_millisecond())
    .bind(i64::from(job.faults))
    .bind(i64::from(job.claims))
    .bind(integer(job.token))
    .bind(job.grading.map(|grading| grading.to_string()))
    .bind(job.fault.as_ref().map(to_json))
    .bind(earned.map(|(report, _)| report.counted().get()))
    .bind(earned.map(|(report, _)| report.max_score.get()))
    .bind(earned.map(|(_, at)| at.as_millisecond()))
    .execute(tx)
    .await?;
    Ok(())
}
