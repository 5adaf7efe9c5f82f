//! `otter-service grade`: the engine without a server.

mod files;
mod grades_csv;
mod report_files;
mod table;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use grading::{Engine, EngineChoice, Limits, OtterEngine, Submitted, Supervisor, Work, gradescope};
use indicatif::{ProgressBar, ProgressStyle};
use materials::UnzipLimits;
use model::{Fault, Report, ReportStatus};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use crate::{commands::environment::default_root, config::Python, environment};

#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "shown as help, where backticks would be noise")]
pub(crate) struct Args {
    /// Notebooks (.ipynb), scripts (.py), zip files, or folders of such.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The assignment's autograder, made by `otter assign` or `otter generate`.
    #[arg(short, long, value_name = "ZIP")]
    autograder: PathBuf,
    /// Folder for final_grades.csv and one JSON report for each submission.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// How many to grade at a time; by default one for each core.
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// Which engine grades: `auto` or `otter`.
    #[arg(long, value_name = "ENGINE", default_value_t)]
    engine: EngineChoice,
    /// Grade with this interpreter's packages instead of building an environment.
    #[arg(long, value_name = "INTERPRETER")]
    python: Option<PathBuf>,
    /// Build the environment from this requirements.txt instead of the default one.
    #[arg(long, value_name = "FILE", conflicts_with = "python")]
    requirements: Option<PathBuf>,
    /// In folders, take the files with this ending.
    #[arg(long, value_name = "ENDING", default_value = "ipynb")]
    ext: String,
    /// Write Gradescope's results.json to this file. For one submission.
    #[arg(long, value_name = "FILE")]
    gradescope: Option<PathBuf>,
    /// Seconds that one submission may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Memory that one submission may use, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(256..))]
    memory: u64,
}

/// A submission and what became of it.
pub(crate) struct Graded {
    /// The file's name.
    name: String,
    outcome: Result<Report, Fault>,
}

impl Graded {
    fn was_graded(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|report| report.status != ReportStatus::Rejected)
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let submissions = files::find(&args.paths, &args.ext)?;
    if args.gradescope.is_some() && submissions.len() != 1 {
        bail!(
            "--gradescope writes one results.json, so it needs exactly one submission and not {}",
            submissions.len()
        );
    }
    let scratch = tempfile::Builder::new()
        .prefix("otter-grade-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711))
        .tempdir()
        .context("no temporary folder")?;
    let engine = prepare(&args, scratch.path()).await?;
    let autograder = unpack(&args.autograder, scratch.path()).context("the autograder cannot be unpacked")?;

    let jobs = args.jobs.or(std::thread::available_parallelism().ok()).map_or(1, usize::from);
    let bar = progress_bar(submissions.len())?;
    let grading = stream::iter(submissions)
        .map(|path| grade(Arc::clone(&engine), path, autograder.path().to_owned(), scratch.path(), &bar))
        .buffered(jobs)
        .collect::<Vec<_>>();
    let mut terminate = signal(SignalKind::terminate())?;
    let graded = tokio::select! {
        graded = grading => Some(graded),
        _ = tokio::signal::ctrl_c() => None,
        _ = terminate.recv() => None,
    };
    bar.finish_and_clear();
    let graded = graded.context("interrupted; nothing was written")?;

    report_files::write(&args.output, &graded)?;
    grades_csv::write(&args.output.join("final_grades.csv"), &graded)?;
    if let (Some(path), [only]) = (&args.gradescope, &graded[..]) {
        let results = only.outcome.as_ref().map_or_else(gradescope::failed, gradescope::results);
        std::fs::write(path, serde_json::to_vec_pretty(&results)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    println!("{}", table::of(&graded));
    Ok(if graded.iter().all(Graded::was_graded) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn prepare(args: &Args, scratch: &Path) -> anyhow::Result<Arc<dyn Engine>> {
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("{} cannot be used", args.output.display()))?;
    let supervisor = Supervisor::this_program();
    let python = Python {
        interpreter: args.python.clone(),
        requirements: args.requirements.clone(),
        base: "python3".into(),
    };
    let environment = environment::prepare(&python, &default_root(), &supervisor).await?;
    let time = Duration::from_secs(args.timeout);
    let limits = Limits { wall: time, cpu: time, memory_bytes: args.memory << 20, ..Limits::default() };
    match args.engine {
        EngineChoice::Auto | EngineChoice::Otter => {
            Ok(Arc::new(OtterEngine::new(environment, supervisor, limits, scratch.to_owned())))
        }
    }
}

fn unpack(zip: &Path, scratch: &Path) -> anyhow::Result<TempDir> {
    let file = std::fs::File::open(zip).with_context(|| zip.display().to_string())?;
    let into = tempfile::tempdir_in(scratch)?;
    materials::unzip(file, into.path(), &UnzipLimits::default())
        .with_context(|| zip.display().to_string())?;
    Ok(into)
}

async fn grade(
    engine: Arc<dyn Engine>,
    path: PathBuf,
    autograder: PathBuf,
    scratch: &Path,
    bar: &ProgressBar,
) -> Graded {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    bar.set_message(name.clone());
    let (submitted, _unpacked) = match submitted(&path, &name, scratch) {
        Ok(read) => read,
        Err(error) => {
            bar.inc(1);
            return Graded { name, outcome: Err(Fault::lasting(format!("{error:#}"))) };
        }
    };
    let outcome = engine.grade(&Work { submitted, autograder }, &mut |_| {}).await;
    bar.inc(1);
    Graded { name, outcome }
}

fn submitted(path: &Path, name: &str, scratch: &Path) -> anyhow::Result<(Submitted, Option<TempDir>)> {
    if path.extension().is_some_and(|ending| ending == "zip") {
        let unpacked = unpack(path, scratch)?;
        return Ok((Submitted::Folder(unpacked.path().to_owned()), Some(unpacked)));
    }
    let content = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok((Submitted::File { name: name.to_owned(), content }, None))
}

fn progress_bar(submissions: usize) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(submissions as u64);
    let style = ProgressStyle::with_template("{elapsed} [{bar:30}] {pos}/{len} {wide_msg}")?;
    bar.set_style(style.progress_chars("=> "));
    bar.enable_steady_tick(Duration::from_millis(250));
    Ok(bar)
}
