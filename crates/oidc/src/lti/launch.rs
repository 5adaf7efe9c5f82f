//! What a launch says.

use std::collections::{BTreeMap, BTreeSet};

use outbound::{Site, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    claims::{
        AGS, CONTEXT, CUSTOM, DEPLOYMENT_ID, MESSAGE_TYPE, RESOURCE_LINK, ROLES, TARGET_LINK_URI, VERSION,
    },
    platform::LtiPlatform,
    role::LtiRole,
};
use crate::{claims::text, error::plain, jwt::Claims};

/// The most characters of an id (LTI 1.3, 5.3.3 and 5.3.5).
const MAX_ID: usize = 255;
/// The most custom values that are kept, and the most bytes of one.
const MAX_CUSTOM: usize = 100;
const MAX_CUSTOM_BYTES: usize = 4096;

/// Who came from which link of a platform. All of it was signed by the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LtiLaunch {
    /// The platform.
    pub issuer: String,
    /// What the platform calls this service.
    pub client_id: String,
    /// What the platform calls the person (`sub`); the `userId` of scores.
    pub subject: String,
    /// The deployment of the tool.
    pub deployment_id: String,
    /// What they are in the course.
    pub role: LtiRole,
    /// Where grades go, if the platform takes any for this link.
    pub ags: Option<Ags>,
    /// The link, unique within the deployment.
    pub resource_link_id: String,
    /// The course in which the link stands, if the platform tells it.
    pub context_id: Option<String>,
    /// Parameters that the platform or the course has set, as texts.
    pub custom: BTreeMap<String, String>,
    /// Where the launch is to end.
    #[serde(with = "super::kept::url")]
    pub target_link_uri: Url,
    /// The person's name, if the platform tells it.
    pub name: Option<String>,
    /// Their address, if the platform tells it.
    pub email: Option<String>,
}

/// The Assignment and Grade Services for a link (AGS 2.0, 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ags {
    /// The column of the gradebook that belongs to the link, if there is exactly one.
    #[serde(with = "super::kept::maybe_url")]
    pub lineitem: Option<Url>,
    /// Where all columns of this tool in the course are.
    #[serde(with = "super::kept::maybe_url")]
    pub lineitems: Option<Url>,
    /// What this service may ask for there.
    pub scopes: BTreeSet<String>,
}

impl LtiLaunch {
    /// Reads claims that are signed and for this service. The error says what is wrong as the end of "The ID token …".
    pub(super) fn read(claims: &Claims, platform: &LtiPlatform) -> Result<Self, String> {
        let needed =
            |name: &'static str| text(claims, name).ok_or_else(|| format!("has no `{}`", short(name)));
        match needed(MESSAGE_TYPE)? {
            "LtiResourceLinkRequest" => (),
            other => {
                return Err(format!(
                    "is of a `{}`; only launches of resource links (`LtiResourceLinkRequest`) are taken",
                    plain(other)
                ));
            }
        }
        match needed(VERSION)? {
            "1.3.0" => (),
            other => return Err(format!("is of version `{}` of LTI, not of `1.3.0`", plain(other))),
        }
        let deployment_id = id(needed(DEPLOYMENT_ID)?, "deployment_id")?;
        if !platform.takes_deployment(&deployment_id) {
            return Err(format!(
                "is of the deployment `{}`, which is not among the `deployment_ids` of the platform here",
                plain(&deployment_id)
            ));
        }
        let subject = text(claims, "sub")
            .ok_or("does not say who launches (`sub`): anonymous launches are not taken")?;
        let link = claims.get(RESOURCE_LINK).and_then(|link| link.get("id")).and_then(Value::as_str);
        let link = link
            .filter(|link| !link.is_empty())
            .ok_or("does not say which link is launched (`resource_link`)")?;
        let context = claims.get(CONTEXT).and_then(|context| context.get("id")).and_then(Value::as_str);
        let roles = claims.get(ROLES).and_then(Value::as_array).ok_or("has no list of `roles`")?;
        let target = needed(TARGET_LINK_URI)?.parse().ok().filter(is_web);
        Ok(Self {
            issuer: platform.issuer.clone(),
            client_id: platform.client_id.clone(),
            subject: id(subject, "sub")?,
            deployment_id,
            role: LtiRole::of(roles.iter().filter_map(Value::as_str)),
            ags: claims.get(AGS).map(Ags::read).transpose()?,
            resource_link_id: id(link, "resource_link")?,
            context_id: context.map(|context| id(context, "context")).transpose()?,
            custom: claims.get(CUSTOM).map(custom).transpose()?.unwrap_or_default(),
            target_link_uri: target.ok_or("has a `target_link_uri` that is no URL")?,
            name: text(claims, "name").map(str::to_owned),
            email: text(claims, "email").map(str::to_owned),
        })
    }
}

impl Ags {
    fn read(claim: &Value) -> Result<Self, String> {
        let url = |name: &str| match claim.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let url = value.as_str().and_then(|url| url.parse().ok()).filter(is_web);
                url.map(Some).ok_or_else(|| format!("has a `{name}` that is no URL"))
            }
        };
        let scopes = match claim.get("scope") {
            Some(Value::Array(scopes)) => {
                scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
            _ => BTreeSet::new(),
        };
        Ok(Self { lineitem: url("lineitem")?, lineitems: url("lineitems")?, scopes })
    }
}

