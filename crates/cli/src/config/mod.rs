//! The configuration: read once at the start, every error at once.

mod courses;
mod environments;
mod identity;
mod layers;
mod lti;
mod materials;
mod passback;
mod secrets;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use grading::{EngineChoice, Limits, WarmLimits};
use model::GradePolicy;
use server::Keep;
use thiserror::Error;

use self::layers::Layers;
use crate::{place::Place, secrets::Secrets};

pub(crate) use self::{
    courses::{Course, CourseSource},
    environments::{Environments, Source},
    identity::{IdentitySettings, Way},
    lti::LtiSettings,
    materials::MaterialsSettings,
    passback::{GradesTo, PassbackSettings},
};

/// Names the configuration file.
const CONFIG_VARIABLE: &str = "OTTER_SERVICE_CONFIG";
/// Read when it is there and no other file is named.
const CONFIG_FILE: &str = "otter-service.toml";

/// The documented default configuration file.
pub(crate) const DEFAULTS: &str = layers::DEFAULTS;

/// The variables of the Python otter-service and of JupyterHub, and the setting that each one sets.
const PYTHON_SERVICE_VARIABLES: [(&str, &str); 9] = [
    ("JUPYTERHUB_SERVICE_PREFIX", "server.prefix"),
    ("JUPYTERHUB_SERVICE_URL", "server.listen"),
    ("TEST_USER", "identity.single_user"),
    ("POST_GRADE", "passback.post_grade"),
    ("EDX_URL", "passback.edx_url"),
    ("LTI13_CLIENT_ID", "passback.lti13_client_id"),
    ("LTI13_KEY_ID", "passback.lti13_key_id"),
    ("ENVIRONMENT", "deployment.environment"),
    ("GCP_PROJECT_ID", "deployment.gcp_project_id"),
];

/// The whole configuration, valid.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) prefix: String,
    pub(crate) max_submission_bytes: usize,
    pub(crate) identity: IdentitySettings,
    /// The learning platforms that may launch.
    pub(crate) lti: Option<LtiSettings>,
    pub(crate) data_dir: PathBuf,
    /// Where submissions are kept, if not in the data folder.
    pub(crate) store: Option<Place>,
    pub(crate) materials: MaterialsSettings,
    /// What must not be seen, and where it is looked for.
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) environments: Environments,
    pub(crate) engine: EngineChoice,
    pub(crate) jobs: usize,
    /// Whether `serve` grades, too.
    pub(crate) grades_in_server: bool,
    pub(crate) policy: GradePolicy,
    pub(crate) skip_superseded: bool,
    pub(crate) max_waiting: u64,
    pub(crate) retention: Keep,
    pub(crate) lease: Duration,
    pub(crate) drain: Duration,
    pub(crate) limits: WarmLimits,
    pub(crate) warm_memory_bytes: u64,
    /// Where grades go.
    pub(crate) passback: PassbackSettings,
    pub(crate) environment_name: String,
    pub(crate) gcp_project_id: Option<String>,
    pub(crate) log: Log,
}

/// How to log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) json: bool,
    pub(crate) level: String,
}

/// What the command line and the process's environment say.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// Setting, name of the option, value.
    pub(crate) options: Vec<(&'static str, &'static str, String)>,
    /// The environment.
    pub(crate) variables: BTreeMap<String, String>,
}

/// The configuration cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    #[error("the configuration file {path} cannot be read: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("the configuration has {} to mend:\n{}", count(problems.len()), problems.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
    Invalid { problems: Vec<String> },
}

fn count(problems: usize) -> String {
    if problems == 1 { "one thing".into() } else { format!("{problems} things") }
}

