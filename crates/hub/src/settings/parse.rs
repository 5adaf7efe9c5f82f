//! Reads the variables, and notes every mistake.

use outbound::Url;
use secrecy::SecretString;

use super::{HubSettings, Mistake};
use crate::{
    scope::{Scope, Scopes},
    token::Token,
};

const API_TOKEN: &str = "JUPYTERHUB_API_TOKEN";
const API_URL: &str = "JUPYTERHUB_API_URL";
const NAME: &str = "JUPYTERHUB_SERVICE_NAME";
const PREFIX: &str = "JUPYTERHUB_SERVICE_PREFIX";
const CALLBACK: &str = "JUPYTERHUB_OAUTH_CALLBACK_URL";
const CLIENT_ID: &str = "JUPYTERHUB_CLIENT_ID";

pub(super) struct Parse<'a, F> {
    pub(super) variable: &'a F,
    pub(super) mistakes: Vec<Mistake>,
}

impl<F: Fn(&str) -> Option<String>> Parse<'_, F> {
    /// `None`, or settings that do not count, if there is a mistake.
    pub(super) fn settings(&mut self) -> Option<HubSettings> {
        if self.get("JUPYTERHUB_SSL_KEYFILE").is_some() {
            self.note(
                "JUPYTERHUB_SSL_KEYFILE",
                "`c.JupyterHub.internal_ssl` is on, and this service has no certificates for it; turn it off",
            );
        }
        let api_token = self.api_token();
        let api_url = self.url(API_URL);
        if api_url.is_none() && self.get(API_URL).is_none() {
            self.note(
                API_URL,
                "it is not set; for a hub on this machine it is http://127.0.0.1:8081/hub/api",
            );
        }
        let base_url = self.path("JUPYTERHUB_BASE_URL").unwrap_or_else(|| "/".into());
        let given_prefix = self.path(PREFIX);
        let service_name = self.service_name(given_prefix.as_deref());
        let prefix = given_prefix.unwrap_or_else(|| {
            format!("{base_url}services/{}/", service_name.as_deref().unwrap_or_default())
        });
        let host = self.url("JUPYTERHUB_HOST");
        let public_url = self.url("JUPYTERHUB_PUBLIC_URL");
        let callback = self.callback(&prefix, host.is_some(), public_url.as_ref());
        let listen = self.url("JUPYTERHUB_SERVICE_URL");
        let public_hub_url = self.url("JUPYTERHUB_PUBLIC_HUB_URL");
        let access_scopes = self.access_scopes(service_name.as_deref());
        let client_id = self.client_id(service_name.as_deref());
        Some(HubSettings {
            api_token: api_token?,
            api_url: api_url?,
            base_url,
            client_id: client_id?,
            service_name: service_name?,
            prefix,
            listen,
            callback: callback?,
            access_scopes: access_scopes?,
            host,
            public_url,
            public_hub_url,
        })
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    fn note(&mut self, variable: &'static str, problem: impl Into<String>) {
        self.mistakes.push(Mistake { variable, problem: problem.into() });
    }

    fn api_token(&mut self) -> Option<SecretString> {
        let Some(text) = self.get(API_TOKEN) else {
            self.note(
                API_TOKEN,
                "it is not set; it is the `api_token` of this service in `c.JupyterHub.services`",
            );
            return None;
        };
        match Token::parse(&text) {
            Ok(_) => Some(text.into()),
            Err(problem) => {
                self.note(API_TOKEN, problem.to_string());
                None
            }
        }
    }

    fn url(&mut self, name: &'static str) -> Option<Url> {
        let text = self.get(name)?;
        // Texts are not repeated: a URL may hold a password.
        let problem = match Url::parse(&text) {
            Err(problem) => format!("it is no URL: {problem}"),
            Ok(url) if !["http", "https"].contains(&url.scheme()) => {
                "it does not begin with http:// or https://".into()
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "it has a user name or password in it; leave that out".into()
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                "it has a `?` or `#` in it; leave that out".into()
            }
            Ok(url) => return Some(url),
        };
        self.note(name, problem);
        None
    }

    /// A path that begins and ends with `/`. None is a mistake only if there is one.
    fn path(&mut self, name: &'static str) -> Option<String> {
        let text = self.get(name)?;
        let path = format!("{}/", text.trim_end_matches('/'));
        if let Some(problem) = wrong_path(&path) {
            self.note(name, format!("{text:?} {problem}"));
            return None;
        }
        Some(path)
    }

    /// Without the variable it is in the prefix.
    fn service_name(&mut self, prefix: Option<&str>) -> Option<String> {
        let in_prefix = || prefix?.rsplit_once("/services/")?.1.strip_suffix('/').map(str::to_owned);
        let name = self.get(NAME).or_else(in_prefix);
        let is_name = |name: &String| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.~".contains(&byte))
        };
        let problem = match &name {
            None => "it is not set; it is the `name` of this service in `c.JupyterHub.services`".to_owned(),
            Some(name) if !is_name(name) => {
                format!("{name:?} has other characters than letters, digits, `_`, `-`, `.` and `~`")
            }
            Some(_) => return name,
        };
        self.note(NAME, problem);
        None
    }

    fn callback(&mut self, prefix: &str, has_subdomains: bool, public_url: Option<&Url>) -> Option<String> {
        let Some(text) = self.get(CALLBACK) else {
            if !has_subdomains {
                return Some(format!("{prefix}oauth_callback"));
            }
            let Some(public) = public_url else {
                self.note(
                    CALLBACK,
                    "it is not set, and the hub has subdomains (JUPYTERHUB_HOST is set); it is the whole URL of this service with `oauth_callback` at its end",
                );
                return None;
            };
            return public.join(&format!("{prefix}oauth_callback")).ok().map(String::from);
        };
        let path = if text.starts_with('/') { text.clone() } else { self.url(CALLBACK)?.path().to_owned() };
        let page = path.strip_prefix(prefix).filter(|page| !page.is_empty() && !page.ends_with('/'));
        if page.is_none() || wrong_path(&path).is_some() {
            self.note(CALLBACK, format!("{text:?} is not below this service's path, {prefix}"));
            return None;
        }
        Some(text)
    }

    /// What lets users in. An empty list would let everybody in, so it is a mistake.
    fn access_scopes(&mut self, service_name: Option<&str>) -> Option<Scopes> {
        let names = ["JUPYTERHUB_OAUTH_ACCESS_SCOPES", "JUPYTERHUB_OAUTH_SCOPES"];
        let Some((name, text)) = names.into_iter().find_map(|name| Some((name, self.get(name)?))) else {
            return Some(Scopes::from_iter([Scope::access_to_service(service_name?)]));
        };
        let problem = match serde_json::from_str::<Vec<String>>(&text) {
            Err(_) => format!(
                "{text:?} is no JSON list of scopes; leave it out, or write [\"access:services!service=NAME\"]"
            ),
            Ok(list) if list.is_empty() => {
                "the list is empty, which would let nobody in; leave it out".into()
            }
            Ok(list) => match list.iter().map(|scope| scope.parse()).collect::<Result<Scopes, _>>() {
                Ok(scopes) => return Some(scopes),
                Err(problem) => problem.to_string(),
            },
        };
        self.note(name, problem);
        None
    }

    fn client_id(&mut self, service_name: Option<&str>) -> Option<String> {
        let Some(text) = self.get(CLIENT_ID) else {
            return service_name.map(|name| format!("service-{name}"));
        };
        if text.starts_with("service-") && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(text);
        }
        self.note(
            CLIENT_ID,
            format!("{text:?} does not begin with `service-`, as the hub's names for services do"),
        );
        None
    }
}

/// What is wrong with a path of this service or the hub, if anything.
fn wrong_path(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("does not begin with `/`");
    }
    let here = Url::parse("http://here.invalid").expect("the constant is a URL");
    // What a URL would change has `..`, a query, or something to be encoded in it.
    let is_same = here.join(path).is_ok_and(|url| url.path() == path && url.host() == here.host());
    (!is_same || path.contains("//")).then_some("is no plain path such as /services/NAME/")
}
