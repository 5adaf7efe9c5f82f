//! A store in Cloud Firestore, as an operator writes it.

use std::{fmt, str::FromStr};

use store::FirestoreSettings;

/// `firestore://PROJECT?environment=NAME&database=NAME&verbose_logs=true`, of which each part may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Firestore {
    /// The Google Cloud project; else `GCP_PROJECT_ID`.
    project: Option<String>,
    /// What the collections begin with; else `ENVIRONMENT`.
    environment: Option<String>,
    /// The database in the project; else `(default)`.
    database: Option<String>,
    /// Whether the log has what went well, too; else `VERBOSE_LOGGING`.
    verbose_logs: Option<bool>,
}

impl Firestore {
    /// With what the configuration says about the deployment, where the URL does not.
    pub(crate) fn in_deployment(mut self, project: Option<&str>, environment: &str) -> Self {
        self.project = self.project.or_else(|| project.map(Into::into));
        self.environment = self.environment.or_else(|| (!environment.is_empty()).then(|| environment.into()));
        self
    }

    /// How to open it. `variable` looks into the environment, for what is not said otherwise.
    pub(crate) fn settings(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<FirestoreSettings, String> {
        let of = |said: &Option<String>, name: &str| {
            said.clone().or_else(|| variable(name)).filter(|it| !it.is_empty())
        };
        let project = of(&self.project, "GCP_PROJECT_ID");
        let project =
            project.ok_or("no Google Cloud project: say firestore://PROJECT, or set GCP_PROJECT_ID")?;
        let environment = of(&self.environment, "ENVIRONMENT");
        let environment = environment
            .ok_or("no environment: say firestore://PROJECT?environment=NAME, or set ENVIRONMENT")?;
        let environment = name(&environment, "environment")?;
        let is_on = |text: String| matches!(&*text.to_ascii_lowercase(), "true" | "1" | "t" | "yes");
        let verbose_logs =
            self.verbose_logs.or_else(|| variable("VERBOSE_LOGGING").map(is_on)).unwrap_or(false);
        let new = FirestoreSettings::new(project, environment);
        Ok(FirestoreSettings { database: self.database.clone().unwrap_or(new.database), verbose_logs, ..new })
    }
}

/// A text that can be part of a path.
fn name(text: &str, what: &str) -> Result<String, String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "-_.:()".contains(c);
    if !text.is_empty() && text.len() <= 100 && !text.starts_with("__") && text.chars().all(is_good) {
        Ok(text.to_owned())
    } else {
        Err(format!("the {what} {text:?} is not made of letters, digits, `-`, `_` and `.`"))
    }
}

impl FromStr for Firestore {
    type Err = String;

    /// Reads what stands after `firestore:`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (project, parameters) = text.split_once('?').unwrap_or((text, ""));
        let project = project.strip_prefix("//").unwrap_or(project).trim_end_matches('/');
        let project = (!project.is_empty()).then(|| name(project, "project")).transpose()?;
        let mut place = Self { project, ..Self::default() };
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("environment", value)) => place.environment = Some(name(value, "environment")?),
                Some(("database", value)) => place.database = Some(name(value, "database")?),
                Some(("verbose_logs", "true")) => place.verbose_logs = Some(true),
                Some(("verbose_logs", "false")) => place.verbose_logs = Some(false),
                _ => {
                    return Err(format!(
                        "{parameter:?} is not environment=NAME, database=NAME or verbose_logs=true"
                    ));
                }
            }
        }
        Ok(place)
    }
}

impl fmt::Display for Firestore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "firestore:")?;
        if let Some(project) = &self.project {
            write!(f, "//{project}")?;
        }
        let verbose_logs = self.verbose_logs.map(|is_on| is_on.to_string());
        let parts = [
            ("environment", &self.environment),
            ("database", &self.database),
            ("verbose_logs", &verbose_logs),
        ];
        let said = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        for ((name, value), mark) in said.zip("?&&".chars()) {
            write!(f, "{mark}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_url_reads_back_and_says_what_to_open() {
        for text in
            ["", "//data8x", "//data8x?environment=prod", "//p-1?environment=e&database=d&verbose_logs=true"]
        {
            assert_eq!(text.parse::<Firestore>().unwrap().to_string(), format!("firestore:{text}"));
        }
        let place: Firestore = "//p-1?environment=e&database=d&verbose_logs=true".parse().unwrap();
        let settings = place.settings(nothing).unwrap();
        assert_eq!((&*settings.project, &*settings.environment, &*settings.database), ("p-1", "e", "d"));
        assert!(settings.verbose_logs);
        let settings =
            "//p".parse::<Firestore>().unwrap().in_deployment(None, "prod").settings(nothing).unwrap();
        assert_eq!(
            (&*settings.environment, &*settings.database, settings.verbose_logs),
            ("prod", "(default)", false)
        );
    }

    #[test]
    fn what_the_url_leaves_out_is_taken_from_the_deployment_and_the_python_services_variables() {
        let variables = |name: &str| {
            Some(match name {
                "GCP_PROJECT_ID" => "of-variable".to_owned(),
                "ENVIRONMENT" => "staging".to_owned(),
                _ => "True".to_owned(),
            })
        };
        let settings = Firestore::default().settings(variables).unwrap();
        assert_eq!((&*settings.project, &*settings.environment), ("of-variable", "staging"));
        assert!(settings.verbose_logs);
        let settings =
            Firestore::default().in_deployment(Some("of-config"), "prod").settings(variables).unwrap();
        assert_eq!((&*settings.project, &*settings.environment), ("of-config", "prod"));
        assert!(Firestore::default().settings(nothing).unwrap_err().contains("GCP_PROJECT_ID"));
        let no_environment = "//p".parse::<Firestore>().unwrap().settings(nothing);
        assert!(no_environment.unwrap_err().contains("ENVIRONMENT"));
    }

    #[test]
    fn a_mistake_is_told() {
        for (text, told) in [
            ("//a/b", "project"),
            ("//p?environment=a/b", "environment"),
            ("//p?environment=__x", "environment"),
            ("//p?enviroment=prod", "enviroment"),
            ("//p?verbose_logs=1", "verbose_logs"),
        ] {
            assert!(text.parse::<Firestore>().unwrap_err().contains(told), "{text}");
        }
    }
}
