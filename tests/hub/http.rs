//! Requests, and what is answered.

use std::sync::LazyLock;

use reqwest::{Client, Method, RequestBuilder, Url, header::HeaderMap, redirect::Policy};
use serde_json::Value;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    // An HTTP client wants to know who would do TLS.
    store::use_ring();
    // No connection is kept: the service that it leads to may be another one by then.
    let client = Client::builder().redirect(Policy::none()).pool_max_idle_per_host(0);
    // The proxy that does TLS signs for itself.
    client.danger_accept_invalid_certs(true).build().unwrap()
});

pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A request that follows no redirect.
pub(crate) fn request(method: Method, url: &str) -> RequestBuilder {
    CLIENT.request(method, url)
}

pub(crate) fn send(request: RequestBuilder) -> Answer {
    RUNTIME.block_on(async {
        let answer = request.send().await.unwrap();
        Answer {
            url: answer.url().clone(),
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    })
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        let json = serde_json::from_str(&self.text);
        json.unwrap_or_else(|_| panic!("{} answers {}: {}", self.url, self.status, self.text))
    }

    /// Where it leads, if anywhere.
    pub(crate) fn leads_to(&self) -> Option<Url> {
        self.headers.get("location").map(|to| self.url.join(to.to_str().unwrap()).unwrap())
    }

    /// Itself, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text);
        self
    }
}
