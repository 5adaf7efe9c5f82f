//! `otter-service check`: what an instructor wants to know before students do.
//!
//! ```text
//! subject.rs, zips.rs      the folder or the course: course-config.json and its zips
//! look.rs                  one assignment: unpacks it, has it read in the jail, grades notebooks
//! bundle.rs, tells.rs, support_files.rs     what its tests and files show
//! notebooks.rs, source.rs, trial.rs         what its notebooks show, read and run
//! finding.rs, outcome.rs ──▶ human.rs, json.rs, github.rs
//! ```

mod bundle;
mod engines;
mod finding;
mod github;
mod human;
mod json;
mod look;
mod notebooks;
mod outcome;
mod source;
mod subject;
mod support_files;
mod tells;
mod trial;
mod zips;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    finding::Finding,
    human::Paint,
    look::{Looker, Read},
    notebooks::{Kind, Notebook, Places},
    outcome::{Outcome, Sheet},
    subject::Subject,
};
use crate::config::{Config, Sources};

/// The version of the JSON format.
const FORMAT: u32 = 1;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder with course-config.json and its zips, or the name of a course of the configured service.
    #[arg(value_name = "DIR|COURSE")]
    subject: PathBuf,
    /// The configuration file, as for `serve`: for a course; and for a folder, its environments and limits.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Look at this assignment only; may be given several times.
    #[arg(long, value_name = "NAME")]
    assignment: Vec<String>,
    /// Look for notebooks here instead of in DIR. Those in folders `autograder` or `solutions` are taken for solutions,
    /// those in `student` or `students` for what is handed out.
    #[arg(long, value_name = "DIR")]
    notebooks: Option<PathBuf>,
    /// Take every notebook in this folder for a solution.
    #[arg(long, value_name = "DIR")]
    solutions: Option<PathBuf>,
    /// Take every notebook in this folder for what is handed out to students.
    #[arg(long, value_name = "DIR")]
    students: Option<PathBuf>,
    /// Run no notebooks.
    #[arg(long)]
    no_run: bool,
    /// How to print what is found: `human`, `json`, or `github` for annotations in GitHub Actions.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// End with exit code 1 for warnings, too.
    #[arg(long)]
    strict: bool,
    /// How many assignments to look at at a time; by default one for each core.
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Grade with this interpreter's packages instead of building an environment.
    #[arg(long, value_name = "INTERPRETER")]
    python: Option<PathBuf>,
    /// Build the environment from this requirements.txt instead of the default one.
    #[arg(long, value_name = "FILE", conflicts_with = "python")]
    requirements: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    // Ended from outside, it takes its temporary folders along.
    tokio::select! {
        done = check(&args) => done,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("interrupted"),
    }
}

async fn check(args: &Args) -> anyhow::Result<ExitCode> {
    let scratch = engines::scratch()?;
    let config = configuration(args)?;
    let mut subject = subject(args, &config, scratch.path()).await?;
    subject.only(&args.assignment)?;
    let places = Places {
        mixed: args.notebooks.clone().or_else(|| subject.root.clone().filter(|_| !has_places(args))),
        solutions: args.solutions.clone(),
        students: args.students.clone(),
    };
    let notebooks = tokio::task::spawn_blocking(move || notebooks::find(&places)).await??;
    let (looker, progress) = engines::looker(&config, args.config.is_some(), scratch.path())?;
    let outcome = look(subject, &looker, &notebooks, args).await;
    progress.finish_and_clear();
    let outcome = outcome?;
    match args.format {
        Format::Human => print!("{}", human::page(&outcome, Paint::of_terminal())),
        Format::Json => print!("{}", json::text(&outcome)?),
        Format::Github => print!("{}", github::commands(&outcome)),
    }
    Ok(outcome.exit_code(args.strict))
}

fn has_places(args: &Args) -> bool {
    args.solutions.is_some() || args.students.is_some()
}

/// The service's configuration for a course; for a folder only where one is named, so that a check says the same wherever
/// it is started.
fn configuration(args: &Args) -> anyhow::Result<Config> {
    let sources = if args.config.is_some() || !args.subject.is_dir() {
        Sources::given(args.config.clone(), &[])
    } else {
        Sources::default_only()
    };
    let mut config = Config::load(&sources)?;
    if args.python.is_some() || args.requirements.is_some() {
        let base = config.environments.base_python.clone();
        config.environments =
            crate::config::Environments::only(args.python.clone(), args.requirements.clone(), base);
    }
    Ok(config)
}

async fn subject(args: &Args, config: &Config, scratch: &Path) -> anyhow::Result<Subject> {
    let cache = scratch.join("materials");
    if args.subject.is_dir() {
        let (dir, configured) = (args.subject.clone(), args.config.is_some());
        return tokio::task::spawn_blocking(move || Subject::folder(&dir, cache, configured)).await?;
    }
    let name = args.subject.to_str().and_then(|text| text.parse().ok());
    let Some(name) = name else { bail!("there is no folder {}", args.subject.display()) };
    Subject::course(&name, config, cache).await
}

