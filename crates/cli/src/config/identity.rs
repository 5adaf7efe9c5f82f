//! `[identity]` and `[limits]`: how people come in, and who looks after what.

use std::{collections::BTreeMap, convert::Infallible, fmt, time::Duration};

use hub::HubSettings;
use model::UserName;
use oidc::OidcSettings;
use outbound::Url;
use server::{Limits, Member, Proxies};

use super::layers::Layers;

/// How people come in, and what follows for them.
#[derive(Debug, Clone)]
pub(crate) struct IdentitySettings {
    pub(crate) way: Way,
    /// Who may do everything.
    pub(crate) administrators: Vec<Member>,
    /// Staff of every course.
    pub(crate) staff: Vec<Member>,
    pub(crate) session: Duration,
    /// The proxies that are believed.
    pub(crate) proxies: Proxies,
    pub(crate) trust_client_header: bool,
    /// Where browsers find the service.
    pub(crate) public_url: Option<Url>,
    pub(crate) frame_ancestors: Vec<String>,
    submissions_per_minute: u64,
    anonymous_per_minute: u64,
}

/// How people come in.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// Everybody is this one.
    SingleUser(UserName),
    Hub(Box<HubSettings>),
    /// By a hub, which tells only the service that it starts where it is: `serve` cannot do without.
    HubToCome,
    /// By a provider; of its settings the secret is still to come.
    Oidc(Box<OidcSettings>),
    /// By tokens only.
    Tokens,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SingleUser(user) => write!(f, "none: everybody is {user}"),
            Self::Hub(hub) => write!(f, "JupyterHub at {}", hub.api_url),
            Self::HubToCome => f.write_str("JupyterHub, whose variables JUPYTERHUB_* are not set here"),
            Self::Oidc(provider) => write!(f, "OpenID Connect, {}", provider.issuer),
            Self::Tokens => f.write_str("tokens of the service's own"),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Auto,
    SingleUser,
    Hub,
    Oidc,
    Tokens,
}

impl IdentitySettings {
    pub(super) fn read(l: &mut Layers, variables: &BTreeMap<String, String>) -> Self {
        let way = way(l, variables);
        let settings = Self {
            way,
            administrators: l.text("identity.administrators", members),
            staff: l.text("identity.staff", members),
            session: Duration::from_hours(l.number("identity.session_h", 1..=8760)),
            proxies: l.text("server.trusted_proxies", str::parse),
            trust_client_header: l.switch("identity.trust_client_header"),
            public_url: l.text("server.public_url", public_url),
            frame_ancestors: l.text("server.frame_ancestors", frame_ancestors),
            submissions_per_minute: l.number("limits.submissions_per_minute", 0..=100_000),
            anonymous_per_minute: l.number("limits.anonymous_per_minute", 0..=1_000_000),
        };
        if settings.trust_client_header && !l.is_set("server.trusted_proxies") {
            l.error("identity.trust_client_header = true lets whoever reaches the service say who they are: server.trusted_proxies must name the proxy that checks it and takes the header X-Otter-User from everybody else".into());
        }
        if settings.trust_client_header && matches!(settings.way, Way::SingleUser(_)) {
            l.error("identity.trust_client_header = true means nothing where there is one user only; set identity.mode = \"tokens\"".into());
        }
        settings
    }

    /// How often somebody may come. Where there is one user only, there is nobody to be protected from them.
    pub(crate) fn limits(&self) -> Limits {
        if matches!(self.way, Way::SingleUser(_)) {
            return Limits::per_minute(0, 0);
        }
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Limits::per_minute(count(self.submissions_per_minute), count(self.anonymous_per_minute))
    }

    /// Whether browsers are known to come by https.
    pub(crate) fn is_secure(&self) -> bool {
        let of_hub = || match &self.way {
            Way::Hub(hub) => hub.is_secure(),
            Way::SingleUser(_) | Way::HubToCome | Way::Oidc(_) | Way::Tokens => None,
        };
        self.public_url.as_ref().map(|url| url.scheme() == "https").or_else(of_hub).unwrap_or(false)
    }
}

fn way(l: &mut Layers, variables: &BTreeMap<String, String>) -> Way {
    let single_user: Option<UserName> = l.text("identity.single_user", |text| text.parse().map(Some));
    let one = Way::SingleUser(single_user.unwrap_or_else(|| "student".parse().expect("a user name")));
    let mode = l.text("identity.mode", mode);
    match mode {
        Mode::SingleUser => return one,
        Mode::Tokens => return Way::Tokens,
        Mode::Oidc => return oidc(l).map_or(one, |provider| Way::Oidc(Box::new(provider))),
        Mode::Auto | Mode::Hub => {}
    }
    match HubSettings::from_environment(|name| variables.get(name).cloned()) {
        Ok(Some(mut hub)) => {
            use_prefix(l, &mut hub);
            Way::Hub(Box::new(hub))
        }
        Ok(None) if mode == Mode::Hub => Way::HubToCome,
        Ok(None) if issuer(l).is_some() => oidc(l).map_or(one, |provider| Way::Oidc(Box::new(provider))),
        Ok(None) => {
            refuse_to_guess(l, variables);
            one
        }
        Err(error) => {
            l.error(error.to_string());
            one
        }
    }
}

