//! `otter-service environment`.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Subcommand;
use grading::{EnvironmentInUse, Shelf, Shelved, Supervisor};
use materials::UnzipLimits;
use model::ambient::{Clock, SystemClock};

use super::tables;
use crate::{
    config::{Config, Environments, Sources},
    environment,
};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the environments that are built, the one used last first.
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Build an environment, unless it is there, and print its interpreter's path.
    Build {
        /// What to install; the packages of a data-science course and otter-grader 7 if not given.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "autograder"])]
        requirements: Option<PathBuf>,
        /// Build what this autograder asks for, as with `grading.environment = "autograder"`.
        #[arg(long, value_name = "ZIP", conflicts_with = "name")]
        autograder: Option<PathBuf>,
        /// The Python to build with.
        #[arg(long, value_name = "INTERPRETER", default_value = "python3", conflicts_with = "name")]
        base_python: PathBuf,
        /// Build this environment of the configuration (`[environments.NAME]`).
        #[arg(value_name = "NAME", requires = "config")]
        name: Option<String>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Remove environments that are not in use.
    Remove {
        /// As `environment list` shows them.
        #[arg(required_unless_present = "all", value_name = "ID")]
        ids: Vec<String>,
        /// All that are there.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        #[command(flatten)]
        folder: Folder,
    },
}

/// Which folder of environments is meant.
#[derive(clap::Args)]
pub(crate) struct Folder {
    /// The environments of the service with this configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that holds the environments; by default one in your cache folder.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    root: Option<PathBuf>,
}

impl Folder {
    fn path(&self) -> anyhow::Result<PathBuf> {
        Ok(match (&self.root, self.service()?) {
            (Some(root), _) => root.clone(),
            (None, Some(config)) => config.data_dir.join("environments"),
            (None, None) => default_root(),
        })
    }

    /// Makes a service's data folder as the service itself would: others may pass through, but not look around.
    fn make(&self) -> anyhow::Result<()> {
        let Some(config) = self.service()? else { return Ok(()) };
        if !config.data_dir.exists() {
            DirBuilder::new().recursive(true).mode(0o711).create(&config.data_dir)?;
        }
        Ok(())
    }

    /// The configuration of the service that is meant.
    fn service(&self) -> anyhow::Result<Option<Config>> {
        let Some(file) = self.config.clone() else { return Ok(None) };
        let sources = Sources::given(Some(file), &[]);
        Ok(Some(Config::load(&sources)?))
    }
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { folder } => list(&folder),
        Command::Remove { ids, all, folder } => remove(ids, all, &folder),
        Command::Build { requirements, autograder, base_python, name, folder } => {
            let from_command = Environments::only(None, requirements.clone(), base_python);
            let of_service = folder.service()?.map(|config| config.environments);
            let environments = match of_service {
                Some(of_service) if requirements.is_none() => of_service,
                _ => from_command,
            };
            let wanted = Wanted { name, autograder };
            folder.make()?;
            let built = wanted.build(environments, &folder.path()?).await?;
            println!("{}", built.python.display());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Which of the environments is to be built; by default the standard one.
struct Wanted {
    name: Option<String>,
    autograder: Option<PathBuf>,
}

impl Wanted {
    async fn build(&self, mut environments: Environments, root: &Path) -> anyhow::Result<EnvironmentInUse> {
        environments.from_autograder = self.autograder.is_some();
        let gradings = tempfile::Builder::new()
            .prefix("otter-environment-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711))
            .tempdir()?;
        let supervisor = Supervisor::this_program();
        let (all, progress) = environment::open(&environments, root, gradings.path(), &supervisor)?;
        let built = match (&self.name, &self.autograder) {
            (Some(name), _) => all
                .named(name)
                .await
                .with_context(|| format!("there is no section [environments.{name}] in the configuration"))?,
            (None, Some(zip)) => {
                let unpacked = tempfile::tempdir()?;
                let file = std::fs::File::open(zip).with_context(|| zip.display().to_string())?;
                materials::unzip(file, unpacked.path(), &UnzipLimits::default())
                    .with_context(|| zip.display().to_string())?;
                let submitted = grading::Submitted::File { name: "none.py".into(), content: Vec::new() };
                let (autograder, revision) = (unpacked.path().to_owned(), String::new());
                let (environment, course) = (None, None);
                all.of(&grading::Work { submitted, autograder, revision, environment, course }).await
            }
            (None, None) => all.standard().await,
        };
        progress.finish_and_clear();
        Ok(built?)
    }
}

fn list(folder: &Folder) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::at(folder.path()?);
    let shelved = shelf.list()?;
    if shelved.is_empty() {
        println!("There is no environment in {}.", shelf.root().display());
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = tables::empty(&["environment", "Python", "packages asked for", "MiB", "last used"], 3..4);
    for one in &shelved {
        table.add_row(row(one));
    }
    println!("{table}");
    let bytes: u64 = shelved.iter().map(|one| one.bytes).sum();
    println!("{} MiB in {}", bytes >> 20, shelf.root().display());
    Ok(ExitCode::SUCCESS)
}

fn row(one: &Shelved) -> [String; 5] {
    // `CPython 3.11.7 /usr`
    let python = one.base.split(' ').nth(1).unwrap_or(&one.base).to_owned();
    let used = if one.is_in_use { "in use".to_owned() } else { ago(one) };
    [one.id.clone(), python, one.requirements.join(", "), (one.bytes >> 20).to_string(), used]
}

fn ago(one: &Shelved) -> String {
    let now = std::time::SystemTime::from(SystemClock.now());
    let hours = now.duration_since(one.last_used).unwrap_or_default().as_secs() / 3600;
    match hours {
        0 => "within an hour".into(),
        1..=47 => format!("{hours} h ago"),
        _ => format!("{} days ago", hours / 24),
    }
}

fn remove(mut ids: Vec<String>, all: bool, folder: &Folder) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::at(folder.path()?);
    if all {
        ids = shelf.list()?.into_iter().map(|one| one.id).collect();
    }
    let mut failed = Vec::new();
    for id in ids {
        match shelf.remove(&id) {
            Ok(()) => println!("removed {id}"),
            Err(error) => failed.push(error.to_string()),
        }
    }
    if failed.is_empty() { Ok(ExitCode::SUCCESS) } else { bail!(failed.join("\notter-service: ")) }
}

/// Where environments are kept when no service's configuration says so.
pub(crate) fn default_root() -> PathBuf {
    environment::cache_dir().join("environments")
}
