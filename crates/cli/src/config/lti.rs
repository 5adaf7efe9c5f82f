//! `[lti.NAME]`: learning platforms that may launch.

use std::{collections::BTreeSet, convert::Infallible, fmt};

use model::Name;
use oidc::LtiPlatform;
use outbound::Url;
use server::LtiRegistration;

use super::{
    identity::{IdentitySettings, Way},
    layers::Layers,
};

/// The fields of `[lti.NAME]`.
pub(super) const FIELDS: &[&str] = &[
    "issuer",
    "client_id",
    "deployment_ids",
    "auth_url",
    "token_url",
    "jwks_url",
    "user",
    "users",
    "courses",
    "allow_private",
];

/// The platforms that may launch.
#[derive(Debug, Clone)]
pub(crate) struct LtiSettings {
    pub(crate) platforms: Vec<LtiRegistration>,
    /// Where they post to, as browsers see it.
    pub(crate) launch_url: Url,
}

impl LtiSettings {
    /// `None` if there are no platforms.
    pub(super) fn read(l: &mut Layers, identity: &IdentitySettings) -> Option<Self> {
        let names = l.names("lti.");
        if names.is_empty() {
            return None;
        }
        let mode = l.text("identity.mode", |mode| Ok::<_, Infallible>(mode.to_owned()));
        match identity.way {
            Way::Hub(_) | Way::HubToCome => l.error("lti: behind a hub people come in by the hub, and platforms launch the hub; take the sections [lti.NAME] out".into()),
            // Where the mode is another one, what is wrong with it is told already.
            Way::SingleUser(_) if ["auto", "single_user"].contains(&&*mode) => l.error("lti: where there is one user only, launches mean nothing; set identity.mode = \"oidc\" or \"tokens\"".into()),
            Way::SingleUser(_) | Way::Oidc(_) | Way::Tokens => {}
        }
        if identity.public_url.is_none() {
            l.error("server.public_url is not set: learning platforms must know where to launch to".into());
        }
        let launch = format!("{}lti/launch", l.text("server.prefix", super::prefix));
        // Each is looked at, so that all problems are told.
        let found: Vec<_> = names.into_iter().map(|name| platform(l, &name)).collect();
        let platforms = found.into_iter().collect::<Option<Vec<_>>>()?;
        for one in &platforms {
            let is_other =
                |two: &&LtiRegistration| two.users == one.users && two.platform.issuer != one.platform.issuer;
            if let Some(other) = platforms.iter().find(is_other) {
                l.error(format!(
                    "lti.{}.users: its users' names would begin as those of lti.{}, which is another platform (issuer): one could be the other's user",
                    one.name, other.name
                ));
            }
        }
        Some(Self { platforms, launch_url: identity.public_url.as_ref()?.join(&launch).ok()? })
    }
}

fn platform(l: &mut Layers, name: &str) -> Option<LtiRegistration> {
    let key = |field: &str| format!("lti.{name}.{field}");
    let issuer = l.text(&key("issuer"), needed);
    let client_id = l.text(&key("client_id"), needed);
    let mut url = |field: &str| l.text(&key(field), url);
    let (auth_url, token_url, jwks_url) = (url("auth_url"), url("token_url"), url("jwks_url"));
    let deployment_ids = l.text(&key("deployment_ids"), list::<String>);
    let user = l.text(&key("user"), str::parse);
    let users = l.text(&key("users"), |text| {
        Some(text).filter(|text| !text.is_empty()).map(str::parse::<Name>).transpose()
    });
    let courses = l.text(&key("courses"), list::<Name>);
    let allow_private = l.text(&key("allow_private"), switch);
    let name = name.parse::<Name>().map_err(|problem| {
        l.error(format!(
            "lti.{name}: the name of a platform, with which its users' names begin, is no name: {problem}"
        ));
    });
    let platform = LtiPlatform {
        issuer: issuer?,
        client_id: client_id?,
        deployment_ids,
        auth_url: auth_url?,
        token_url: token_url?,
        jwks_url: jwks_url?,
        allow_private,
    };
    let courses = courses.into_iter().collect::<BTreeSet<_>>();
    let name = name.ok()?;
    Some(LtiRegistration { users: users.unwrap_or_else(|| name.clone()), name, platform, user, courses })
}

