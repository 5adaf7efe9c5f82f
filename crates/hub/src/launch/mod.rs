//! What a learning platform said when it sent a user to the hub: where a grade goes.
//!
//! The hub keeps it in the user's `auth_state`, as its LTI authenticator got it; of the last launch only.

mod path;

use std::{collections::BTreeMap, fmt};

use outbound::Url;
use serde_json::{Map, Value};

pub use path::NotebookPath;

/// Where the grades of a user go, by the launch that brought them. Both kinds at once are possible.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// Of LTI 1.1.
    pub outcomes: Option<OutcomeService>,
    /// Of LTI 1.3.
    pub platform: Option<Platform>,
    /// Of LTI 1.3: line items by notebook.
    pub line_items: LineItems,
}

/// Where an LTI 1.1 platform takes a grade.
#[derive(Clone, PartialEq, Eq)]
pub struct OutcomeService {
    /// `lis_outcome_service_url`, letter by letter: it is what gets signed.
    pub url: String,
    /// `lis_result_sourcedid`: names the user and the assignment. Whoever has it can be graded with it, so it is not shown.
    pub sourcedid: String,
}

/// An LTI 1.3 platform and who the user is there: `lti13_ags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The line item of the launch, if it had one.
    pub line_item: Option<String>,
    /// Where a token for posting grades comes from.
    pub token_url: String,
    /// As what this tool is known there.
    pub client_id: String,
    /// Who the user is there; another name than the hub's.
    pub sub: String,
}

/// Line items by notebook: `lti13_ags_lineitems`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineItems(BTreeMap<NotebookPath, String>);

