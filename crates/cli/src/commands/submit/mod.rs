//! `otter-service submit`: hand notebooks to a running service and follow them.

mod client;
mod events;
mod table;

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
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
    /// Do not wait for the grades.
    #[arg(long)]
    no_wait: bool,
}

/// A notebook and what the service made of it.
struct Followed {
    file: String,
    end: anyhow::Result<Seen>,
}

/// How many notebooks are on their way at a time.
const AT_ONCE: usize = 64;

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.url.scheme() != "http" {
        bail!("{}: only http:// is possible as long as there is no sign-in", args.url);
    }
    let client = Client::new(args.url)?;
    let bars = MultiProgress::new();
    let followed: Vec<Followed> = stream::iter(args.notebooks)
        .map(|path| {
            let (client, line) = (&client, Line::new(&bars, &path));
            async move {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let end = client.submit(&path, args.no_wait, &line).await;
                line.finish(end.as_ref().err());
                Followed { file, end }
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    println!("{}", table::of(&followed));
    let all_well =
        followed.iter().all(|one| one.end.as_ref().is_ok_and(|seen| args.no_wait || seen.was_graded()));
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One notebook's line on the terminal; where there is none, its steps as plain lines.
struct Line {
    bar: ProgressBar,
    name: String,
}

impl Line {
    fn new(bars: &MultiProgress, path: &std::path::Path) -> Self {
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
            Step::Received => "received".into(),
            Step::Queued { position } => format!("number {position} in the queue"),
            Step::Started { .. } => "started".into(),
            Step::Cell { cell, of } => {
                self.bar.set_length(u64::from(*of));
                self.bar.set_position(u64::from(*cell));
                format!("cell {cell} of {of}")
            }
            Step::Question { .. } => return,
            Step::Released => "the service restarts; it begins anew".into(),
            Step::Delayed { .. } => "the service had a fault; it will try again".into(),
            Step::Graded { score, max_score } => {
                self.bar.set_position(self.bar.length().unwrap_or(1));
                format!("graded: {score} of {max_score}")
            }
            Step::Rejected => "not gradable".into(),
            Step::Failed => "the service failed; staff must look at it".into(),
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

    fn finish(&self, error: Option<&anyhow::Error>) {
        if let Some(error) = error {
            self.say(&format!("{error:#}"));
        }
        self.bar.abandon();
    }
}
