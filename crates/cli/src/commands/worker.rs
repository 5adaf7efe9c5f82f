//! `otter-service worker`: grades for a store that it shares with others, and serves nothing.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::bail;
use model::ambient::{Clock, SystemClock, SystemEntropy};
use server::Workshop;

use crate::{
    config::{Config, Sources},
    logging,
    service::{
        DataDir, Grader, Identity, Kept, Signals, drain, heart, open_materials, rules, warn_of_open_secrets,
        watch_materials,
    },
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file; `otter-service config default` shows one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for environments and temporary files (`data.dir`); several workers and a service may share it.
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Folder with course-config.json and the autograders (`materials.dir`).
    #[arg(long, value_name = "DIR")]
    materials: Option<String>,
    /// Grade with this interpreter's packages (`environment.python`).
    #[arg(long, value_name = "INTERPRETER")]
    python: Option<String>,
    /// How many notebooks to grade at a time; 0: one for each core (`grading.jobs`).
    #[arg(long, value_name = "N")]
    jobs: Option<String>,
}

impl Args {
    fn sources(&self) -> Sources {
        let options = [
            ("data.dir", "--data", &self.data),
            ("materials.dir", "--materials", &self.materials),
            ("environment.python", "--python", &self.python),
            ("grading.jobs", "--jobs", &self.jobs),
        ];
        Sources::given(self.config.clone(), &options)
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.sources())?;
    let place = config.place();
    if !place.is_shared() {
        bail!(
            "a worker needs a store that it shares with the service, and {place} belongs to one process alone. Name a \
             PostgreSQL database or Firestore in store.url, or let `otter-service serve` grade by itself, as it does by default"
        );
    }
    logging::start(&config.log);
    warn_of_open_secrets(&config.secrets);
    let mut signals = Signals::new()?;

    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let identity = Identity::new(&*entropy);
    let me = identity.id();
    let data = DataDir::share(&config.data_dir)?;
    let now: Arc<dyn Clock> = clock.clone();
    let materials = open_materials(&config, &data.materials_cache(), &now)?;
    let Some(kept) = Kept::wait_for(&place, &mut signals).await? else { return Ok(ExitCode::SUCCESS) };
    let scratch = data.scratch_of_worker(&identity.folder())?;
    let Some(grader) = Grader::prepare(&config, &data, scratch, &mut signals).await? else {
        return Ok(ExitCode::SUCCESS);
    };
    let workshop =
        Arc::new(Workshop::new(Arc::clone(&kept.store), materials, rules(&config), clock, entropy));
    kept.release_abandoned(&identity, workshop.clock.now()).await?;
    let Some(watching) = watch_materials(&workshop, &config, &mut signals).await else {
        return Ok(ExitCode::SUCCESS);
    };

    let heart = heart(&workshop, &me, config.jobs);
    let workers = grader.start(&workshop, &me);
    tracing::info!(
        worker = %me.0, store = %place, jobs = config.jobs, engine = grader.engine.name(),
        deliveries = ?config.passback.delivery,
        "otter-service worker is ready"
    );
    signals.stop().await;
    drain(&workshop, Some(workers), &config, &mut signals).await;
    heart.end().await;
    watching.await.ok();
    kept.store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