impl LineItems {
    /// The line item of a notebook.
    #[must_use]
    pub fn of(&self, path: &NotebookPath) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The line item of the notebook that is named as an assignment is, if there is one such item only, in whatever
    /// folders.
    #[must_use]
    pub fn named(&self, assignment: &str) -> Option<&str> {
        let mut items = self.0.iter().filter(|(path, _)| path.is_named(assignment)).map(|(_, item)| item);
        let first = items.next()?;
        items.all(|item| item == first).then_some(first)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Launch {
    /// The line item for a notebook: its own, or else that of the launch.
    #[must_use]
    pub fn line_item(&self, path: Option<&NotebookPath>) -> Option<&str> {
        let own = path.and_then(|path| self.line_items.of(path));
        own.or_else(|| self.platform.as_ref()?.line_item.as_deref())
    }

    /// Reads an `auth_state`. `None` if there is nothing of a launch in it; the error says what is wrong in it.
    pub(crate) fn parse(auth_state: &Map<String, Value>) -> Result<Option<Self>, String> {
        let launch = Self {
            outcomes: OutcomeService::parse(auth_state)?,
            platform: object(auth_state, "lti13_ags")?.map(Platform::parse).transpose()?,
            line_items: object(auth_state, "lti13_ags_lineitems")?
                .map_or_else(|| Ok(LineItems::default()), LineItems::parse)?,
        };
        Ok(Some(launch).filter(|launch| *launch != Self::default()))
    }
}

impl OutcomeService {
    /// A launch of somebody who is not graded (staff) has no source id, or an empty one.
    fn parse(auth_state: &Map<String, Value>) -> Result<Option<Self>, String> {
        let url = text(auth_state, "lis_outcome_service_url")?;
        let sourcedid = text(auth_state, "lis_result_sourcedid")?;
        let (Some(url), Some(sourcedid)) = (url, sourcedid) else { return Ok(None) };
        is_url("lis_outcome_service_url", &url)?;
        Ok(Some(Self { url, sourcedid }))
    }
}

impl Platform {
    fn parse(ags: &Map<String, Value>) -> Result<Self, String> {
        let needed = |key: &str| text(ags, key)?.ok_or_else(|| format!("`lti13_ags` has no `{key}`"));
        let platform = Self {
            line_item: text(ags, "lineitem")?,
            token_url: needed("token_url")?,
            client_id: needed("client_id")?,
            sub: needed("sub")?,
        };
        is_url("lti13_ags.token_url", &platform.token_url)?;
        platform.line_item.as_ref().map_or(Ok(()), |url| is_url("lti13_ags.lineitem", url))?;
        Ok(platform)
    }
}

impl LineItems {
    fn parse(items: &Map<String, Value>) -> Result<Self, String> {
        let mut found = BTreeMap::new();
        for key in items.keys() {
            // A path that is none belongs to no notebook.
            let (Some(path), Some(url)) = (NotebookPath::parse(key), text(items, key)?) else { continue };
            is_url("lti13_ags_lineitems", &url)?;
            found.insert(path, url);
        }
        Ok(Self(found))
    }
}

impl fmt::Debug for OutcomeService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeService").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The text at a key; nothing if it is missing, `null` or empty.
fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() > 4096 || text.contains(char::is_control) => {
            Err(format!("`{key}` is longer than 4096 bytes or has a control character"))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` is no text")),
    }
}

fn object<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(format!("`{key}` is no object")),
    }
}

/// Whether it is one is all that is asked; who may be called is decided where it is called.
fn is_url(key: &str, text: &str) -> Result<(), String> {
    let is_one = Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if is_one { Ok(()) } else { Err(format!("`{key}` is no http or https URL")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(auth_state: &Value) -> Result<Option<Launch>, String> {
        Launch::parse(auth_state.as_object().unwrap())
    }

    #[test]
    fn a_launch_of_lti_1_1() {
        let url = "https://edx.example/courses/course-v1:org+c+r/xblock/block-v1:org+c+r+type@lti_consumer+block@ab/handler_noauth/outcome_service_handler";
        let launch = parse(&json!({
            "user_id": "a1b2", "roles": "Student", "context_id": "course-v1:org+c+r",
            "lis_outcome_service_url": url, "lis_result_sourcedid": "course-v1%3Aorg+c+r:edx.example-ab:a1b2",
        }));
        let outcomes = launch.unwrap().unwrap().outcomes.unwrap();
        assert_eq!(outcomes.url, url, "letter by letter");
        assert_eq!(outcomes.sourcedid, "course-v1%3Aorg+c+r:edx.example-ab:a1b2");
        assert!(!format!("{outcomes:?}").contains("a1b2"));
    }

    #[test]
    fn a_launch_of_lti_1_3() {
        let launch = parse(&json!({
            "lti13_ags": {"lineitem": "https://lms/li/1", "token_url": "https://lms/token", "client_id": "c", "sub": "u-1"},
            "lti13_ags_lineitems": {"tree/my%20course/lab01.ipynb": "https://lms/li/2", "/": "https://lms/li/3"},
        }))
        .unwrap()
        .unwrap();
        assert_eq!(launch.platform.as_ref().unwrap().sub, "u-1");
        let path = |text| NotebookPath::parse(text).unwrap();
        assert_eq!(launch.line_items.len(), 1);
        assert_eq!(launch.line_items.named("lab01"), Some("https://lms/li/2"));
        assert_eq!(launch.line_items.named("lab02"), None);
        let two = parse(
            &json!({"lti13_ags_lineitems": {"a/lab01.ipynb": "https://lms/li/2", "b/lab01.ipynb": "https://lms/li/3"}}),
        );
        assert_eq!(two.unwrap().unwrap().line_items.named("lab01"), None, "only the path could tell");
        assert_eq!(launch.line_item(Some(&path("/my course/lab01.ipynb"))), Some("https://lms/li/2"));
        assert_eq!(launch.line_item(Some(&path("other.ipynb"))), Some("https://lms/li/1"));
        assert_eq!(launch.line_item(None), Some("https://lms/li/1"));
    }

    #[test]
    fn who_is_not_graded_and_who_did_not_come_by_a_launch() {
        assert_eq!(parse(&json!({})), Ok(None));
        assert_eq!(
            parse(&json!({"access_token": "x", "lti13_ags": null, "lti13_ags_lineitems": {}})),
            Ok(None)
        );
        assert_eq!(
            parse(&json!({"lis_outcome_service_url": "https://e/", "lis_result_sourcedid": ""})),
            Ok(None)
        );
    }

    #[test]
    fn what_is_wrong_is_named_and_not_shown() {
        let wrong = |state: &Value| parse(state).unwrap_err();
        assert!(wrong(&json!({"lti13_ags": "s3cret"})).contains("`lti13_ags` is no object"));
        assert!(wrong(&json!({"lti13_ags": {"token_url": "https://lms/"}})).contains("`client_id`"));
        let url = wrong(&json!({"lis_outcome_service_url": "file:///s3cret", "lis_result_sourcedid": "x"}));
        assert!(url.contains("`lis_outcome_service_url`") && !url.contains("s3cret"), "{url}");
        assert!(wrong(&json!({"lti13_ags_lineitems": {"a": 1}})).contains("`a` is no text"));
        assert!(wrong(&json!({"lis_result_sourcedid": "a\nb"})).contains("control"));
    }
}
