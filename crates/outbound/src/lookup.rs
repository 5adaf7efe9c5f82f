//! Looks names up, and refuses where they lead.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{error::OutboundError, policy::Policy};

/// What knows the addresses of names.
#[async_trait]
pub trait Lookup: Send + Sync + fmt::Debug {
    /// All addresses of a host.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
    }
}

/// Stands between the client and the resolver. The client connects to what it gets from here, so a name that leads
/// elsewhere a moment later (DNS rebinding) gains nothing.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) policy: Arc<Policy>,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// All addresses of a host, if each of them may be contacted.
    pub(crate) async fn checked(&self, host: &str) -> Result<Vec<IpAddr>, OutboundError> {
        let failed = |problem| OutboundError::Lookup { host: host.to_owned(), problem };
        let addresses = self.lookup.addresses(host).await.map_err(failed)?;
        if addresses.is_empty() {
            return Err(failed(io::Error::new(io::ErrorKind::NotFound, "it has no address")));
        }
        // One address that must not be contacted spoils the name: an honest one has none.
        for address in &addresses {
            self.policy.check_address(host, *address)?;
        }
        Ok(addresses)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.checked(name.as_str()).await?;
            // The client puts the URL's port in the place of 0.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
