//! The proxies before this service that are believed what they say of their clients.

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;
use thiserror::Error;

/// Addresses and networks of proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

/// Why a text does not name proxies.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8")]
pub struct ProxiesError {
    text: String,
}

impl Proxies {
    /// Whether an address is one of theirs.
    #[must_use]
    pub fn trust(&self, address: IpAddr) -> bool {
        // An IPv4 client of an IPv6 socket.
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The first address, going back from this service, that is no proxy's: what stands before it anybody could have
    /// written.
    pub(crate) fn farthest(&self, peer: IpAddr, forwarded: &[Option<IpAddr>]) -> IpAddr {
        let mut farthest = peer;
        for address in forwarded.iter().rev() {
            let Some(address) = address else { break };
            farthest = *address;
            if !self.trust(farthest) {
                break;
            }
        }
        farthest.to_canonical()
    }
}

impl FromStr for Proxies {
    type Err = ProxiesError;

    /// With commas between them.
    fn from_str(text: &str) -> Result<Self, ProxiesError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let net = |part: &str| {
            let address = || part.parse::<IpAddr>().map(IpNet::from);
            part.parse::<IpNet>().or_else(|_| address()).map_err(|_| ProxiesError { text: part.into() })
        };
        parts.map(net).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_client_is_the_first_that_is_no_proxy() {
        let proxies: Proxies = "10.0.0.0/8, 127.0.0.1, ::1".parse().unwrap();
        let told = |list: &[&str]| {
            let forwarded: Vec<_> = list.iter().map(|text| text.parse().ok()).collect();
            proxies.farthest(ip("127.0.0.1"), &forwarded).to_string()
        };
        assert_eq!(told(&[]), "127.0.0.1");
        assert_eq!(told(&["192.0.2.7"]), "192.0.2.7");
        assert_eq!(told(&["192.0.2.7", "10.1.2.3"]), "192.0.2.7");
        assert_eq!(told(&["6.6.6.6", "192.0.2.7", "10.1.2.3"]), "192.0.2.7", "the client wrote 6.6.6.6");
        assert_eq!(told(&["6.6.6.6", "nonsense", "10.1.2.3"]), "10.1.2.3");
        assert!(proxies.trust(ip("::ffff:10.9.9.9")) && !proxies.trust(ip("11.0.0.1")));
    }

    #[test]
    fn what_names_no_proxies() {
        assert_eq!("".parse(), Ok(Proxies::default()));
        let error = "10.0.0.0/8, proxy.local".parse::<Proxies>().unwrap_err();
        assert!(error.to_string().contains("\"proxy.local\""), "{error}");
    }
}
