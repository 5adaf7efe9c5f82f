//! The Python environments.

use grading::{Environment, EnvironmentError, Environments, Supervisor};

use super::check::Check;
use crate::{config::Config, environment};

const NAME: &str = "environment";

pub(super) async fn check(config: &Config) -> Vec<Check> {
    let gradings = tempfile::Builder::new()
        .prefix("otter-doctor-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711))
        .tempdir();
    let opened = gradings.map_err(anyhow::Error::from).and_then(|gradings| {
        let supervisor = Supervisor::this_program();
        // A visit leaves no data folder behind where there was none.
        let root = Some(config.data_dir.join("environments")).filter(|root| root.is_dir());
        let root = root.unwrap_or_else(|| gradings.path().join("environments"));
        Ok((environment::open(&config.environments, &root, gradings.path(), &supervisor)?, gradings))
    });
    let ((all, progress), _gradings) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            return vec![Check::failure(NAME, "cannot be looked at").because(format!("{error:#}"), "")];
        }
    };
    let mut checks = vec![one(&all, None).await];
    for name in config.environments.named.keys() {
        checks.push(one(&all, Some(name)).await);
    }
    progress.finish_and_clear();
    if config.environments.from_autograder {
        checks.push(Check::ok(NAME, "each autograder has the one that it asks for, built at first use"));
    }
    checks
}

async fn one(all: &Environments, name: Option<&String>) -> Check {
    let called = name.map_or_else(String::new, |name| format!("{name}: "));
    if !all.is_there(name.map(String::as_str)).await {
        let build = name.map_or_else(
            || "nothing: the first start builds it, which takes some minutes".to_owned(),
            |name| {
                format!(
                    "`otter-service environment build --config FILE {name}`, or wait for its first submission"
                )
            },
        );
        return Check::warning(NAME, format!("{called}not built yet"))
            .because("it is built when it is needed", build);
    }
    let found = match name {
        None => Some(all.standard().await),
        Some(name) => all.named(name).await,
    };
    match found {
        Some(Ok(environment)) => described(&called, &environment),
        Some(Err(error)) => failed(&called, &error),
        None => Check::failure(NAME, format!("{called}not configured")),
    }
}

fn described(called: &str, environment: &Environment) -> Check {
    let Environment { python, python_version, otter_version, preload, .. } = environment;
    let modules = preload.modules.len();
    let found = format!(
        "{called}{}\nPython {python_version}, otter-grader {otter_version}, {modules} modules imported beforehand",
        python.display()
    );
    let weaknesses = environment::weaknesses(environment);
    let check = if weaknesses.is_empty() { Check::ok(NAME, found) } else { Check::warning(NAME, found) };
    weaknesses.into_iter().fold(check, |check, weakness| {
        let (why, action) = weakness.rsplit_once("; ").unwrap_or((weakness, ""));
        check.because(why, action)
    })
}

fn failed(called: &str, error: &EnvironmentError) -> Check {
    Check::failure(NAME, format!("{called}cannot be used")).because(error.to_string(), "")
}
