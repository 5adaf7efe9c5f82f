//! `otter-service grade`: the engine without a server.

mod files;
mod grades_csv;
mod output_files;
mod table;

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use grading::{Engine, EngineChoice, Limits, Submitted, Supervisor, WarmLimits, Work, gradescope};
use indicatif::{ProgressBar, ProgressStyle};
use materials::UnzipLimits;
use model::{Fault, Report};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use self::output_files::OutputFiles;
use crate::{
    commands::environment::default_root,
    config::Environments,
    engine::{Parts, engine},
    environment,
};

#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "shown as help, where backticks would be noise")]
pub(crate) struct Args {
    /// Notebooks (.ipynb), scripts (.py), zip files, or folders of such.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The assignment's autograder, made by `otter assign` or `otter generate`.
    #[arg(short, long, value_name = "ZIP")]
    autograder: PathBuf,
    /// Folder for final_grades.csv, one JSON report for each submission, and notebooks as they were run.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// How many to grade at a time; by default one for each core.
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// Which engine grades: `auto`, `warm` or `otter`.
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
    /// Seconds that one cell may take, with the warm engine.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    cell_timeout: u64,
    /// Memory that one submission may use, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(256..=1_048_576))]
    memory: u64,
}

/// A submission and what became of it.
pub(crate) struct Graded {
    /// The file's name, with as many of its folders as tell it from the others.
    name: String,
    outcome: Result<Report, Fault>,
}

impl Graded {
    fn was_graded(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|report| report.status.counts())
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = grade_all(&args) => done,
        _ = tokio::signal::ctrl_c() => bail!("interrupted; {} has the reports so far", args.output.display()),
        _ = terminate.recv() => bail!("interrupted; {} has the reports so far", args.output.display()),
    }
}

async fn grade_all(args: &Args) -> anyhow::Result<ExitCode> {
    let submissions = files::find(&args.paths, &args.ext)?;
    if args.gradescope.is_some() && submissions.len() != 1 {
        bail!(
            "--gradescope writes one results.json, so it needs exactly one submission and not {}",
            submissions.len()
        );
    }
    let everybody_may_pass = PermissionsExt::from_mode(0o711);
    let scratch = tempfile::Builder::new().prefix("otter-grade-").permissions(everybody_may_pass).tempdir();
    let scratch = scratch.context("no temporary folder")?;
    let autograder = unpack(&args.autograder, scratch.path()).context("the autograder cannot be unpacked")?;
    let engine = prepare(args, scratch.path()).await?;

    let jobs = args.jobs.or(std::thread::available_parallelism().ok()).map_or(1, usize::from);
    let bar = progress_bar(submissions.len())?;
    let names = files::names(&submissions);
    let files = OutputFiles::new(&args.output, &names);
    files.refuse_to_overwrite(&submissions)?;
    let mut grading = stream::iter(submissions.iter().zip(&names))
        .map(|(path, name)| grade(&*engine, path, name, autograder.path(), scratch.path(), &bar))
        .buffered(jobs);
    let mut graded = Vec::new();
    while let Some((one, executed)) = grading.next().await {
        files.write(graded.len(), &one, executed.as_deref())?;
        graded.push(one);
    }
    bar.finish_and_clear();

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
    let environments = Environments::only(args.python.clone(), args.requirements.clone(), "python3".into());
    let (environments, standard) =
        environment::prepare(&environments, &default_root(), scratch, &supervisor).await?;
    for weakness in environment::weaknesses(&standard) {
        eprintln!("otter-service: warning: {weakness}");
    }
    let time = Duration::from_secs(args.timeout);
    let limits = WarmLimits {
        all: Limits { wall: time, cpu: time, memory_bytes: args.memory << 20, ..Limits::default() },
        cell: Duration::from_secs(args.cell_timeout),
        ..WarmLimits::default()
    };
    let (scratch, warm) = (scratch.to_owned(), scratch.join("warm"));
    std::fs::create_dir(&warm)?;
    Ok(engine(
        args.engine,
        &Parts { environments, supervisor, limits, scratch, warm, warm_memory_bytes: u64::MAX },
    ))
}

fn unpack(zip: &Path, scratch: &Path) -> anyhow::Result<TempDir> {
    let file = std::fs::File::open(zip).with_context(|| zip.display().to_string())?;
    let into = tempfile::tempdir_in(scratch)?;
    materials::unzip(file, into.path(), &UnzipLimits::default())
        .with_context(|| zip.display().to_string())?;
    Ok(into)
}

/// Grades one submission, and gives its notebook as it was run where the engine keeps it.
async fn grade(
    engine: &dyn Engine,
    path: &Path,
    name: &str,
    autograder: &Path,
    scratch: &Path,
    bar: &ProgressBar,
) -> (Graded, Option<Vec<u8>>) {
    bar.set_message(name.to_owned());
    let graded = match submitted(path, scratch) {
        Ok((submitted, _unpacked)) => {
            // Unpacked once, into a folder whose name nothing else has.
            let revision = autograder.display().to_string();
            let work = Work {
                submitted,
                autograder: autograder.to_owned(),
                revision,
                environment: None,
                course: None,
            };
            engine.grade(&work, &mut |_| {}).await
        }
        Err(error) => Err(Fault::lasting(format!("{error:#}"))),
    };
    bar.inc(1);
    if bar.is_hidden() {
        eprintln!("{}/{} {name}", bar.position(), bar.length().unwrap_or_default());
    }
    let (outcome, executed) = match graded {
        Ok(grading::Graded { report, executed, .. }) => (Ok(report), executed),
        Err(fault) => (Err(fault), None),
    };
    (Graded { name: name.to_owned(), outcome }, executed)
}

fn submitted(path: &Path, scratch: &Path) -> anyhow::Result<(Submitted, Option<TempDir>)> {
    if path.extension().is_some_and(|ending| ending == "zip") {
        let unpacked = unpack(path, scratch)?;
        return Ok((Submitted::Folder(unpacked.path().to_owned()), Some(unpacked)));
    }
    let content = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((Submitted::File { name, content }, None))
}

fn progress_bar(submissions: usize) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(submissions as u64);
    let style = ProgressStyle::with_template("{elapsed} [{bar:30}] {pos}/{len} {wide_msg}")?;
    bar.set_style(style.progress_chars("=> "));
    bar.enable_steady_tick(Duration::from_millis(250));
    Ok(bar)
}
