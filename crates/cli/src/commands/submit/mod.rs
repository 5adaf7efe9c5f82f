//! `otter-service submit`: hand notebooks to a running service and follow them.

mod client;
mod events;
mod table;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use model::Step;

use self::client::{Client, Seen};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Notebooks whose metadata say what they are for.
    #[arg(required = true, value_name = "NOTEBOOK")]
    notebooks: Vec<PathBuf>,
    /// The service's address, as the notebook extension knows it.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:10101/services/otter_grade/")]
    url: reqwest::Url,
    /// A file with the token that says who submits (`otter-service token create`). Without it, the variable
    /// `OTTER_TOKEN` is taken, and within a notebook server of a hub `JUPYTERHUB_API_TOKEN`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Do not wait for the grades.
    #[arg(long)]
    no_wait: bool,
    /// Keep each receipt in this folder, for `otter-service receipt verify`.
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
}

impl Args {
    /// The token, from wherever it is.
    fn token(&self) -> anyhow::Result<Option<String>> {
        if let Some(path) = &self.token_file {
            let text = std::fs::read_to_string(path);
            let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
            return Ok(Some(text.trim().to_owned()));
        }
        let variable = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
        let Some(token) = variable("OTTER_TOKEN").or_else(|| variable("JUPYTERHUB_API_TOKEN")) else {
            return Ok(None);
        };
        // A token in the environment was not given for just any address.
        let host = self.url.host_str().unwrap_or_default();
        let is_near = self.url.scheme() == "https"
            || matches!(host, "localhost" | "127.0.0.1" | "[::1]")
            || std::env::var("OTTER_TOKEN").is_ok();
        if !is_near {
            bail!(
                "{}: the token in JUPYTERHUB_API_TOKEN is not sent unencrypted to another machine; say --token-file if that is what you want",
                self.url
            );
        }
        Ok(Some(token))
    }
}

/// A notebook and what became of it.
struct Followed {
    file: String,
    end: End,
}

enum End {
    /// The service did not take it.
    NotAccepted(anyhow::Error),
    /// The service has it; it was not followed.
    Accepted { page: String },
    /// The service has it, and then could not be asked about it any more.
    LostSight { page: String, error: anyhow::Error },
    /// It came to its end.
    Seen(Box<Seen>),
}

/// How many notebooks are on their way at a time.
const AT_ONCE: usize = 64;

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let token = args.token()?;
    if let Some(dir) = &args.receipts {
        std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be used", dir.display()))?;
    }
    let client = Client::new(args.url.clone(), token.as_deref())?;
    let bars = MultiProgress::new();
    let followed: Vec<Followed> = stream::iter(&args.notebooks)
        .map(|path| {
            let (client, args, line) = (&client, &args, Line::new(&bars, path));
            async move {
                let end = submit(client, args, path, &line).await;
                line.finish();
                Followed { file: line.name, end }
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    println!("{}", table::of(&followed));
    let is_well = |one: &Followed| match &one.end {
        End::Seen(seen) => seen.was_graded(),
        End::Accepted { .. } => true,
        End::NotAccepted(_) | End::LostSight { .. } => false,
    };
    Ok(if followed.iter().all(is_well) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn submit(client: &Client, args: &Args, path: &Path, line: &Line) -> End {
    let accepted = match client.submit(path).await {
        Ok(accepted) => accepted,
        Err(error) => {
            line.say(&format!("{error:#}"));
            return End::NotAccepted(error);
        }
    };
    let page = client.page(&accepted);
    line.say(&format!("accepted: {page}"));
    if let Some(dir) = &args.receipts {
        let file = dir.join(format!("{}.receipt", accepted.id));
        if let Err(error) = std::fs::write(&file, &accepted.receipt) {
            line.say(&format!("the receipt could not be kept as {}: {error}", file.display()));
        }
    }
    if args.no_wait {
        return End::Accepted { page };
    }
    match client.to_its_end(&accepted, line).await {
        Ok(seen) => End::Seen(Box::new(seen)),
        Err(error) => End::LostSight { page, error },
    }
}

/// One notebook's line on the terminal; where there is none, its steps as plain lines.
struct Line {
    bar: ProgressBar,
    name: String,
}

impl Line {
    fn new(bars: &MultiProgress, path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bar = bars.add(ProgressBar::new(1));
        if let Ok(style) = ProgressStyle::with_template("{prefix:28!} [{bar:20}] {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(name.clone());
        bar.set_message("sending");
        Self { bar, name }
    }

    fn tell(&self, step: &Step) {
        let text = match step {
            Step::Queued { position } => format!("number {position} in the queue"),
            Step::Started { .. } => "started".into(),
            Step::Cell { cell, of } => {
                self.bar.set_length(u64::from(*of));
                self.bar.set_position(u64::from(*cell));
                format!("cell {cell} of {of}")
            }
            Step::Released => "the service restarts; it begins anew".into(),
            Step::Delayed { .. } => "the service had a fault; it will try again".into(),
            Step::Graded { score, max_score } => {
                self.bar.set_position(self.bar.length().unwrap_or(1));
                format!("graded: {score} of {max_score}")
            }
            Step::Rejected => "not gradable".into(),
            Step::Failed => "the service failed; staff must look at it".into(),
            Step::Superseded { .. } => "not graded: you submitted a newer one before its turn came".into(),
            Step::Regrade => "staff asked for a new grading".into(),
            // The first is said already, with the page; questions come all at once, at the end; what follows the grade
            // does not hold the command up.
            Step::Received
            | Step::Question { .. }
            | Step::Sending { .. }
            | Step::Posted
            | Step::NotPosted { .. }
            | Step::NotAccepted => return,
        };
        self.say(&text);
    }

    fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            println!("{}: {text}", self.name);
        } else {
            self.bar.set_message(text.to_owned());
        }
    }

    fn finish(&self) {
        self.bar.abandon();
    }
}
