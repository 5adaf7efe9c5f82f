//! How a platform begins (1EdTech Security Framework 1.0, 5.1.1.1: third-party initiated login).

use serde::Deserialize;

/// What a platform sends the browser with, by GET or POST. Nobody has signed it: it says whom to ask, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LtiLogin {
    /// Which platform it is.
    pub iss: String,
    /// For the platform: who is at the browser.
    pub login_hint: String,
    /// Where the launch is to end.
    pub target_link_uri: String,
    /// For the platform: what is launched.
    #[serde(default)]
    pub lti_message_hint: Option<String>,
    /// What the platform calls this service. Needed where it has several names there.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Which deployment of the tool it is.
    #[serde(default)]
    pub lti_deployment_id: Option<String>,
}

impl LtiLogin {
    /// The most bytes of a value; hints travel in a URL.
    pub const MAX: usize = 4096;

    /// The name of a value that is too long, or that is needed and empty.
    pub(crate) fn wrong(&self) -> Option<&'static str> {
        let needed = [
            ("iss", Some(&self.iss)),
            ("login_hint", Some(&self.login_hint)),
            ("target_link_uri", Some(&self.target_link_uri)),
        ];
        let others = [
            ("lti_message_hint", self.lti_message_hint.as_ref()),
            ("client_id", self.client_id.as_ref()),
            ("lti_deployment_id", self.lti_deployment_id.as_ref()),
        ];
        let is_empty = |(_, value): &(_, Option<&String>)| value.is_some_and(String::is_empty);
        let is_long = |(_, value): &(_, Option<&String>)| value.is_some_and(|value| value.len() > Self::MAX);
        let empty = needed.iter().copied().find(is_empty);
        empty.or_else(|| needed.into_iter().chain(others).find(is_long)).map(|(name, _)| name)
    }
}