fn needed(text: &str) -> Result<Option<String>, &'static str> {
    let text = text.trim();
    if text.is_empty() { Err("it is needed, as the platform shows it") } else { Ok(Some(text.to_owned())) }
}

fn url(text: &str) -> Result<Option<Url>, &'static str> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    url.map(Some).ok_or("it must be a URL, as the platform shows it")
}

/// With commas between.
fn list<T: std::str::FromStr<Err: fmt::Display>>(text: &str) -> Result<Vec<T>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|problem| format!("{part:?}: {problem}"))).collect()
}

fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "" | "no" => Ok(false),
        _ => Err("it must be \"yes\" or \"no\""),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use server::UserClaim;

    use super::*;

    const CAMPUS: &str = "[lti.campus]\nissuer = \"https://lms.example.edu\"\nclient_id = \"abc\"\n\
        auth_url = \"https://lms.example.edu/auth\"\ntoken_url = \"https://lms.example.edu/token\"\n\
        jwks_url = \"https://lms.example.edu/jwks\"\n";
    const ALONE: &str =
        "[server]\npublic_url = \"https://grade.example.edu\"\n[identity]\nmode = \"tokens\"\n";

    fn read(file: &str) -> Result<Option<LtiSettings>, String> {
        let mut layers = Layers::defaults();
        layers.add_file(Path::new("test.toml"), file);
        let identity = IdentitySettings::read(&mut layers, &BTreeMap::new());
        let settings = LtiSettings::read(&mut layers, &identity);
        let errors = layers.into_errors();
        if errors.is_empty() { Ok(settings) } else { Err(errors.join("\n")) }
    }

    #[test]
    fn a_platform_is_read() {
        assert!(read(ALONE).unwrap().is_none());
        let more =
            "deployment_ids = \"1, 2\"\nuser = \"email\"\ncourses = \"88e, 8x\"\nallow_private = \"yes\"\n";
        let settings = read(&format!("{ALONE}{CAMPUS}{more}")).unwrap().unwrap();
        assert_eq!(settings.launch_url.as_str(), "https://grade.example.edu/services/otter_grade/lti/launch");
        let campus = &settings.platforms[0];
        assert_eq!((campus.name.as_str(), &campus.user), ("campus", &UserClaim::Email));
        assert_eq!(campus.platform.deployment_ids, ["1", "2"]);
        assert!(campus.courses.len() == 2 && campus.platform.allow_private);
        let second =
            CAMPUS.replace("lti.campus", "lti.second").replace("abc", "def") + "users = \"campus\"\n";
        let both = read(&format!("{ALONE}{CAMPUS}{second}")).unwrap().unwrap();
        assert!(
            both.platforms.iter().all(|one| one.users.as_str() == "campus"),
            "one platform, the same people"
        );
        let plain = read(&format!("{ALONE}{CAMPUS}")).unwrap().unwrap();
        assert!(plain.platforms[0].platform.takes_any_deployment());
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (file, words) in [
            (CAMPUS.to_owned(), "identity.mode"),
            (format!("[identity]\nmode = \"tokens\"\n{CAMPUS}"), "server.public_url"),
            (format!("{ALONE}{}", CAMPUS.replace("client_id = \"abc\"\n", "")), "lti.campus.client_id"),
            (
                format!("{ALONE}{}", CAMPUS.replace("https://lms.example.edu/jwks", "jwks")),
                "lti.campus.jwks_url",
            ),
            (format!("{ALONE}{}", CAMPUS.replace("lti.campus", "lti.'a b'")), "its users' names"),
            (format!("{ALONE}{CAMPUS}user = \"name\"\n"), "lti.campus.user"),
            (format!("{ALONE}{CAMPUS}courses = \"../x\"\n"), "lti.campus.courses"),
            (format!("{ALONE}{CAMPUS}users = \"a b\"\n"), "lti.campus.users"),
            (
                format!(
                    "{ALONE}{CAMPUS}{}users = \"campus\"\n",
                    CAMPUS.replace("lti.campus", "lti.other").replace("lms.", "lms2.")
                ),
                "another platform",
            ),
            (format!("{ALONE}{CAMPUS}secret = \"x\"\n"), "secret"),
        ] {
            let problems = read(&file).unwrap_err();
            assert!(problems.contains(words), "{words}: {problems}");
        }
    }
}
