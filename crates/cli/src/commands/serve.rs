//! `otter-service serve`: accepts notebooks and shows grades; grades, too, unless workers do.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::bail;
use model::{
    NotebookLimits,
    ambient::{Clock, SystemClock, SystemEntropy},
};
use server::{App, Intake, Janitor, Pressure, Settings, Turnstile, WayIn, Workshop};
use store::WorkerId;

use crate::{
    config::{Config, Sources, Way},
    logging,
    place::Place,
    secrets::SecretName,
    service::{
        DataDir, Grader, Identity, Kept, Listening, Signals, door, drain, heart, open_materials, rules,
        start_courier, tool_keys, warn_of_open_secrets, watch_materials,
    },
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
    /// Listen on more than loopback although everybody is the one configured user (`identity.mode`).
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
        Sources::given(self.config.clone(), &options)
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.sources())?;
    logging::start(&config.log);
    warn_of_open_secrets(&config.secrets);
    refuse_to_be_open(&config, args.insecure_single_user)?;
    warn_of_trust(&config);
    let mut signals = Signals::new()?;

    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let identity = Identity::new(&*entropy);
    let data = DataDir::open(&config.data_dir)?;
    let receipt_key = data.receipt_key(&*entropy)?;
    let now: Arc<dyn Clock> = clock.clone();
    let door = door(&config, &data, &now, &*entropy)?;
    let listening = Listening::start(config.listen, &config.prefix).await?;
    let materials = open_materials(&config, &data.materials_cache(), &now)?;
    let scratch = data.scratch()?;
    let mut grader = None;
    if config.grades_in_server {
        grader = Grader::prepare(&config, &data, scratch, &mut signals).await?;
        if grader.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
    let place = config.place();
    warn_of_what_is_not_there_yet(&config, &place);
    let Some(kept) = Kept::wait_for(&place, &mut signals).await? else { return Ok(ExitCode::SUCCESS) };
    let workshop =
        Arc::new(Workshop::new(Arc::clone(&kept.store), materials, rules(&config), clock, entropy));
    kept.release_abandoned(&identity, workshop.clock.now()).await?;
    let Some(watching) = watch_materials(&workshop, &config, &mut signals).await else {
        return Ok(ExitCode::SUCCESS);
    };
    let keys = tool_keys(&config)?;
    let hub = match &door.way_in {
        WayIn::Hub(hub) => Some(Arc::clone(hub)),
        _ => None,
    };
    let courier = start_courier(&config, hub, keys.as_ref(), &workshop, &identity.id())?;
    let app = Arc::new(App {
        workshop,
        tool_keys: keys,
        receipt_key,
        intake: Intake::of(config.max_submission_bytes),
        pressure: Pressure::new(config.max_waiting),
        door,
        turnstile: Turnstile::default(),
        closing: listening.closing.clone(),
        settings: Settings {
            prefix: config.prefix.clone(),
            max_submission_bytes: config.max_submission_bytes,
            notebook_limits: NotebookLimits::default(),
            frame_ancestors: config.identity.frame_ancestors.clone(),
            skip_superseded: config.skip_superseded,
            webhook_secret: config.secrets.get(SecretName::GitHubWebhookSecret)?,
        },
    });
    serve(&app, listening, grader.as_ref(), &identity.id(), &config, signals).await;
    if let Some(courier) = courier {
        courier.ended().await;
    }
    watching.await.ok();
    kept.store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Serves, and grades with what there is for it, until a signal comes; then lets what runs end.
async fn serve(
    app: &Arc<App>,
    listening: Listening,
    grader: Option<&Grader>,
    me: &WorkerId,
    config: &Config,
    mut signals: Signals,
) {
    let jobs = if grader.is_some() { config.jobs } else { 0 };
    let heart = heart(&app.workshop, me, jobs);
    let janitor = Janitor::start(&app.workshop, config.retention);
    let workers = grader.map(|grader| grader.start(&app.workshop, me));
    listening.front.open(server::router(Arc::clone(app)));
    tracing::info!(
        url = format!("http://{}{}", listening.address, config.prefix), sign_in = %config.identity.way,
        worker = %me.0, store = %config.place(), jobs, engine = grader.map(|grader| grader.engine.name()),
        deployment = config.environment_name, post_grade = config.passback.post_grade, "otter-service is ready"
    );
    signals.stop().await;
    drain(&app.workshop, workers, config, &mut signals).await;
    janitor.end();
    listening.close().await;
    heart.end().await;
}

fn refuse_to_be_open(config: &Config, insecure: bool) -> anyhow::Result<()> {
    let listen = config.listen;
    if listen.ip().is_loopback() || !matches!(config.identity.way, Way::SingleUser(_)) {
        return Ok(());
    }
    if !insecure {
        bail!(
            "refusing to listen on {listen}: there is no sign-in (identity.mode), so everybody who reaches that address \
             could submit and read as the one configured user. Listen on 127.0.0.1, set up a sign-in \
             (docs/how-to/run-alone.md), or say --insecure-single-user if that is what you want"
        );
    }
    tracing::warn!(%listen, "INSECURE: everybody who reaches this address is the one configured user");
    Ok(())
}

/// What is only as safe as the proxy before the service.
fn warn_of_trust(config: &Config) {
    if config.identity.trust_client_header {
        tracing::warn!(
            "INSECURE: identity.trust_client_header is on. Whoever can send the header X-Otter-User through one of \
             server.trusted_proxies is whom it names; the proxy must take it from everybody and write it itself"
        );
    }
}

/// Settings that are understood and do nothing in this version must not be believed to work.
fn warn_of_what_is_not_there_yet(config: &Config, place: &Place) {
    if config.gcp_project_id.is_some() && !matches!(place, Place::Firestore(_)) {
        tracing::warn!(
            "deployment.gcp_project_id (GCP_PROJECT_ID) is set, but store.url names no Firestore: everything is kept in {place}"
        );
    }
}