impl Config {
    /// Reads all sources.
    pub(crate) fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut layers = Layers::defaults();
        if let Some(path) = sources.file_to_read() {
            let text =
                fs::read_to_string(&path).map_err(|error| ConfigError::File { path: path.clone(), error })?;
            layers.add_file(&path, &text);
        }
        for (variable, key) in PYTHON_SERVICE_VARIABLES {
            if let Some(text) = sources.variables.get(variable).filter(|text| !text.is_empty()) {
                layers.add_variable(key, variable, text);
            }
        }
        match sources.variables.get("VERBOSE_LOGGING").map(|text| text.trim().to_ascii_lowercase()).as_deref()
        {
            Some("true" | "1" | "t" | "yes") => layers.add_variable("log.level", "VERBOSE_LOGGING", "debug"),
            None | Some("false" | "0" | "f" | "no" | "") => {}
            Some(_) => layers.error("the variable VERBOSE_LOGGING: it must be true or false".into()),
        }
        layers.add_own_variables(&sources.variables);
        for (key, name, text) in &sources.options {
            layers.add_option(key, name, text);
        }
        Self::from_layers(layers, &sources.variables)
    }

    fn from_layers(mut layers: Layers, variables: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        const MIB: u64 = 1 << 20;
        let l = &mut layers;
        let listen = l.text("server.listen", |text| listen_address(text).map(Some));
        let identity = IdentitySettings::read(l, variables);
        let lti = LtiSettings::read(l, &identity);
        let passback = PassbackSettings::read(l, lti.is_some());
        let limits = WarmLimits {
            all: Limits {
                wall: Duration::from_secs(l.number("grading.limits.wall_s", 1..=86_400)),
                cpu: Duration::from_secs(l.number("grading.limits.cpu_s", 1..=86_400)),
                memory_bytes: l.number("grading.limits.memory_mib", 256..=1_048_576) * MIB,
                processes: l.number("grading.limits.processes", 32..=100_000),
                output_bytes: l.number("grading.limits.output_mib", 1..=1024) * MIB,
                file_bytes: l.number("grading.limits.file_mib", 1..=1_048_576) * MIB,
            },
            cell: Duration::from_secs(l.number("grading.limits.cell_s", 1..=86_400)),
            case: Duration::from_secs(l.number("grading.limits.case_s", 1..=86_400)),
            disk_bytes: l.number("grading.limits.disk_mib", 1..=1_048_576) * MIB,
            files: l.number("grading.limits.files", 100..=100_000_000),
        };
        let warm_memory_bytes = l.number("grading.warm_memory_mib", 256..=1_048_576) * MIB;
        let mut environments = Environments::read(l);
        let materials = MaterialsSettings::read(l, &mut environments);
        let secrets = secrets::read(l, variables);
        let store = l.secret("store.url", store).or_else(|| secrets::store(l, &secrets));
        let mut config = Self {
            listen: listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 10101))),
            prefix: match &identity.way {
                Way::Hub(hub) => hub.prefix.clone(),
                _ => l.text("server.prefix", prefix),
            },
            max_submission_bytes: usize::try_from(l.number("server.max_submission_mib", 1..=1024) * MIB)
                .unwrap_or(usize::MAX),
            identity,
            lti,
            data_dir: l.text("data.dir", path),
            store,
            materials,
            secrets,
            environments,
            engine: l.text("grading.engine", str::parse),
            jobs: jobs(l.number("grading.jobs", 0..=1024)),
            grades_in_server: l.switch("grading.in_server"),
            policy: l.text("grading.policy", policy),
            skip_superseded: l.switch("grading.skip_superseded"),
            max_waiting: l.number("queue.max_waiting", 1..=10_000_000),
            retention: Keep {
                notebooks: days(l.number("retention.notebooks_days", 0..=36_500)),
                events: days(l.number("retention.events_days", 0..=36_500)),
            },
            lease: Duration::from_secs(l.number("grading.lease_s", 5..=3600)),
            drain: Duration::from_secs(l.number("grading.drain_s", 0..=3600)),
            limits,
            warm_memory_bytes,
            passback,
            environment_name: l.text("deployment.environment", |text| Ok::<_, Infallible>(text.to_owned())),
            gcp_project_id: l.text("deployment.gcp_project_id", |text| {
                Ok::<_, Infallible>((!text.is_empty()).then(|| text.to_owned()))
            }),
            log: Log { json: l.text("log.format", log_is_json), level: l.text("log.level", log_level) },
        };
        if config.skip_superseded && config.policy == GradePolicy::Best {
            l.error(
                "grading.skip_superseded cannot be true with grading.policy = \"best\": a submission that is skipped \
                 might have been the best one"
                    .into(),
            );
        }
        if !config.grades_in_server && !config.store.as_ref().is_some_and(Place::is_shared) {
            l.error(
                "grading.in_server = false needs a store that workers share: store.url = \"postgres://...\"; nobody else \
                 could grade what is in an SQLite file"
                    .into(),
            );
        }
        let (project, environment) = (config.gcp_project_id.as_deref(), &config.environment_name);
        config.store = config.store.map(|place| place.in_deployment(project, environment));
        let problems = layers.into_errors();
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::Invalid { problems }) }
    }
}

