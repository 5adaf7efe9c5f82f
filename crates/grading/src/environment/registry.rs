//! Which environment an autograder gets: found, built or looked at once, and kept as long as it is in use.

use std::{
    collections::HashMap,
    fs::File,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::Fault;
use sandbox::Supervisor;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::time::Instant;

use crate::engine::Work;

use super::{
    Environment,
    build::{BuildError, Builder, hex},
    plan::{EnvironmentPlan, Recipe},
    probe::{ProbeError, probe},
    python,
    requirements::{Asked, RequirementsError},
    shelf::Shelf,
    trial::{Preload, Trial},
};

/// As the name of an environment: the one that the autograder asks for itself.
pub(crate) const AUTOGRADER: &str = "autograder";

/// A failure is not tried again before so much time has passed.
const FAILED_FOR: Duration = Duration::from_mins(10);

/// All environments of a service. Cheap to clone.
#[derive(Clone)]
pub struct Environments {
    inner: Arc<Inner>,
}

struct Inner {
    plan: EnvironmentPlan,
    shelf: Shelf,
    supervisor: Supervisor,
    gradings: PathBuf,
    on_line: Box<dyn Fn(&str) + Send + Sync>,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

/// The place of one environment. Locked while it is made ready, so that this happens once.
type Slot = tokio::sync::Mutex<State>;

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    Ready(EnvironmentInUse),
    Failed(EnvironmentError, Instant),
}

/// An environment that stays as long as this is held.
#[derive(Debug, Clone)]
pub struct EnvironmentInUse {
    kept: Arc<Kept>,
}

#[derive(Debug)]
struct Kept {
    environment: Environment,
    _in_use: Option<File>,
}

impl Deref for EnvironmentInUse {
    type Target = Environment;

    fn deref(&self) -> &Environment {
        &self.kept.environment
    }
}

/// Why there is no environment.
#[derive(Debug, Clone, Error)]
pub enum EnvironmentError {
    /// What the autograder asks for cannot be had.
    #[error(transparent)]
    Asked(Arc<RequirementsError>),
    /// It could not be built.
    #[error(transparent)]
    Build(Arc<BuildError>),
    /// The materials name one that the service does not have.
    #[error(
        "the course's materials ask for the environment {name:?}, and the service has none of this name: add [environments.{name}] to its configuration, or correct course-config.json or the courses file"
    )]
    Unknown {
        /// As the materials name it.
        name: String,
    },
    /// It cannot grade.
    #[error(transparent)]
    Probe(Arc<ProbeError>),
}

impl From<EnvironmentError> for Fault {
    fn from(error: EnvironmentError) -> Self {
        let is_passing =
            matches!(&error, EnvironmentError::Build(why) if matches!(**why, BuildError::Folder { .. }));
        let message = format!("there is no Python environment for this autograder: {error}");
        if is_passing { Self::passing(message) } else { Self::lasting(message) }
    }
}

impl Environments {
    /// Environments as planned, for gradings in temporary folders inside `gradings`. `on_line` is told how builds go.
    pub fn new(
        plan: EnvironmentPlan,
        supervisor: Supervisor,
        gradings: PathBuf,
        on_line: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let shelf = Shelf::at(plan.root.clone());
        let (on_line, slots) = (Box::new(on_line), Mutex::default());
        Self { inner: Arc::new(Inner { plan, shelf, supervisor, gradings, on_line, slots }) }
    }

    /// The one that is used where nothing else is said.
    pub async fn standard(&self) -> Result<EnvironmentInUse, EnvironmentError> {
        self.ready(self.inner.plan.standard.clone()).await
    }

    /// The one of this name in the configuration; `None` if there is none.
    pub async fn named(&self, name: &str) -> Option<Result<EnvironmentInUse, EnvironmentError>> {
        let recipe = self.inner.plan.named.get(name)?.recipe.clone();
        Some(self.ready(recipe).await)
    }

    /// Whether the standard one, or the one of this name, is there already: nothing has to be built.
    pub async fn is_there(&self, name: Option<&str>) -> bool {
        let plan = &self.inner.plan;
        let recipe = match name {
            None => Some(&plan.standard),
            Some(name) => plan.named.get(name).map(|named| &named.recipe),
        };
        match recipe {
            None => false,
            Some(Recipe::Interpreter(_)) => true,
            Some(Recipe::Build { requirements, base_python, may_run_code }) => {
                let builder = self.inner.builder(base_python, *may_run_code);
                builder.is_built(requirements).await
            }
        }
    }