/// Who expects others must not have everybody as the one user, who may do everything, because variables are missing.
fn refuse_to_guess(l: &mut Layers, variables: &BTreeMap<String, String>) {
    let of_hub =
        variables.iter().find(|(name, text)| name.starts_with("JUPYTERHUB_") && !text.trim().is_empty());
    let sign = if l.text("server.public_url", public_url).is_some() {
        "server.public_url".to_owned()
    } else if let Some((name, _)) = of_hub {
        format!("the variable {name}")
    } else {
        return;
    };
    l.error(format!(
        "identity.mode = \"auto\" finds neither a hub (JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN) nor a provider (identity.oidc.issuer), so everybody would be the one user, who may do everything; but {sign} is set, so others are expected. Set identity.mode to \"hub\", \"oidc\" or \"tokens\" and what belongs to it, or to \"single_user\" if everybody is to be that one"
    ));
}

/// `[identity.oidc]`.
fn oidc(l: &mut Layers) -> Option<OidcSettings> {
    let text = |text: &str| Ok::<_, Infallible>(Some(text.to_owned()).filter(|text| !text.is_empty()));
    let issuer = issuer(l);
    if issuer.is_none() {
        l.error("identity.oidc.issuer is not set: it is the provider's URL".into());
    }
    let client_id = l.text("identity.oidc.client_id", text);
    if client_id.is_none() {
        l.error("identity.oidc.client_id is not set: it is what the provider calls this service".into());
    }
    let public_url = l.text("server.public_url", public_url);
    if public_url.is_none() {
        l.error("server.public_url is not set: the provider must know where to send people back to".into());
    }
    let back = format!("{}oauth_callback", l.text("server.prefix", super::prefix));
    let words = |text: &str| Ok::<_, Infallible>(text.split_whitespace().map(str::to_owned).collect());
    Some(OidcSettings {
        issuer: issuer?,
        client_id: client_id?,
        client_secret: None,
        scopes: l.text("identity.oidc.scopes", words),
        user_claim: l.text("identity.oidc.user_claim", text).unwrap_or_else(|| "email".into()),
        groups_claim: l.text("identity.oidc.groups_claim", text),
        redirect_url: public_url?.join(&back).ok()?,
        allow_private: l.switch("identity.oidc.allow_private"),
    })
}

fn issuer(l: &mut Layers) -> Option<Url> {
    l.text("identity.oidc.issuer", |text| {
        let url = Some(text).filter(|text| !text.is_empty()).map(Url::parse).transpose();
        url.map_err(|_| "it must be the provider's URL")
    })
}

/// The hub knows best below which path the service is.
fn use_prefix(l: &mut Layers, hub: &mut HubSettings) {
    let prefix = l.text("server.prefix", super::prefix);
    if l.is_set("server.prefix") && !prefix.is_empty() && prefix != hub.prefix {
        l.error(format!(
            "server.prefix is {prefix:?}, and the hub has this service at {:?}; leave server.prefix out, or set JUPYTERHUB_SERVICE_PREFIX",
            hub.prefix
        ));
    }
}

fn mode(text: &str) -> Result<Mode, &'static str> {
    match text {
        "auto" => Ok(Mode::Auto),
        "single_user" => Ok(Mode::SingleUser),
        "hub" => Ok(Mode::Hub),
        "oidc" => Ok(Mode::Oidc),
        "tokens" => Ok(Mode::Tokens),
        _ => Err("it must be `auto`, `single_user`, `hub`, `oidc` or `tokens`"),
    }
}

/// Users and groups, with commas between them.
fn members(text: &str) -> Result<Vec<Member>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error: server::MemberError| error.to_string())).collect()
}

fn public_url(text: &str) -> Result<Option<Url>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let is_plain = |url: &Url| {
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    };
    url.filter(is_plain)
        .map(Some)
        .ok_or("it must be a URL without a path, such as https://grading.example.edu")
}

/// Origins, with commas between them, as `frame-ancestors` has them.
fn frame_ancestors(text: &str) -> Result<Vec<String>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:/*[]".contains(c);
            let is_site = part == "'self'"
                || part.split_once("://").is_some_and(|(scheme, host)| {
                    ["http", "https"].contains(&scheme) && !host.is_empty() && host.chars().all(is_plain)
                });
            is_site.then(|| part.to_owned()).ok_or_else(|| {
                format!("{part:?} is no site such as https://courses.edx.org, and not 'self' in its quotes")
            })
        })
        .collect()
}
