//! What a hub's roles lack, and what to write there.

use std::fmt;

/// Permissions that a hub does not give with its stock roles, or that somebody took away. [`Missing::snippet`] has the
/// lines for the hub's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Users may not use the service.
    UserAccess {
        /// The service.
        service: String,
    },
    /// The token in a user's server, with which a notebook submits, may not use the service.
    ServerAccess {
        /// The service.
        service: String,
    },
    /// The service may not read what a learning platform said when it sent a user to the hub.
    LaunchData {
        /// The service.
        service: String,
    },
    /// All of these: a hub with its stock roles.
    StockRoles {
        /// The service.
        service: String,
    },
    /// A custom scope that makes staff of a group's members is not given on to the service.
    CustomScope {
        /// The service.
        service: String,
        /// The scope: `custom:otter_grade:staff`.
        scope: String,
        /// The group.
        group: String,
    },
}

impl Missing {
    /// Lines for `jupyterhub_config.py`. A role that is named there replaces the hub's own of that name, so the
    /// scopes of the hub's own are in them too.
    #[must_use]
    pub fn snippet(&self) -> String {
        match self {
            Self::UserAccess { service } => roles(&[user(service)]),
            // A server has at most what its user has.
            Self::ServerAccess { service } => roles(&[user(service), server(service)]),
            Self::LaunchData { service } => roles(&[launch_data(service)]),
            Self::StockRoles { service } => roles(&[user(service), server(service), launch_data(service)]),
            Self::CustomScope { service, scope, group } => {
                let scope = python(scope);
                let roles = roles(&[format!(
                    r#"{{"name": "grading-staff", "scopes": [{scope}], "groups": [{}]}}"#,
                    python(group)
                )]);
                format!(
                    "c.JupyterHub.custom_scopes = {{{scope}: {{\"description\": \"see every submission\"}}}}\n{roles}\
                     # and in the entry of {service} in c.JupyterHub.services:\n\
                     #     \"oauth_client_allowed_scopes\": [{scope}],\n"
                )
            }
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let add = "Add this to the hub's configuration and restart the hub:";
        let what = match self {
            Self::UserAccess { .. } => {
                "The hub's role `user` does not let users use this service. The stock role does not."
            }
            Self::ServerAccess { .. } => {
                "The hub's role `server` does not let notebooks use this service. The stock role does not."
            }
            Self::LaunchData { .. } => {
                "The hub does not let this service read users' `auth_state`, where the learning platform's addresses for grades are."
            }
            Self::StockRoles { .. } => "The hub's stock roles give nothing for this service.",
            Self::CustomScope { .. } => "No group of the hub has the scope that makes staff here.",
        };
        write!(f, "{what} {add}\n{}", self.snippet())
    }
}

fn roles(roles: &[String]) -> String {
    let lines: Vec<_> = roles.iter().map(|role| format!("    {role},\n")).collect();
    let lines = lines.concat();
    format!("c.JupyterHub.load_roles = [  # beside the roles that are here already\n{lines}]\n")
}

fn user(service: &str) -> String {
    let access = python(&format!("access:services!service={service}"));
    format!(r#"{{"name": "user", "scopes": ["self", {access}]}}"#)
}

fn server(service: &str) -> String {
    let access = python(&format!("access:services!service={service}"));
    format!(r#"{{"name": "server", "scopes": ["users:activity!user", "access:servers!server", {access}]}}"#)
}

fn launch_data(service: &str) -> String {
    let service = python(service);
    format!(
        r#"{{"name": "grading-service", "scopes": ["read:users", "admin:auth_state"], "services": [{service}]}}"#
    )
}

/// A text as Python writes it. JSON's escapes are Python's too.
fn python(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_for_a_hub_with_stock_roles() {
        let missing = Missing::StockRoles { service: "otter_grade".into() };
        assert_eq!(
            missing.snippet(),
            r#"c.JupyterHub.load_roles = [  # beside the roles that are here already
    {"name": "user", "scopes": ["self", "access:services!service=otter_grade"]},
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", "access:services!service=otter_grade"]},
    {"name": "grading-service", "scopes": ["read:users", "admin:auth_state"], "services": ["otter_grade"]},
]
"#
        );
        assert!(
            missing.to_string().contains("stock roles") && missing.to_string().contains("restart the hub")
        );
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let snippet = Missing::UserAccess { service: "a\"]\nimport os".into() }.snippet();
        assert!(snippet.contains(r#"=a\"]\nimport os""#), "{snippet}");
    }
}
