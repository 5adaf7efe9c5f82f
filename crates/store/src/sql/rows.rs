//! From rows to values. A row that does not make sense is named, with its column, in the error.

use std::{fmt::Display, str::FromStr};

use jiff::Timestamp;
use model::{AssignmentKey, Points, Submission};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Decode, Row as _, Type};

use super::{Row, dialect::Db};
use crate::{
    error::StoreError,
    records::{GradingRecord, Outcome},
};

/// A row, and what to call it when it is unreadable.
pub(super) struct Record<'r> {
    row: &'r Row,
    kind: &'static str,
    id: String,
}

impl<'r> Record<'r> {
    /// The row of the `kind` whose id is in `column`.
    pub(super) fn new(kind: &'static str, column: &str, row: &'r Row) -> Self {
        Self { row, kind, id: row.try_get(column).unwrap_or_default() }
    }

    pub(super) fn corrupt(&self, column: &str, problem: impl Display) -> StoreError {
        StoreError::Corrupt { what: format!("{} {}, column {column}: {problem}", self.kind, self.id) }
    }

    pub(super) fn get<T: Decode<'r, Db> + Type<Db>>(&self, column: &str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(|error| self.corrupt(column, error))
    }

    /// A value that is kept as its text.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, StoreError> {
        self.get::<&str>(column)?.parse().map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.get(column)?).map_err(|error| self.corrupt(column, error))
    }

    /// A number that is never negative.
    pub(super) fn count<T: TryFrom<i64, Error: Display>>(&self, column: &str) -> Result<T, StoreError> {
        self.get::<i64>(column)?.try_into().map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(self.get(column)?).map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn time_if_any(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        let time = self.get::<Option<i64>>(column)?.map(Timestamp::from_millisecond);
        time.transpose().map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn points(&self, column: &str) -> Result<Points, StoreError> {
        Points::new(self.get(column)?).map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn key(&self) -> Result<AssignmentKey, StoreError> {
        Ok(AssignmentKey {
            course: self.parse("course")?,
            section: self.parse("section")?,
            assignment: self.parse("assignment")?,
        })
    }
}

/// The submission in a row with all columns of the table `submission`.
pub(super) fn submission(row: &Row) -> Result<Submission, StoreError> {
    let record = Record::new("submission", "id", row);
    Ok(Submission {
        id: record.parse("id")?,
        user: record.parse("user")?,
        key: record.key()?,
        received_at: record.time("received_at")?,
        sha256: record.parse("sha256")?,
        size_bytes: record.count("size_bytes")?,
    })
}

/// The grading in a row with all columns of the table `grading`, its id under the name `grading`, and `has_executed`.
pub(super) fn grading(row: &Row) -> Result<GradingRecord, StoreError> {
    let record = Record::new("grading", "grading", row);
    let outcome = if record.get::<Option<&str>>("report")?.is_some() {
        Outcome::Report(record.json("report")?)
    } else {
        Outcome::Fault(record.json("fault")?)
    };
    Ok(GradingRecord {
        id: record.parse("grading")?,
        revision: record.get("revision")?,
        started_at: record.time("started_at")?,
        finished_at: record.time("finished_at")?,
        outcome,
        has_executed: record.get("has_executed")?,
    })
}

/// The JSON text of one of our own types.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the model's types have only text keys and finite numbers")
}

/// A number as databases keep it. Nothing that is counted here comes near the largest one.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
