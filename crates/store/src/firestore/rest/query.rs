//! Queries: each over one field of one collection, for which Firestore keeps an index by itself.

use serde_json::{Value as Json, json};

use super::wire;

/// The field that stands for a document's name.
const NAME: &str = "__name__";

/// Documents of a collection in the order of one field. Those without the field are not among them.
#[derive(Debug, Clone)]
pub(in super::super) struct Query {
    collection: String,
    field: String,
    filters: Vec<Json>,
    is_descending: bool,
    only_names: bool,
    limit: Option<u32>,
}

impl Query {
    /// All documents of the collection that have the field.
    pub(in super::super) fn by(collection: &str, field: &str) -> Self {
        Self {
            collection: collection.into(),
            field: field.into(),
            filters: vec![],
            is_descending: false,
            only_names: false,
            limit: None,
        }
    }

    /// All documents of the collection, by name.
    pub(in super::super) fn by_name(collection: &str) -> Self {
        Self::by(collection, NAME)
    }

    fn only(mut self, op: &str, value: &Json) -> Self {
        let field = json!({ "fieldPath": self.field });
        self.filters.push(json!({ "fieldFilter": { "field": field, "op": op, "value": value } }));
        self
    }

    pub(in super::super) fn is(self, value: &Json) -> Self {
        self.only("EQUAL", value)
    }

    pub(in super::super) fn from(self, value: &Json) -> Self {
        self.only("GREATER_THAN_OR_EQUAL", value)
    }

    pub(in super::super) fn above(self, value: &Json) -> Self {
        self.only("GREATER_THAN", value)
    }

    pub(in super::super) fn below(self, value: &Json) -> Self {
        self.only("LESS_THAN", value)
    }

    pub(in super::super) fn up_to(self, value: &Json) -> Self {
        self.only("LESS_THAN_OR_EQUAL", value)
    }

    /// Texts that begin with this one, which ends in a slash.
    pub(in super::super) fn beginning(self, prefix: &str) -> Self {
        let end = after_slash(prefix);
        self.from(&wire::text(prefix)).below(&wire::text(end))
    }

    pub(in super::super) fn descending(mut self) -> Self {
        self.is_descending = true;
        self
    }

    pub(in super::super) fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The documents without their fields.
    pub(in super::super) fn only_names(mut self) -> Self {
        self.only_names = true;
        self
    }

    /// The query as `runQuery` takes it.
    pub(super) fn to_json(&self) -> Json {
        let mut query = json!({ "from": [{ "collectionId": self.collection }] });
        if self.only_names {
            query["select"] = json!({ "fields": [{ "fieldPath": NAME }] });
        }
        // An order by the field would leave out nothing that an equality lets through, but would ask for an index.
        let is_equality = self.filters.iter().any(|filter| filter["fieldFilter"]["op"] == "EQUAL");
        if !is_equality {
            let direction = if self.is_descending { "DESCENDING" } else { "ASCENDING" };
            query["orderBy"] = json!([{ "field": { "fieldPath": self.field }, "direction": direction }]);
        }
        match &self.filters[..] {
            [] => {}
            [one] => query["where"] = one.clone(),
            several => query["where"] = json!({ "compositeFilter": { "op": "AND", "filters": several } }),
        }
        if let Some(limit) = self.limit {
            query["limit"] = json!(limit);
        }
        query
    }
}

/// The end of the range of texts that begin with a prefix that ends in a slash.
pub(in super::super) fn after_slash(prefix: &str) -> String {
    // `0` follows `/` in the order of bytes, in which Firestore sorts texts.
    format!("{}0", prefix.strip_suffix('/').unwrap_or(prefix))
}
