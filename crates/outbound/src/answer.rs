//! What came back.

use reqwest::{Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::{error::OutboundError, site::Site};

/// The beginning of an answer; its body has not been read yet.
#[derive(Debug)]
pub struct Answer {
    inner: Response,
    site: Site,
}

impl Answer {
    pub(crate) fn new(inner: Response, site: Site) -> Self {
        Self { inner, site }
    }

    /// Who answered.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// A header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// Where a redirect leads to. Whether to follow it is the caller's decision; sending it through the same
    /// [`crate::Outbound`] checks it against the policy.
    #[must_use]
    pub fn redirect(&self) -> Option<Url> {
        // Not every status between 300 and 399: 304 says that there is nothing new.
        let elsewhere = matches!(self.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        let to = elsewhere.then(|| self.header("location"))??;
        self.inner.url().join(to).ok()
    }

    /// The whole body, if it is not larger than that.
    pub async fn bytes(self, limit_bytes: u64) -> Result<Vec<u8>, OutboundError> {
        let mut body = Vec::new();
        self.save(&mut body, limit_bytes).await?;
        Ok(body)
    }

    /// The body as JSON.
    pub async fn json<T: DeserializeOwned>(self, limit_bytes: u64) -> Result<T, OutboundError> {
        let site = self.site.clone();
        let body = self.bytes(limit_bytes).await?;
        serde_json::from_slice(&body).map_err(|error| {
            // Not the error's own words: they quote what was there.
            let problem =
                format!("the JSON is not as expected in line {}, column {}", error.line(), error.column());
            OutboundError::Nonsense { site, problem }
        })
    }

    /// Writes the body somewhere as it comes, and gives its length. One that is cut off is an error.
    pub async fn save(
        mut self,
        into: &mut (impl AsyncWrite + Unpin + Send),
        limit_bytes: u64,
    ) -> Result<u64, OutboundError> {
        let mut length = 0;
        let too_large = |site: &Site| OutboundError::TooLarge { site: site.clone(), limit_bytes };
        if self.inner.content_length().is_some_and(|announced| announced > limit_bytes) {
            return Err(too_large(&self.site));
        }
        let keep = |site: &Site| {
            let site = site.clone();
            move |problem| OutboundError::Keep { site, problem }
        };
        while let Some(chunk) =
            self.inner.chunk().await.map_err(|error| OutboundError::of(&self.site, error))?
        {
            length += chunk.len() as u64;
            if length > limit_bytes {
                return Err(too_large(&self.site));
            }
            into.write_all(&chunk).await.map_err(keep(&self.site))?;
        }
        into.flush().await.map_err(keep(&self.site))?;
        Ok(length)
    }
}