/// Numbers and truth values become texts, as some platforms write them without quotes; what has parts is left out.
fn custom(claim: &Value) -> Result<BTreeMap<String, String>, String> {
    let values = match claim {
        Value::Object(values) => values,
        Value::Null => return Ok(BTreeMap::new()),
        _ => return Err("has `custom` parameters that are no object".into()),
    };
    let as_text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_true) => Some(is_true.to_string()),
        _ => None,
    };
    let values: BTreeMap<_, _> =
        values.iter().filter_map(|(name, value)| Some((name.clone(), as_text(value)?))).collect();
    let is_long = |(name, value): (&String, &String)| name.len() + value.len() > MAX_CUSTOM_BYTES;
    if values.len() > MAX_CUSTOM || values.iter().any(is_long) {
        return Err("has too many or too long `custom` parameters".into());
    }
    Ok(values)
}

fn id(text: &str, name: &str) -> Result<String, String> {
    let is_id = text.chars().count() <= MAX_ID && !text.contains(char::is_control);
    is_id
        .then(|| text.to_owned())
        .ok_or_else(|| format!("has a `{name}` that is too long or has control characters"))
}

fn is_web(url: &Url) -> bool {
    Site::of(url).is_some()
}

/// The last part of a claim's name, which says it all.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: &Value) -> Result<LtiLaunch, String> {
        let platform = LtiPlatform {
            issuer: "https://lms.example.org".into(),
            client_id: "otter".into(),
            deployment_ids: vec!["1".into()],
            auth_url: "https://lms.example.org/auth".parse().unwrap(),
            token_url: "https://lms.example.org/token".parse().unwrap(),
            jwks_url: "https://lms.example.org/jwks".parse().unwrap(),
            allow_private: false,
        };
        let mut claims = json!({
            "sub": "42", "name": "Ada", "email": "ada@example.org",
            MESSAGE_TYPE: "LtiResourceLinkRequest", VERSION: "1.3.0", DEPLOYMENT_ID: "1",
            TARGET_LINK_URI: "https://grade.example.org/", RESOURCE_LINK: {"id": "lab01", "title": "Lab 1"},
            ROLES: ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            CONTEXT: {"id": "course-1"},
            CUSTOM: {"otter_assignment": "88e/1/lab01", "n": 3, "b": true, "deep": {"x": 1}},
            AGS: {"scope": ["a", "b"], "lineitem": "https://lms.example.org/li/1?t=2"},
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        LtiLaunch::read(claims.as_object().unwrap(), &platform)
    }

    #[test]
    fn a_launch_is_read_and_can_be_kept() {
        let launch = read(&json!({})).unwrap();
        assert_eq!((launch.subject.as_str(), launch.role), ("42", LtiRole::Learner));
        assert_eq!(launch.context_id.as_deref(), Some("course-1"));
        assert_eq!((launch.name.as_deref(), launch.email.as_deref()), (Some("Ada"), Some("ada@example.org")));
        let custom = |name: &str| launch.custom.get(name).map(String::as_str);
        assert_eq!(custom("otter_assignment"), Some("88e/1/lab01"));
        assert_eq!((custom("n"), custom("b"), custom("deep")), (Some("3"), Some("true"), None));
        let ags = launch.ags.as_ref().unwrap();
        assert_eq!(ags.lineitem.as_ref().unwrap().as_str(), "https://lms.example.org/li/1?t=2");
        assert_eq!((ags.lineitems.as_ref(), ags.scopes.len()), (None, 2));
        let kept = serde_json::to_value(&launch).unwrap();
        assert_eq!(serde_json::from_value::<LtiLaunch>(kept).unwrap(), launch);
        let none = read(&json!({ CUSTOM: null, AGS: {"scope": "a b", "lineitem": null} })).unwrap();
        assert_eq!((none.custom.len(), none.ags.unwrap().scopes.len()), (0, 2));
    }

    #[test]
    fn what_is_no_launch() {
        for (name, value) in [
            (MESSAGE_TYPE, json!("LtiDeepLinkingRequest")),
            (MESSAGE_TYPE, json!(null)),
            (VERSION, json!("1.1")),
            (DEPLOYMENT_ID, json!("2")),
            (DEPLOYMENT_ID, json!("")),
            ("sub", json!(null)),
            ("sub", json!("")),
            ("sub", json!("a\nb")),
            ("sub", json!("x".repeat(256))),
            (RESOURCE_LINK, json!("lab01")),
            (RESOURCE_LINK, json!({"id": ""})),
            (CONTEXT, json!({"id": "a\nb"})),
            (ROLES, json!(null)),
            (ROLES, json!("Instructor")),
            (TARGET_LINK_URI, json!("grade")),
            (TARGET_LINK_URI, json!("javascript:alert(1)")),
            (CUSTOM, json!([])),
            (CUSTOM, json!({"x": "y".repeat(5000)})),
            (AGS, json!({"lineitem": "file:///etc/passwd"})),
            (AGS, json!({"lineitems": 1})),
        ] {
            let shown = format!("{name} {value}").chars().take(80).collect::<String>();
            assert!(read(&json!({ name: value })).is_err(), "{shown}");
        }
        let deployment = read(&json!({ DEPLOYMENT_ID: "2" })).unwrap_err();
        assert!(deployment.contains("`2`") && deployment.contains("deployment_ids"), "{deployment}");
    }
}
