//! Documents as others see them: past the engine, through the emulator's own interface.

use serde_json::{Value, json};
use store::FirestoreSettings;

/// A database as others see it.
pub(crate) struct Raw {
    url: String,
    root: String,
    environment: String,
    http: reqwest::Client,
}

impl Raw {
    pub(crate) fn of(settings: &FirestoreSettings) -> Self {
        store::use_ring();
        let root = format!("projects/{}/databases/{}/documents", settings.project, settings.database);
        let url = format!("http://{}/v1/{root}", settings.emulator.as_ref().unwrap());
        Self { url, root, environment: settings.environment.clone(), http: reqwest::Client::new() }
    }

    async fn ask(&self, verb: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}:{verb}", self.url)).bearer_auth("owner").json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// All documents of the collection `{environment}-{kind}`, by name: their ids and fields.
    pub(crate) async fn all(&self, kind: &str) -> Vec<(String, Value)> {
        let from = json!([{ "collectionId": format!("{}-{kind}", self.environment) }]);
        let answer = self.ask("runQuery", json!({ "structuredQuery": { "from": from } })).await;
        let found = answer.as_array().unwrap().iter().filter_map(|part| part.get("document"));
        let id = |document: &Value| document["name"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        found.map(|document| (id(document), document["fields"].clone())).collect()
    }

    fn name(&self, kind: &str, id: &str) -> String {
        format!("{}/{}-{kind}/{id}", self.root, self.environment)
    }

    /// Sets one field of a document.
    pub(crate) async fn set(&self, kind: &str, id: &str, field: &str, value: Value) {
        let update = json!({ "name": self.name(kind, id), "fields": { field: value } });
        let write = json!({ "update": update, "updateMask": { "fieldPaths": [field] } });
        self.ask("commit", json!({ "writes": [write] })).await;
    }

    /// Adds a document.
    pub(crate) async fn add(&self, kind: &str, id: &str, fields: &Value) {
        let write = json!({ "update": { "name": self.name(kind, id), "fields": fields } });
        self.ask("commit", json!({ "writes": [write] })).await;
    }

    /// Removes a field of a document, or the whole document.
    pub(crate) async fn remove(&self, kind: &str, id: &str, field: Option<&str>) {
        let name = self.name(kind, id);
        let write = match field {
            Some(field) => json!({ "update": { "name": name }, "updateMask": { "fieldPaths": [field] } }),
            None => json!({ "delete": name }),
        };
        self.ask("commit", json!({ "writes": [write] })).await;
    }
}
