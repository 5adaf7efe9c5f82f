//! From where a request comes, and by which scheme, with what proxies say about it.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};

use crate::app::App;

/// Tells browsers to come by https only, for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The other end of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Client {
    /// Its address, as far as it is known.
    pub(crate) address: Option<IpAddr>,
    /// Whether it came by https, to this service or to the first proxy before it.
    pub(crate) is_secure: bool,
    /// Whether a proxy that the operator trusts handed the request over.
    pub(crate) is_by_proxy: bool,
}

/// Notes the client, for everything that comes after.
pub(crate) async fn note(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let client = Client::of(&app, peer, request.headers());
    request.extensions_mut().insert(client);
    let mut response = next.run(request).await;
    if client.is_secure {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::noted(parts))
    }
}

impl Client {
    /// What [`note`] has found out.
    pub(crate) fn noted(parts: &Parts) -> Self {
        parts.extensions.get().copied().unwrap_or_default()
    }

    /// Only a proxy that is trusted is believed what it says of others.
    fn of(app: &App, peer: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let proxies = &app.door.proxies;
        let is_by_proxy = peer.is_some_and(|peer| proxies.trust(peer));
        let address = match peer {
            Some(peer) if is_by_proxy => Some(proxies.farthest(peer, &forwarded(headers))),
            peer => peer,
        };
        let first = |name| headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim);
        let is_forwarded = is_by_proxy && first("x-forwarded-proto") == Some("https");
        Self { address, is_secure: app.door.is_secure || is_forwarded, is_by_proxy }
    }
}

/// Who sent it on, the farthest first. What is no address ends what can be believed.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = headers.get_all("x-forwarded-for").iter();
    let lists: Vec<_> = values.map(|value| value.to_str().unwrap_or_default()).collect();
    lists.iter().flat_map(|list| list.split(',')).map(|one| one.trim().parse().ok()).collect()
}
