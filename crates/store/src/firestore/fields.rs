//! From documents to values. A document that does not make sense is named, with its field, in the error.

use std::{fmt::Display, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use model::{AssignmentKey, Points};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::rest::wire::{self, Document, Fields};
use crate::error::StoreError;

/// Reads the fields of a document.
pub(super) struct Reader<'d> {
    document: &'d Document,
}

impl<'d> Reader<'d> {
    pub(super) fn of(document: &'d Document) -> Self {
        Self { document }
    }

    pub(super) fn corrupt(&self, field: &str, problem: impl Display) -> StoreError {
        let path = self.document.name.split("/documents/").nth(1).unwrap_or(&self.document.name);
        StoreError::Corrupt { what: format!("{path}, field {field}: {problem}") }
    }

    fn value(&self, field: &str, kind: &str) -> Result<Option<&'d Json>, StoreError> {
        match self.document.fields.get(field) {
            None => Ok(None),
            Some(value) if value.get("nullValue").is_some() => Ok(None),
            Some(value) => match value.get(kind) {
                Some(value) => Ok(Some(value)),
                None => Err(self.corrupt(field, format_args!("it is no {kind}"))),
            },
        }
    }

    fn needed<T>(&self, field: &str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt(field, "it is missing"))
    }

    pub(super) fn text_if_any(&self, field: &str) -> Result<Option<&'d str>, StoreError> {
        Ok(self.value(field, "stringValue")?.and_then(Json::as_str))
    }

    pub(super) fn text(&self, field: &str) -> Result<&'d str, StoreError> {
        self.needed(field, self.text_if_any(field)?)
    }

    /// A value that is kept as its text.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self, field: &str) -> Result<T, StoreError> {
        self.text(field)?.parse().map_err(|error| self.corrupt(field, error))
    }

    pub(super) fn parse_if_any<T: FromStr<Err: Display>>(
        &self,
        field: &str,
    ) -> Result<Option<T>, StoreError> {
        let text = self.text_if_any(field)?;
        text.map(str::parse).transpose().map_err(|error| self.corrupt(field, error))
    }

    /// A value that is kept as its JSON.
    pub(super) fn json_if_any<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>, StoreError> {
        let text = self.text_if_any(field)?;
        text.map(serde_json::from_str).transpose().map_err(|error| self.corrupt(field, error))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, field: &str) -> Result<T, StoreError> {
        self.needed(field, self.json_if_any(field)?)
    }

    pub(super) fn integer_if_any(&self, field: &str) -> Result<Option<i64>, StoreError> {
        let Some(value) = self.value(field, "integerValue")? else { return Ok(None) };
        let number = value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok());
        self.needed(field, number).map(Some)
    }

    /// A number that is never negative.
    pub(super) fn count<T: TryFrom<i64, Error: Display>>(&self, field: &str) -> Result<T, StoreError> {
        let number = self.needed(field, self.integer_if_any(field)?)?;
        number.try_into().map_err(|error| self.corrupt(field, error))
    }

    pub(super) fn time_if_any(&self, field: &str) -> Result<Option<Timestamp>, StoreError> {
        let time = self.integer_if_any(field)?.map(Timestamp::from_millisecond).transpose();
        time.map_err(|error| self.corrupt(field, error))
    }

    pub(super) fn time(&self, field: &str) -> Result<Timestamp, StoreError> {
        self.needed(field, self.time_if_any(field)?)
    }

    pub(super) fn points_if_any(&self, field: &str) -> Result<Option<Points>, StoreError> {
        let Some(value) = self.value(field, "doubleValue")? else { return Ok(None) };
        let number = self.needed(field, value.as_f64())?;
        Points::new(number).map(Some).map_err(|error| self.corrupt(field, error))
    }

    pub(super) fn points(&self, field: &str) -> Result<Points, StoreError> {
        self.needed(field, self.points_if_any(field)?)
    }

    pub(super) fn bytes_if_any(&self, field: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let text = self.value(field, "bytesValue")?.and_then(Json::as_str);
        text.map(|text| STANDARD.decode(text)).transpose().map_err(|error| self.corrupt(field, error))
    }

    pub(super) fn texts(&self, field: &str) -> Result<Vec<&'d str>, StoreError> {
        let Some(array) = self.value(field, "arrayValue")? else { return Ok(vec![]) };
        let values = array.get("values").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let texts = values.iter().map(|value| value.get("stringValue").and_then(Json::as_str)).collect();
        self.needed(field, texts)
    }

    pub(super) fn key(&self) -> Result<AssignmentKey, StoreError> {
        Ok(AssignmentKey {
            course: self.parse("course")?,
            section: self.parse("section")?,
            assignment: self.parse("assignment")?,
        })
    }
}

/// Fields from their names and values; those without a value are left out.
pub(super) fn fields<const N: usize>(all: [(&str, Option<Json>); N]) -> Fields {
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

pub(super) fn time(value: Timestamp) -> Json {
    wire::integer(value.as_millisecond())
}

/// One of our own types, as the text of its JSON.
pub(super) fn json(value: &impl Serialize) -> Json {
    wire::text(to_json(value))
}

pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the model's types have only text keys and finite numbers")
}
