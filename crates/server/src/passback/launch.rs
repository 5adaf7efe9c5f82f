//! What is kept of a launch by which a learning platform sent a user here.

use std::fmt;

use hub::{Launch, NotebookPath};
use model::Name;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the grades of a user go, by a launch: what the loop that sends reads of the data of a `LaunchRecord`. It reads what
/// [`crate::lti`] keeps of the launches that come to the service itself, and what is kept here of those that a hub knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLaunch {
    /// Of LTI 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lti11: Option<KeptOutcome>,
    /// Of LTI 1.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lti13: Option<KeptPlatform>,
}

/// Where an LTI 1.1 platform takes one grade.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOutcome {
    /// `lis_outcome_service_url`, letter by letter.
    pub url: String,
    /// `lis_result_sourcedid`; not shown.
    pub sourcedid: String,
}

/// An LTI 1.3 platform, and who the user is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPlatform {
    /// The line item. It counts only in a record that is kept for an assignment: of a launch for no assignment in particular it
    /// would be anybody's guess which one it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_item: Option<String>,
    /// Where a token for posting grades comes from.
    pub token_url: String,
    /// As what this tool is known there.
    pub client_id: String,
    /// Who the user is there.
    pub sub: String,
}

impl KeptLaunch {
    /// As a store keeps it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("texts are JSON")
    }

    /// What a store kept; `None` if that is something else.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    /// What a hub knows, for an assignment. The line item is that of the notebook which is named as the assignment is; where
    /// the platform said several such, that of the path. What a launch says without a path may be about another assignment,
    /// and the client's word alone must not choose the column: a graded lab01 is no final (attack 56). Nor is it that of
    /// another course, which is why there is none if the assignment `has_namesake`.
    #[must_use]
    pub fn of_hub(
        launch: &Launch,
        assignment: &Name,
        has_namesake: bool,
        path: Option<&NotebookPath>,
    ) -> Self {
        let outcome = launch.outcomes.as_ref();
        let path = path.filter(|path| path.is_named(assignment.as_str()));
        let line_item = path
            .and_then(|path| launch.line_items.of(path))
            .or_else(|| launch.line_items.named(assignment.as_str()))
            .filter(|_| !has_namesake)
            .map(ToOwned::to_owned);
        Self {
            lti11: outcome.map(|it| KeptOutcome { url: it.url.clone(), sourcedid: it.sourcedid.clone() }),
            lti13: launch.platform.as_ref().map(|platform| KeptPlatform {
                line_item,
                token_url: platform.token_url.clone(),
                client_id: platform.client_id.clone(),
                sub: platform.sub.clone(),
            }),
        }
    }
}

impl fmt::Debug for KeptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptOutcome").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_reads_back() {
        let value = json!({
            "lti11": {"url": "https://e/", "sourcedid": "s3cret"},
            "lti13": {"line_item": "https://l/1", "token_url": "https://l/t", "client_id": "c", "sub": "u"},
        });
        let kept = KeptLaunch::from_value(&value).unwrap();
        assert_eq!(kept.to_value(), value);
        assert!(!format!("{kept:?}").contains("s3cret"));
        assert_eq!(KeptLaunch::from_value(&json!({})), Some(KeptLaunch::default()));
        assert_eq!(KeptLaunch::from_value(&json!({"lti13": {"sub": "u"}})), None);
    }
}
