//! The client.

use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect,
};
use serde::Serialize;

use crate::{
    answer::Answer,
    error::OutboundError,
    lookup::{Guard, Lookup, SystemLookup},
    policy::Policy,
};

/// How long it may take until there is a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a call may take with its whole answer, unless more is asked for.
const WHOLE: Duration = Duration::from_secs(30);

/// Calls others, as its [`Policy`] allows. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Outbound {
    http: reqwest::Client,
    guard: Guard,
}

impl Outbound {
    /// A client that may call whom the policy names.
    pub fn new(policy: Policy) -> Result<Self, OutboundError> {
        Self::with_lookup(policy, Arc::new(SystemLookup))
    }

    /// The same, with another source of addresses than the system's.
    pub fn with_lookup(policy: Policy, lookup: Arc<dyn Lookup>) -> Result<Self, OutboundError> {
        // TLS needs a provider of cryptography for the whole process; an error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard { policy: Arc::new(policy), lookup };
        let http = reqwest::Client::builder()
            .user_agent(concat!("otter-service/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(guard.clone())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build()
            .map_err(|error| OutboundError::Request { problem: error.to_string() })?;
        Ok(Self { http, guard })
    }

    /// A request that reads.
    pub fn get(&self, url: Url) -> Request {
        self.request(Method::GET, url)
    }

    /// A request that does something.
    pub fn post(&self, url: Url) -> Request {
        self.request(Method::POST, url)
    }

    /// The addresses of a host, a name or an IP address, if the policy lets each of them be contacted. For programs that
    /// connect by themselves (git) and can be told where to; whether the host is one of the sites is not asked here.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, OutboundError> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            self.guard.policy.check_address(host, address)?;
            return Ok(vec![address]);
        }
        self.guard.checked(host).await
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let inner = self.http.request(method, url.clone()).timeout(WHOLE);
        Request { inner, url, policy: Arc::clone(&self.guard.policy) }
    }
}

/// A request before it is sent.
#[derive(Debug)]
#[must_use = "nothing happens until it is sent"]
pub struct Request {
    inner: reqwest::RequestBuilder,
    url: Url,
    policy: Arc<Policy>,
}

impl Request {
    /// With a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.inner = self.inner.header(name, value);
        self
    }

    /// With `Authorization: Bearer …`, which is kept out of debug output.
    pub fn bearer(mut self, token: &str) -> Self {
        self.inner = self.inner.bearer_auth(token);
        self
    }

    /// With any `Authorization`, which is kept out of debug output. One that is no header's value fails when it is sent.
    pub fn authorization(mut self, value: &str) -> Self {
        self.inner = match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.inner.header(AUTHORIZATION, value)
            }
            // The builder keeps the error until then.
            Err(_) => self.inner.header(AUTHORIZATION, value),
        };
        self
    }

    /// With a body of some type.
    pub fn body(mut self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.inner = self.inner.header(CONTENT_TYPE, content_type).body(body.into());
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.inner = self.inner.json(body);
        self
    }

    /// With the fields of a form as its body.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let mut encoded = Url::parse("http://form.invalid").expect("the constant is a URL");
        encoded.query_pairs_mut().extend_pairs(fields);
        let body = encoded.query().unwrap_or_default().to_owned();
        let content_type = "application/x-www-form-urlencoded";
        self.inner = self.inner.header(CONTENT_TYPE, content_type).body(body);
        self
    }

    /// How long the call may take with its whole answer, instead of half a minute.
    pub fn within(mut self, time: Duration) -> Self {
        self.inner = self.inner.timeout(time);
        self
    }

    /// Sends it, unless the policy forbids that. An answer with whatever status is an answer.
    pub async fn send(self) -> Result<Answer, OutboundError> {
        let site = self.policy.check(&self.url)?;
        match self.inner.send().await {
            Ok(answer) => Ok(Answer::new(answer, site)),
            Err(error) => Err(OutboundError::of(&site, error)),
        }
    }
}