    /// The one for a submission's autograder, built if it is not there yet: the one that the materials name, else the
    /// one of the course, else the standard one or, where the operator wants that, the one that the autograder asks for.
    ///
    /// The same one is built once, however many ask; others are not held up. A failure is remembered for ten minutes.
    /// Dropping the future does not end the build.
    pub async fn of(&self, work: &Work) -> Result<EnvironmentInUse, EnvironmentError> {
        let plan = &self.inner.plan;
        let is_own = match &work.environment {
            Some(name) if name == AUTOGRADER => true,
            Some(name) => {
                let unknown = || EnvironmentError::Unknown { name: name.clone() };
                return self.named(name).await.ok_or_else(unknown)?;
            }
            None => match work.course.as_ref().and_then(|course| plan.of_course(course)) {
                Some(recipe) => return self.ready(recipe.clone()).await,
                None => plan.from_autograder,
            },
        };
        if is_own && let Some(asked) = Asked::by(&work.autograder).map_err(asked)? {
            return self.ready(self.recipe(asked).await?).await;
        }
        self.standard().await
    }

    async fn recipe(&self, asked_for: Asked) -> Result<Recipe, EnvironmentError> {
        if !asked_for.left_out.is_empty() {
            tracing::warn!(
                packages = asked_for.left_out.join(", "),
                "an autograder asks for what pip does not have"
            );
        }
        let base_python =
            python::of_version(&asked_for.python, &self.inner.plan.base_python).await.map_err(asked)?;
        let requirements = asked_for.requirements.join("\n") + "\n";
        Ok(Recipe::Build { requirements, base_python, may_run_code: false })
    }

    async fn ready(&self, recipe: Recipe) -> Result<EnvironmentInUse, EnvironmentError> {
        let slot = {
            let mut slots = self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(format!("{recipe:?}")).or_default())
        };
        if let Ok(state) = slot.try_lock()
            && let State::Ready(environment) = &*state
        {
            return Ok(environment.clone());
        }
        let inner = Arc::clone(&self.inner);
        // A task of its own: whoever waits may go away, and the build goes on for the next.
        let made = tokio::spawn(async move {
            let mut state = slot.lock().await;
            match &*state {
                State::Ready(environment) => return Ok(environment.clone()),
                State::Failed(error, when) if when.elapsed() < FAILED_FOR => return Err(error.clone()),
                State::Unknown | State::Failed(..) => {}
            }
            let made = inner.make(&recipe).await;
            match &made {
                Ok(it) => {
                    tracing::info!(environment = it.id, python = %it.python.display(), "a Python environment is ready");
                }
                Err(error) => tracing::error!(%error, "a Python environment cannot be used"),
            }
            *state = match &made {
                Ok(environment) => State::Ready(environment.clone()),
                Err(error) => State::Failed(error.clone(), Instant::now()),
            };
            drop(state);
            inner.make_room().await;
            made
        });
        made.await.unwrap_or_else(|error| {
            Err(build(BuildError::Step { step: "build".into(), said: error.to_string() }))
        })
    }
}

impl Inner {
    async fn make(&self, recipe: &Recipe) -> Result<EnvironmentInUse, EnvironmentError> {
        let (id, python, in_use) = match recipe {
            Recipe::Interpreter(python) => (None, python.clone(), None),
            Recipe::Build { requirements, base_python, may_run_code } => {
                let builder = self.builder(base_python, *may_run_code);
                let built =
                    builder.build(requirements, &mut |line| (self.on_line)(line)).await.map_err(build)?;
                (Some(built.id), built.python, Some(built.in_use))
            }
        };
        let looked = probe(&python, &self.supervisor, &self.gradings).await;
        let found = looked.map_err(|error| EnvironmentError::Probe(Arc::new(error)))?;
        // Another interpreter, or another package in it, is another environment.
        let of_place = || hex(&Sha256::digest(format!("{} {}", python.display(), found.told.installed))[..8]);
        let id = id.unwrap_or_else(of_place);
        let (supervisor, gradings) = (&self.supervisor, self.gradings.as_path());
        let folders = found.told.outermost_folders();
        let trial =
            Trial { id: &id, python: &python, supervisor, gradings, user: found.user, folders: &folders };
        let lists = self.shelf.preloads();
        let preload = trial.result(&lists, &*self.on_line).await.unwrap_or_else(|error| {
            tracing::warn!(environment = id, %error, "it could not be found out which modules can be imported beforehand");
            Preload::none(&lists)
        });
        let environment = Environment {
            id,
            python_version: found.told.python,
            otter_version: found.otter_version,
            prefix: found.told.prefix,
            base_prefix: found.told.base_prefix,
            folders,
            preload,
            can_run_as_others: found.user.is_some(),
            isolation: found.isolation,
            python,
        };
        Ok(EnvironmentInUse { kept: Arc::new(Kept { environment, _in_use: in_use }) })
    }

    fn builder(&self, base_python: &Path, may_run_code: bool) -> Builder {
        Builder { shelf: self.shelf.clone(), base_python: base_python.to_owned(), may_run_code }
    }