/// Looks at all assignments, several at a time.
async fn look(
    subject: Subject,
    looker: &Looker,
    notebooks: &[Notebook],
    args: &Args,
) -> anyhow::Result<Outcome> {
    let jobs = args.jobs.or(std::thread::available_parallelism().ok()).map_or(1, usize::from);
    let Subject { name, root, assignments, mut findings } = subject;
    let reads: Vec<anyhow::Result<(Option<Read>, Vec<Finding>)>> =
        stream::iter(&assignments).map(|assignment| looker.read(assignment)).buffered(jobs).collect().await;
    let mut all = Vec::new();
    for read in reads {
        all.push(read?);
    }
    // Which notebook is of which assignment may depend on all of them.
    let names: Vec<_> =
        all.iter().map(|(read, _)| read.as_ref()?.bundle.config.assignment_name.clone()).collect();
    let owners: Vec<_> = notebooks.iter().map(|notebook| notebook.assignment(&assignments, &names)).collect();
    let own = |index: usize| {
        let theirs = notebooks.iter().zip(&owners).filter(move |(_, owner)| **owner == Some(index));
        theirs.map(|(notebook, _)| notebook).collect::<Vec<&Notebook>>()
    };
    // Of a part of the assignments it cannot be said which are missing.
    if root.is_some() && args.assignment.is_empty() {
        findings.extend(lost(notebooks, &owners));
    }
    let has_any = owners.iter().any(Option::is_some);
    if has_any {
        findings.extend(unclear(&assignments, notebooks, &owners));
    } else if assignments.iter().any(|assignment| assignment.autograder.is_some()) {
        let what =
            "no notebook was found, so none was run: whether the solutions get full marks is not known.";
        let fix = "Name their folder with --notebooks, or with --solutions and --students.";
        findings.push(Finding::note("no-notebooks", what).fix(fix));
    }
    let runs: Vec<_> = stream::iter(all.iter().enumerate())
        .map(|(index, (read, _))| {
            let own = own(index);
            async move {
                match read {
                    Some(read) => looker.run(read, &own, !args.no_run).await,
                    None => (Vec::new(), Vec::new()),
                }
            }
        })
        .buffered(jobs)
        .collect()
        .await;
    let mut sheets = Vec::new();
    for (((index, assignment), (read, found)), (runs, more)) in
        assignments.iter().enumerate().zip(all).zip(runs)
    {
        let key = assignment.key.to_string();
        let missing =
            has_any && read.is_some() && own(index).iter().all(|notebook| notebook.kind != Kind::Solution);
        let missing = missing.then(|| {
            let what = "there is no solution notebook: whether full marks can be had is not known.";
            Finding::note("no-solution", what).fix("Name the folder of solutions with --solutions.")
        });
        let found = found.into_iter().chain(missing).chain(more);
        findings.extend(found.map(|finding| finding.in_file(&assignment.file).of_assignment(&key)));
        let tests = read.map(|read| looker.tests(&read));
        sheets.push(Sheet { assignment: key, autograder: assignment.file.clone(), tests, runs });
    }
    findings.sort_by_key(|finding| {
        let place = sheets.iter().position(|sheet| finding.assignment.as_ref() == Some(&sheet.assignment));
        (place, finding.level)
    });
    Ok(Outcome { format: FORMAT, checked: name, assignments: sheets, findings })
}

/// Student versions whose address is none of the assignments'.
fn lost(notebooks: &[Notebook], owners: &[Option<usize>]) -> Vec<Finding> {
    let students = notebooks.iter().zip(owners);
    let lost = students.filter(|(notebook, owner)| notebook.kind == Kind::Student && owner.is_none());
    let found = |(notebook, _): (&Notebook, _)| {
        let what = format!(
            "it is to be handed in for {}, which course-config.json does not have.",
            notebook.address()?
        );
        let fix = "Correct `otter_service` in its metadata, or add the assignment.";
        Some(Finding::warning("address-unknown", what).fix(fix).in_file(&notebook.shown()))
    };
    lost.filter_map(found).collect()
}

/// Notebooks of which it cannot be told what they are.
fn unclear(
    assignments: &[subject::Assignment],
    notebooks: &[Notebook],
    owners: &[Option<usize>],
) -> Option<Finding> {
    let found = notebooks.iter().zip(owners).filter(|(notebook, _)| notebook.kind == Kind::Unknown);
    let found: Vec<_> = found.filter_map(|(notebook, owner)| Some((notebook, owner.as_ref()?))).collect();
    let (first, owner) = found.first()?;
    let what = format!(
        "{} notebooks are neither in a folder of solutions nor in one of student versions, and were not run; the first is {}, \
         of {}.",
        found.len(),
        first.shown(),
        assignments.get(**owner).map(|assignment| assignment.key.to_string()).context("it has one").ok()?
    );
    Some(Finding::note("notebook-unclear", what).fix("Name their folder with --solutions or --students."))
}