impl Config {
    /// Where submissions are kept.
    pub(crate) fn place(&self) -> Place {
        let own = || Place::Sqlite(self.data_dir.join("otter-service.sqlite"));
        self.store.clone().unwrap_or_else(own)
    }
}

/// The environment's variables. One that is not UTF-8 sets nothing of ours.
pub(crate) fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
        .collect()
}

impl Sources {
    /// A file, those options of the command (setting, name of the option, value) that were given, and the process's
    /// environment.
    pub(crate) fn given(
        file: Option<PathBuf>,
        options: &[(&'static str, &'static str, &Option<String>)],
    ) -> Self {
        let given = options.iter().filter_map(|(key, name, value)| Some((*key, *name, (*value).clone()?)));
        Self { file, options: given.collect(), variables: variables() }
    }

    /// No source at all: the defaults.
    pub(crate) fn default_only() -> Self {
        Self { file: Some("/dev/null".into()), ..Self::default() }
    }

    /// The variables that set something.
    pub(crate) fn variables_read(&self) -> Vec<&str> {
        let is_read = |name: &str| {
            (name.starts_with("OTTER_SERVICE_") && name != CONFIG_VARIABLE)
                || name == "VERBOSE_LOGGING"
                || PYTHON_SERVICE_VARIABLES.iter().any(|(variable, _)| *variable == name)
        };
        let set = self.variables.iter().filter(|(_, text)| !text.is_empty());
        set.map(|(name, _)| name.as_str()).filter(|name| is_read(name)).collect()
    }

    /// The configuration file, if there is one.
    pub(crate) fn file_to_read(&self) -> Option<PathBuf> {
        let named = self.file.clone().or_else(|| self.variables.get(CONFIG_VARIABLE).map(PathBuf::from));
        named.or_else(|| Some(PathBuf::from(CONFIG_FILE)).filter(|path| path.exists()))
    }
}

/// `HOST:PORT`, or the URL that JupyterHub hands to a service.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let address =
        text.strip_prefix("http://").map_or(text, |rest| rest.split('/').next().unwrap_or_default());
    let address = address.replace("localhost:", "127.0.0.1:");
    address.parse().map_err(|_| "it must be an IP address and a port, such as 127.0.0.1:10101".into())
}

fn prefix(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/@".contains(c);
    if !text.starts_with('/') || !text.ends_with('/') {
        return Err("it must start and end with `/`".into());
    }
    if !text.chars().all(allowed)
        || text.contains("//")
        || text.split('/').any(|part| part == "." || part == "..")
    {
        return Err("it must be a plain path, such as /services/otter_grade/".into());
    }
    if ["api", "healthz", "readyz"].contains(&text.split('/').nth(1).unwrap_or_default()) {
        return Err(
            "it must not begin with /api/, /healthz/ or /readyz/, which are served at the root as well"
                .into(),
        );
    }
    Ok(text.to_owned())
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("it must not be empty".into()) } else { Ok(Path::new(text).to_owned()) }
}

fn policy(text: &str) -> Result<GradePolicy, String> {
    match text {
        "latest" => Ok(GradePolicy::Latest),
        "best" => Ok(GradePolicy::Best),
        _ => Err("it must be `latest` or `best`".into()),
    }
}

fn jobs(number: u64) -> usize {
    match usize::try_from(number).unwrap_or(0) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
}

fn log_is_json(text: &str) -> Result<bool, String> {
    match text {
        "human" => Ok(false),
        "json" => Ok(true),
        _ => Err("it must be `human` or `json`".into()),
    }
}

fn log_level(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    let known = ["error", "warn", "info", "debug", "trace"].contains(&text.as_str());
    known.then_some(text).ok_or_else(|| "it must be error, warn, info, debug or trace".into())
}

/// Where submissions are kept. Empty: in the data folder.
fn store(text: &str) -> Result<Option<Place>, String> {
    (!text.is_empty()).then(|| text.parse()).transpose()
}

/// 0 days: for ever.
fn days(number: u64) -> Option<Duration> {
    (number > 0).then(|| Duration::from_hours(24 * number))
}