    /// Lets go of what nobody uses, and removes what there is no room for.
    async fn make_room(&self) {
        let (built, max_bytes) = (self.shelf.clone(), self.plan.max_bytes);
        let taken = built.list().map(|all| all.iter().map(|one| one.bytes).sum::<u64>());
        if taken.is_ok_and(|bytes| bytes <= max_bytes) {
            return;
        }
        let slots: Vec<_> =
            self.slots.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for slot in slots {
            if let Ok(mut state) = slot.try_lock()
                && matches!(&*state, State::Ready(environment) if Arc::strong_count(&environment.kept) == 1)
            {
                *state = State::Unknown;
            }
        }
        match tokio::task::spawn_blocking(move || built.make_room(max_bytes)).await {
            Ok(Ok(removed)) => {
                for one in removed {
                    tracing::info!(
                        environment = one.id,
                        bytes = one.bytes,
                        "an environment not used for long was removed"
                    );
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "there is no room for all environments"),
            Err(error) => tracing::warn!(%error, "there is no room for all environments"),
        }
    }
}

fn asked(error: RequirementsError) -> EnvironmentError {
    EnvironmentError::Asked(Arc::new(error))
}

fn build(error: BuildError) -> EnvironmentError {
    EnvironmentError::Build(Arc::new(error))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, io::Write, os::unix::fs::PermissionsExt};

    use super::{super::plan::Named, *};
    use crate::engine::Submitted;

    /// A Python that knows its version, and can do nothing else: neither `venv` nor uv gets anywhere with it.
    const PYTHON: &str =
        "#!/bin/sh\ncase \"$*\" in\n*version*) echo CPython 3.11.0 /x;;\n*) sleep 0.3; exit 1;;\nesac\n";

    fn environments(dir: &Path) -> Environments {
        let (python, log) = (dir.join("python"), dir.join("log"));
        fs::write(&python, PYTHON).unwrap();
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        let recipe = |requirements: &str| Recipe::Build {
            requirements: requirements.into(),
            base_python: python.clone(),
            may_run_code: true,
        };
        let named =
            Named { recipe: Recipe::Interpreter("/no/such/python".into()), courses: vec!["8x".into()] };
        let plan = EnvironmentPlan {
            root: dir.join("environments"),
            standard: recipe("numpy"),
            named: BTreeMap::from([("data8".into(), named)]),
            from_autograder: true,
            base_python: python.clone(),
            max_bytes: u64::MAX,
        };
        let tell = move |line: &str| {
            let mut log = File::options().create(true).append(true).open(&log).unwrap();
            writeln!(log, "{line}").unwrap();
        };
        Environments::new(plan, Supervisor::at("/bin/false"), dir.to_owned(), tell)
    }

    fn work(autograder: &Path, environment: Option<&str>, course: Option<&str>) -> Work {
        Work {
            submitted: Submitted::Folder("/none".into()),
            autograder: autograder.to_owned(),
            revision: String::new(),
            environment: environment.map(Into::into),
            course: course.map(Into::into),
        }
    }

    #[tokio::test]
    async fn a_build_that_fails_is_tried_once_however_many_ask() {
        let dir = tempfile::tempdir().unwrap();
        let environments = environments(dir.path());
        let (one, two) = tokio::join!(environments.standard(), environments.standard());
        let again = environments.of(&work(dir.path(), None, None)).await;
        for failed in [one, two, again] {
            let fault = Fault::from(failed.unwrap_err());
            assert!(!fault.retry && fault.message.contains("venv"), "{fault}");
        }
        let log = dir.path().join("log");
        let builds = || fs::read_to_string(&log).unwrap().matches("building the Python environment").count();
        assert_eq!(builds(), 1);
        assert!(!environments.is_there(None).await);

        // Another one is not concerned.
        fs::write(dir.path().join("requirements.txt"), "pandas").unwrap();
        environments.of(&work(dir.path(), None, Some("88e"))).await.unwrap_err();
        assert_eq!(builds(), 2);
    }

    #[tokio::test]
    async fn a_course_with_an_environment_of_its_own_gets_that() {
        let dir = tempfile::tempdir().unwrap();
        let environments = environments(dir.path());
        for (environment, course) in [(None, Some("8x")), (Some("data8"), None), (Some("data8"), Some("88e"))]
        {
            let error =
                environments.of(&work(dir.path(), environment, course)).await.unwrap_err().to_string();
            assert!(error.contains("/no/such/python"), "{error}");
        }
        let fault = Fault::from(environments.of(&work(dir.path(), Some("r"), None)).await.unwrap_err());
        assert!(!fault.retry && fault.message.contains("[environments.r]"), "{fault}");
        assert!(environments.named("other").await.is_none());
        assert!(!dir.path().join("log").exists());
    }

    #[tokio::test]
    async fn an_autograder_that_asks_for_the_impossible_is_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        let environments = environments(dir.path());
        fs::write(dir.path().join("requirements.txt"), "git+https://example.org/x").unwrap();
        let fault = Fault::from(environments.of(&work(dir.path(), None, None)).await.unwrap_err());
        // Also for one course or assignment only.
        let own = environments.of(&work(dir.path(), Some(AUTOGRADER), Some("8x"))).await;
        assert!(matches!(own.unwrap_err(), EnvironmentError::Asked(_)));
        assert!(!fault.retry && fault.message.contains("[environments.NAME]"), "{fault}");
    }
}
