use secrecy::ExposeSecret;

use super::*;

/// As JupyterHub 6.1.1 sets them for a managed service (tests/real).
const MANAGED: [(&str, &str); 13] = [
    ("JUPYTERHUB_API_TOKEN", "0123456789abcdef0123456789abcdef"),
    ("JUPYTERHUB_API_URL", "http://127.0.0.1:18081/hub/api"),
    ("JUPYTERHUB_BASE_URL", "/"),
    ("JUPYTERHUB_CLIENT_ID", "service-otter_grade"),
    ("JUPYTERHUB_HOST", ""),
    ("JUPYTERHUB_OAUTH_CALLBACK_URL", "/services/otter_grade/oauth_callback"),
    ("JUPYTERHUB_OAUTH_SCOPES", r#"["access:services!service=old"]"#),
    ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", r#"["access:services", "access:services!service=otter_grade"]"#),
    ("JUPYTERHUB_SERVICE_NAME", "otter_grade"),
    ("JUPYTERHUB_SERVICE_PREFIX", "/services/otter_grade/"),
    ("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:18003"),
    ("JUPYTERHUB_PUBLIC_URL", ""),
    ("JUPYTERHUB_PUBLIC_HUB_URL", ""),
];
const EXTERNAL: [(&str, &str); 3] = [
    ("JUPYTERHUB_API_TOKEN", "a-token"),
    ("JUPYTERHUB_API_URL", "http://hub:8081/hub/api/"),
    ("JUPYTERHUB_SERVICE_NAME", "otter_grade"),
];

/// With some changed; empty means not set.
fn read(base: &[(&str, &str)], changed: &[(&str, &str)]) -> Result<Option<HubSettings>, HubSettingsError> {
    HubSettings::from_environment(|name| {
        let found = changed.iter().chain(base).find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn good(base: &[(&str, &str)], changed: &[(&str, &str)]) -> HubSettings {
    read(base, changed).unwrap().unwrap()
}

fn mistakes(base: &[(&str, &str)], changed: &[(&str, &str)]) -> Vec<&'static str> {
    read(base, changed).unwrap_err().0.iter().map(|mistake| mistake.variable).collect()
}

#[test]
fn a_managed_service() {
    let settings = good(&MANAGED, &[]);
    assert_eq!(settings.api_token.expose_secret(), "0123456789abcdef0123456789abcdef");
    let either = "access:services, access:services!service=otter_grade";
    assert_eq!(settings.access_scopes.to_string(), either, "the newer name counts");
    assert_eq!(settings.hub_url(), "/hub/");
    assert_eq!(settings.callback_path(), "/services/otter_grade/oauth_callback");
    assert_eq!(settings.listen.as_ref().unwrap().port(), Some(18003));
    assert_eq!(settings.is_secure(), None);
    assert!(!format!("{settings:?}").contains("0123456789abcdef"));
    let old = good(&MANAGED, &[("JUPYTERHUB_OAUTH_ACCESS_SCOPES", "")]);
    assert_eq!(old.access_scopes.to_string(), "access:services!service=old");
}

#[test]
fn an_external_service_needs_to_say_little() {
    let settings = good(&EXTERNAL, &[]);
    assert_eq!(settings.client_id, "service-otter_grade");
    assert_eq!(settings.prefix, "/services/otter_grade/");
    assert_eq!(settings.callback, "/services/otter_grade/oauth_callback");
    assert_eq!(settings.access_scopes.to_string(), "access:services!service=otter_grade");
    let changed = [("JUPYTERHUB_SERVICE_NAME", ""), ("JUPYTERHUB_SERVICE_PREFIX", "/jhub/services/otter")];
    let settings = good(&EXTERNAL, &changed);
    assert_eq!((&*settings.service_name, &*settings.prefix), ("otter", "/jhub/services/otter/"));
    let settings = good(&EXTERNAL, &[("JUPYTERHUB_BASE_URL", "/jhub/")]);
    assert_eq!((settings.hub_url(), &*settings.prefix), ("/jhub/hub/".into(), "/jhub/services/otter_grade/"));
}

#[test]
fn a_hub_with_subdomains() {
    let host = ("JUPYTERHUB_HOST", "https://hub.example.edu");
    let callback = "https://services.hub.example.edu/services/otter_grade/oauth_callback";
    let settings = good(&MANAGED, &[host, ("JUPYTERHUB_OAUTH_CALLBACK_URL", callback)]);
    assert_eq!(settings.hub_url(), "https://hub.example.edu/hub/");
    assert_eq!(settings.callback, callback);
    assert_eq!(settings.callback_path(), "/services/otter_grade/oauth_callback");
    assert_eq!(settings.is_secure(), Some(true));
    assert_eq!(mistakes(&EXTERNAL, &[host]), ["JUPYTERHUB_OAUTH_CALLBACK_URL"]);
    let public = ("JUPYTERHUB_PUBLIC_URL", "https://services.hub.example.edu/services/otter_grade/");
    assert_eq!(good(&EXTERNAL, &[host, public]).callback, callback);
}

#[test]
fn a_hub_behind_a_proxy_that_ends_tls() {
    let public = [
        ("JUPYTERHUB_PUBLIC_URL", "https://hub.example.edu/services/otter_grade/"),
        ("JUPYTERHUB_PUBLIC_HUB_URL", "https://hub.example.edu/hub/"),
    ];
    let settings = good(&MANAGED, &public);
    assert_eq!(settings.is_secure(), Some(true));
    assert_eq!(settings.hub_url(), "https://hub.example.edu/hub/");
    assert_eq!(settings.callback, "/services/otter_grade/oauth_callback", "as the hub knows it");
}

#[test]
fn without_a_hub_there_is_none() {
    let alone = [("JUPYTERHUB_SERVICE_PREFIX", "/x/"), ("JUPYTERHUB_SERVICE_URL", "nonsense")];
    assert!(read(&alone, &[]).unwrap().is_none());
    assert!(read(&[("JUPYTERHUB_API_TOKEN", " ")], &[]).unwrap().is_none());
}

#[test]
fn every_mistake_is_named_at_once() {
    let wrong = [
        ("JUPYTERHUB_API_TOKEN", "s3cret token"),
        ("JUPYTERHUB_API_URL", "hub:8081"),
        ("JUPYTERHUB_BASE_URL", "base/"),
        ("JUPYTERHUB_CLIENT_ID", "otter"),
        ("JUPYTERHUB_HOST", "//hub"),
        ("JUPYTERHUB_OAUTH_CALLBACK_URL", "/elsewhere/oauth_callback"),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", "[]"),
        ("JUPYTERHUB_SERVICE_NAME", "a/b"),
        ("JUPYTERHUB_SERVICE_PREFIX", "/services/../hub/"),
        ("JUPYTERHUB_SERVICE_URL", "http://user:s3cret@127.0.0.1"),
        ("JUPYTERHUB_PUBLIC_URL", "https://h/?x"),
        ("JUPYTERHUB_PUBLIC_HUB_URL", "ftp://h/"),
        ("JUPYTERHUB_SSL_KEYFILE", "/key"),
    ];
    let error = read(&wrong, &[]).unwrap_err();
    let text = error.to_string();
    for (name, _) in wrong {
        assert_eq!(error.0.iter().filter(|mistake| mistake.variable == name).count(), 1, "{name}: {text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
    assert_eq!(
        mistakes(&[("JUPYTERHUB_CLIENT_ID", "service-x")], &[]),
        ["JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL", "JUPYTERHUB_SERVICE_NAME"]
    );
}

#[test]
fn scopes_that_let_nobody_or_everybody_in() {
    for list in ["[]", "access:services", r#"[""]"#, r#"["a b"]"#, r#"{"a": 1}"#, "[1]"] {
        let wrong = ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", list);
        assert_eq!(mistakes(&EXTERNAL, &[wrong]), ["JUPYTERHUB_OAUTH_ACCESS_SCOPES"], "{list}");
    }
}
