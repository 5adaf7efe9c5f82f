//! Whom the service may call.

use std::{collections::BTreeSet, net::IpAddr};

use reqwest::Url;

use crate::{
    address::Reach,
    error::OutboundError,
    site::{Site, SiteError},
};

/// Whom the service may call: nobody, until sites are added.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    sites: BTreeSet<Site>,
    private: BTreeSet<String>,
}

impl Policy {
    /// Calls to this site are allowed too.
    #[must_use]
    pub fn allow(mut self, site: Site) -> Self {
        self.sites.insert(site);
        self
    }

    /// This host (a name or an IP address) may have a private address: one of this machine or of its network. That
    /// does not hold for link-local addresses, where clouds keep credentials.
    pub fn allow_private(mut self, host: &str) -> Result<Self, SiteError> {
        let bracketed =
            if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.into() };
        let site: Site = bracketed.parse()?;
        self.private.insert(site.host().to_owned());
        Ok(self)
    }

    /// Whether a URL may be contacted, as far as that can be said before its host's name is looked up.
    pub fn check(&self, url: &Url) -> Result<Site, OutboundError> {
        let site = Site::of(url)
            .filter(|site| self.sites.contains(site))
            .ok_or_else(|| OutboundError::NotAllowed { site: shown(url) })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::UserInfo { site });
        }
        if let Ok(address) = site.host().trim_matches(['[', ']']).parse() {
            self.check_address(site.host(), address)?;
        }
        Ok(site)
    }

    /// Whether a host may be contacted at an address.
    pub(crate) fn check_address(&self, host: &str, address: IpAddr) -> Result<(), OutboundError> {
        let host = || host.to_owned();
        match Reach::of(address) {
            Reach::Public => Ok(()),
            Reach::Private if self.private.contains(&host()) => Ok(()),
            Reach::Private => Err(OutboundError::PrivateAddress { host: host(), address }),
            Reach::Never => Err(OutboundError::ForbiddenAddress { host: host(), address }),
        }
    }
}

/// A URL's beginning: paths and queries may hold secrets.
fn shown(url: &Url) -> String {
    Site::of(url).map_or_else(|| format!("{}:", url.scheme()), |site| site.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &Policy, url: &str) -> Result<Site, OutboundError> {
        policy.check(&Url::parse(url).unwrap())
    }

    fn allowing(sites: &[&str]) -> Policy {
        sites.iter().fold(Policy::default(), |policy, site| policy.allow(site.parse().unwrap()))
    }

    #[test]
    fn nobody_is_called_who_is_not_on_the_list() {
        let policy = allowing(&["api.github.com", "http://lms.example.edu:8080"]);
        assert!(check(&policy, "https://api.github.com/repos?x=1#y").is_ok());
        assert!(check(&policy, "https://API.github.COM:443/").is_ok());
        assert!(check(&policy, "http://lms.example.edu:8080/x").is_ok());
        for url in [
            "http://api.github.com/",
            "https://api.github.com:8443/",
            "https://api.github.com.evil.example/",
            "https://api.github.com./",
            "https://evil.example/?api.github.com",
            "https://github.com/",
            "https://lms.example.edu:8080/",
            "http://lms.example.edu/",
            "ftp://api.github.com/",
            "file:///etc/passwd",
            "data:text/plain,x",
            "gopher://api.github.com/",
        ] {
            let error = check(&policy, url).unwrap_err();
            assert!(matches!(error, OutboundError::NotAllowed { .. }), "{url}: {error}");
        }
        let error = check(&policy, "https://api.github.com@evil.example/").unwrap_err();
        assert!(matches!(error, OutboundError::NotAllowed { .. }));
        for url in ["https://user@api.github.com/", "https://:pw@api.github.com/"] {
            assert!(matches!(check(&policy, url).unwrap_err(), OutboundError::UserInfo { .. }), "{url}");
        }
    }

    #[test]
    fn an_address_in_whatever_form_is_looked_at() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:127.0.0.1]",
            "100.64.0.1",
            "10.1",
            "192.168.257",
            "[fd00::1]",
            "[64:ff9b::7f00:1]",
            "１２７.0.0.1",
            "%31%32%37.0.0.1",
            "127。0。0。1",
        ] {
            let policy = allowing(&[&format!("http://{host}:81")]);
            let error = check(&policy, &format!("http://{host}:81/")).unwrap_err();
            assert!(matches!(error, OutboundError::PrivateAddress { .. }), "{host}: {error}");
            let policy = policy.allow_private(host).unwrap();
            assert!(check(&policy, &format!("http://{host}:81/")).is_ok(), "{host}");
        }
        for host in
            ["169.254.169.254", "0xa9fea9fe", "[fe80::1]", "0", "[::]", "[::ffff:a9fe:a9fe]", "224.0.0.1"]
        {
            let policy = allowing(&[&format!("http://{host}")]).allow_private(host).unwrap();
            let error = check(&policy, &format!("http://{host}/")).unwrap_err();
            assert!(matches!(error, OutboundError::ForbiddenAddress { .. }), "{host}: {error}");
        }
        assert!(check(&allowing(&["http://1.1.1.1"]), "http://1.1/").is_err(), "1.0.0.1 is another host");
        assert!(check(&allowing(&["http://1.1.1.1"]), "http://1.1.257/").is_ok());
    }

    #[test]
    fn a_private_address_is_allowed_for_its_host_only() {
        let policy = allowing(&["http://127.0.0.1", "http://127.0.0.2"]).allow_private("127.0.0.1").unwrap();
        assert!(check(&policy, "http://127.0.0.1/").is_ok());
        assert!(check(&policy, "http://127.0.0.2/").is_err());
        assert!(Policy::default().allow_private("::1").is_ok());
        assert!(Policy::default().allow_private("a/b").is_err());
    }

    #[test]
    fn a_refusal_shows_no_path_and_no_query() {
        let text =
            check(&Policy::default(), "https://evil.example:1/secret?token=secret").unwrap_err().to_string();
        assert!(text.contains("https://evil.example:1") && !text.contains("secret"), "{text}");
    }
}
