//! `otter-service serve`: the service on one machine, with everything embedded.

mod data_dir;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use grading::{Engine, Supervisor};
use materials::FolderMaterials;
use model::{
    NotebookLimits,
    ambient::{Clock, Entropy, SystemClock, SystemEntropy},
};
use server::{App, News, Settings, WorkSettings, Workers};
use store::{SqliteStore, Store, WorkerId};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use self::data_dir::DataDir;
use crate::{
    config::{self, Config, Sources},
    engine::{Parts, engine},
    environment, logging,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file; `otter-service config default` shows one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on (`server.listen`).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Folder of the database and keys (`data.dir`).
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Folder with course-config.json and the autograders (`materials.dir`).
    #[arg(long, value_name = "DIR")]
    materials: Option<String>,
    /// Grade with this interpreter's packages (`environment.python`).
    #[arg(long, value_name = "INTERPRETER")]
    python: Option<String>,
    /// Listen on more than loopback although there is no sign-in: whoever reaches the port is the one configured user.
    #[arg(long)]
    insecure_single_user: bool,
}

impl Args {
    fn sources(&self) -> Sources {
        let options = [
            ("server.listen", "--listen", &self.listen),
            ("data.dir", "--data", &self.data),
            ("materials.dir", "--materials", &self.materials),
            ("environment.python", "--python", &self.python),
        ];
        let given = options.into_iter().filter_map(|(key, name, value)| Some((key, name, value.clone()?)));
        Sources { file: self.config.clone(), options: given.collect(), variables: config::variables() }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.sources())?;
    logging::start(&config.log);
    refuse_to_be_open(config.listen, args.insecure_single_user)?;
    let mut signals = Signals::new()?;

    let data = DataDir::open(&config.data_dir)?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let receipt_key = data.receipt_key(&*entropy)?;
    let materials = FolderMaterials::open(config.materials_dir.clone(), data.materials_cache())?;
    let (supervisor, root, gradings) = (Supervisor::this_program(), data.environments(), data.gradings());
    let (environments, standard) = tokio::select! {
        prepared = environment::prepare(&config.environments, &root, &gradings, &supervisor) => prepared?,
        () = signals.stop() => return Ok(ExitCode::SUCCESS),
    };
    tracing::info!(
        python = %standard.python.display(), version = standard.python_version, otter = standard.otter_version,
        "Python environment ready"
    );
    for weakness in environment::weaknesses(&standard) {
        tracing::warn!("{weakness}");
    }
    warn_of_what_is_not_there_yet(&config);
    let (limits, warm_memory_bytes) = (config.limits, config.warm_memory_bytes);
    let (scratch, warm) = (data.gradings(), data.warm());
    let parts = Parts { environments, supervisor, limits, scratch, warm, warm_memory_bytes };
    let engine = engine(config.engine, &parts);

    let store = Arc::new(SqliteStore::open(&data.database()).await?);
    let worker = worker_id(&*entropy);
    // Nobody else uses this folder, so whoever held a lease is gone.
    let released = store.release_abandoned(&|_| true, clock.now()).await?;
    if released > 0 {
        tracing::info!(released, "gradings that an earlier run left unfinished begin anew");
    }
    let app = Arc::new(App {
        store: Arc::clone(&store) as Arc<dyn Store>,
        materials: Arc::new(materials),
        receipt_key,
        clock,
        entropy,
        news: News::default(),
        stopping: CancellationToken::new(),
        closing: CancellationToken::new(),
        settings: Settings {
            prefix: config.prefix.clone(),
            max_submission_bytes: config.max_submission_bytes,
            notebook_limits: NotebookLimits::default(),
            single_user: config.single_user.clone(),
        },
    });
    serve(&app, &engine, &worker, &config, data.gradings(), signals).await?;
    store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Serves and grades until a signal comes, then lets what runs end.
async fn serve(
    app: &Arc<App>,
    engine: &Arc<dyn Engine>,
    worker: &WorkerId,
    config: &Config,
    scratch: PathBuf,
    mut signals: Signals,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is another otter-service running?", config.listen))?;
    let address = listener.local_addr()?;
    let work = WorkSettings {
        jobs: config.jobs,
        lease: config.lease,
        drain: config.drain,
        policy: config.policy,
        scratch,
    };
    let workers = Workers::start(app, engine, worker, &work);
    tracing::info!(
        url = format!("http://{address}{}", config.prefix), user = %config.single_user, jobs = config.jobs,
        engine = engine.name(), deployment = config.environment_name, post_grade = config.post_grade,
        "otter-service is ready"
    );
    let closing = app.closing.clone();
    let server = axum::serve(listener, server::router(Arc::clone(app)))
        .with_graceful_shutdown(async move { closing.cancelled().await });
    let serving = tokio::spawn(server.into_future());
    signals.stop().await;
    tracing::info!(
        "stopping: no further gradings begin, running ones have {} s to end",
        config.drain.as_secs()
    );
    app.stopping.cancel();
    tokio::select! {
        () = async { workers.ended().await; } => {}
        () = signals.stop() => tracing::warn!("told to stop again: running gradings are given up and begin anew after the next start"),
    }
    app.closing.cancel();
    // Requests are short and streams have ended; a client that never finishes its request is not waited for.
    tokio::time::timeout(std::time::Duration::from_secs(5), serving).await.ok();
    Ok(())
}

fn refuse_to_be_open(listen: SocketAddr, insecure: bool) -> anyhow::Result<()> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    if !insecure {
        bail!(
            "refusing to listen on {listen}: there is no sign-in yet, so everybody who reaches that address could submit \
             and read as the one configured user. Listen on 127.0.0.1, or say --insecure-single-user if that is what you want"
        );
    }
    tracing::warn!(%listen, "INSECURE: everybody who reaches this address is the one configured user");
    Ok(())
}

/// A name that no other process has or will have.
fn worker_id(entropy: &dyn Entropy) -> WorkerId {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut random = [0; 4];
    entropy.fill(&mut random);
    WorkerId(format!("{}/{}/{:08x}", host.trim(), std::process::id(), u32::from_be_bytes(random)).into())
}

/// Settings that are understood and do nothing in this version must not be believed to work.
fn warn_of_what_is_not_there_yet(config: &Config) {
    if config.post_grade {
        tracing::warn!(
            "passback.post_grade (POST_GRADE) is on, but this version posts no grades: they are kept, and shown here"
        );
    }
    if config.gcp_project_id.is_some() {
        tracing::warn!(
            "deployment.gcp_project_id (GCP_PROJECT_ID) is set, but this version keeps everything in SQLite, not in Firestore"
        );
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Returns when one of them comes.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
