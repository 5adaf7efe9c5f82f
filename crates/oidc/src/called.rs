//! How the other side is called.

use std::time::Duration;

use outbound::{Outbound, Policy, Request, Site, Url};
use serde::de::DeserializeOwned;

use crate::error::OidcError;

/// How long a question may take with its answer: a browser waits.
pub(crate) const WITHIN: Duration = Duration::from_secs(10);
/// The most bytes of an answer. A discovery document has some kilobytes, the keys of a large platform some tens.
pub(crate) const MAX_BYTES: u64 = 512 * 1024;

/// A client that calls the sites of these URLs and no others.
pub(crate) fn client<'a>(
    urls: impl IntoIterator<Item = &'a Url>,
    allow_private: bool,
) -> Result<Outbound, OidcError> {
    let mut policy = Policy::default();
    for url in urls {
        let site = Site::of(url).ok_or_else(|| {
            OidcError::misconfigured(format!("{}: is neither http nor https.", url.scheme()))
        })?;
        if allow_private {
            policy = policy
                .allow_private(site.host())
                .map_err(|error| OidcError::misconfigured(error.to_string()))?;
        }
        policy = policy.allow(site);
    }
    Ok(Outbound::new(policy)?)
}

/// The JSON that is answered with status 200.
pub(crate) async fn json<T: DeserializeOwned>(request: Request, within: Duration) -> Result<T, OidcError> {
    let answer = request.header("accept", "application/json").within(within).send().await?;
    match answer.status().as_u16() {
        200 => Ok(answer.json(MAX_BYTES).await?),
        status => Err(OidcError::of_status(&answer.site().to_string(), status)),
    }
}
