//! `[passback]`: where grades go.

use std::{path::PathBuf, time::Duration};

use outbound::{Site, Url};
use store::Delivery;

use super::{
    layers::Layers,
    materials::{hosts, optional_path},
};

/// Where grades go, and whom the service may call for that.
#[derive(Debug, Clone)]
pub(crate) struct PassbackSettings {
    /// Whether they are sent at all.
    pub(crate) post_grade: bool,
    /// What becomes of new grades.
    pub(crate) delivery: Delivery,
    pub(crate) to: GradesTo,
    /// edX, for grades whose place no launch gave: a host, or a URL's beginning where that is no https.
    pub(crate) edx_url: Option<String>,
    /// As what this tool is known by LTI 1.3, if that is the same everywhere.
    pub(crate) lti13_client_id: Option<String>,
    pub(crate) lti13_key_id: Option<String>,
    pub(crate) lti13_audience: Option<String>,
    /// Sites that may be called.
    pub(crate) allow: Vec<Site>,
    /// Hosts whose private addresses may be called.
    pub(crate) allow_private: Vec<String>,
    /// How long after it was due a delivery that fails is given up.
    pub(crate) give_up: Duration,
    pub(crate) webhook_url: Option<Url>,
    pub(crate) csv_dir: Option<PathBuf>,
}

/// Who keeps the gradebook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum GradesTo {
    #[default]
    Lti,
    Webhook,
    Csv,
}

impl PassbackSettings {
    /// `is_launched`: whether platforms are registered that launch the service.
    pub(super) fn read(l: &mut Layers, is_launched: bool) -> Self {
        let mut settings = Self {
            post_grade: l.switch("passback.post_grade"),
            delivery: Delivery::Nowhere,
            to: l.text("passback.to", to),
            edx_url: l.text("passback.edx_url", edx_url),
            lti13_client_id: l.text("passback.lti13_client_id", plain),
            lti13_key_id: l.text("passback.lti13_key_id", plain),
            lti13_audience: l.text("passback.lti13_audience", plain),
            allow: l.text("passback.allow", sites),
            allow_private: l.text("passback.allow_private", hosts),
            give_up: Duration::from_hours(l.number("passback.give_up_h", 1..=8760)),
            webhook_url: l.text("passback.webhook_url", webhook_url),
            csv_dir: l.text("passback.csv_dir", optional_path),
        };
        for (to, key, is_missing) in [
            (GradesTo::Webhook, "webhook_url", settings.webhook_url.is_none()),
            (GradesTo::Csv, "csv_dir", settings.csv_dir.is_none()),
        ] {
            if settings.to == to && is_missing {
                l.error(format!("passback.{key}: it is needed where passback.to says that grades go there"));
            }
        }
        if let Some(edx) = settings.edx_url.as_deref().filter(|edx| edx.starts_with("http://")) {
            let host = edx.parse::<Site>().map(|site| site.host().to_owned()).unwrap_or_default();
            if !settings.allow_private.contains(&host) {
                l.error(format!("passback.edx_url = {edx:?}: grades are not sent unencrypted, except to hosts in passback.allow_private"));
            }
        }
        settings.delivery = match settings.is_somewhere(is_launched) {
            false => Delivery::Nowhere,
            true if settings.post_grade => Delivery::Due,
            true => Delivery::Withheld,
        };
        settings
    }

    /// Whether there is any place where a grade could go.
    fn is_somewhere(&self, is_launched: bool) -> bool {
        match self.to {
            GradesTo::Lti => is_launched || self.edx_url.is_some() || !self.allow.is_empty(),
            GradesTo::Webhook => self.webhook_url.is_some(),
            GradesTo::Csv => self.csv_dir.is_some(),
        }
    }
}

fn to(text: &str) -> Result<GradesTo, &'static str> {
    match text {
        "lti" => Ok(GradesTo::Lti),
        "webhook" => Ok(GradesTo::Webhook),
        "csv" => Ok(GradesTo::Csv),
        _ => Err("it must be `lti`, `webhook` or `csv`"),
    }
}

/// A host name with or without a port; with `http://` before it where it has no encryption. Empty: none.
fn edx_url(text: &str) -> Result<Option<String>, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let host = text.strip_prefix("http://").unwrap_or(text);
    if text.is_empty() {
        Ok(None)
    } else if host.chars().all(allowed) && text.parse::<Site>().is_ok() {
        Ok(Some(text.to_owned()))
    } else {
        Err("it must be a host name, such as courses.edx.org, without https:// and without a path")
    }
}

/// One line of text. Empty: none.
fn plain(text: &str) -> Result<Option<String>, &'static str> {
    let text = text.trim();
    if text.contains(char::is_control) || text.len() > 1000 {
        return Err("it must be one line of at most 1000 bytes");
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Sites, with commas between them.
fn sites(text: &str) -> Result<Vec<Site>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error: outbound::SiteError| error.to_string())).collect()
}

fn webhook_url(text: &str) -> Result<Option<Url>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text).ok().filter(|url| Site::of(url).is_some() && url.username().is_empty());
    url.map(Some).ok_or("it must be an http or https URL without a user name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError, Sources};

    fn load(settings: &[(&str, &str)]) -> Result<PassbackSettings, ConfigError> {
        let own = |(name, text): &(&str, &str)| {
            let is_shared = ["EDX_URL", "POST_GRADE"].contains(name);
            let prefix = if is_shared { "" } else { "OTTER_SERVICE_PASSBACK_" };
            (format!("{prefix}{name}"), (*text).to_owned())
        };
        let variables = settings.iter().map(own).collect();
        Config::load(&Sources { variables, ..Sources::default_only() }).map(|config| config.passback)
    }

    #[test]
    fn what_becomes_of_new_grades() {
        let delivery = |settings: &[_]| load(settings).unwrap().delivery;
        assert_eq!(delivery(&[("POST_GRADE", "true")]), Delivery::Nowhere, "there is no such place");
        assert_eq!(delivery(&[("EDX_URL", "edx.org")]), Delivery::Withheld);
        assert_eq!(delivery(&[("EDX_URL", "edx.org"), ("POST_GRADE", "true")]), Delivery::Due);
        assert_eq!(delivery(&[("ALLOW", "lms.example.edu"), ("POST_GRADE", "true")]), Delivery::Due);
        let csv = [("TO", "csv"), ("CSV_DIR", "/srv/grades"), ("POST_GRADE", "true")];
        assert_eq!(delivery(&csv), Delivery::Due);
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        for (settings, words) in [
            (&[("EDX_URL", "http://edx.org")][..], "not sent unencrypted"),
            (&[("EDX_URL", "edx.org/x")], "it must be a host name"),
            (&[("TO", "csv")], "passback.csv_dir: it is needed"),
            (&[("TO", "webhook"), ("WEBHOOK_URL", "h/x")], "http or https URL"),
            (&[("TO", "mail")], "`lti`, `webhook` or `csv`"),
            (&[("ALLOW", "https://lms/path")], "it has a path"),
            (&[("ALLOW_PRIVATE", "http://x")], "is not a host"),
        ] {
            let error = load(settings).unwrap_err().to_string();
            assert!(error.contains(words), "{settings:?}: {error}");
        }
        let private = [("EDX_URL", "http://127.0.0.1:8600"), ("ALLOW_PRIVATE", "127.0.0.1")];
        assert_eq!(load(&private).unwrap().edx_url.as_deref(), Some("http://127.0.0.1:8600"));
    }
}
