//! `otter-service doctor`: is all there that the service needs?

mod check;
mod configuration;
mod environments;
mod folders;
mod identity;
mod jail;
mod lti;
mod machine;
mod materials;
mod permissions;
mod reach;
mod store;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use self::check::State;
use crate::config::{Config, Sources};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file, as for `serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let sources = Sources::given(args.config.clone(), &[]);
    let loaded = Config::load(&sources);
    let mut checks = vec![machine::program(), configuration::check(&sources, loaded.as_ref().err())];
    // Without a configuration the machine can be looked at all the same.
    let config = match loaded {
        Ok(config) => config,
        Err(_) => Config::load(&Sources::default_only())?,
    };
    checks.extend(folders::data(&config.data_dir));
    checks.push(permissions::check(&config, &sources));
    checks.push(store::check(&config.place()).await);
    checks.push(materials::check(&config).await);
    checks.extend(environments::check(&config).await);
    checks.extend(identity::check(&config).await);
    checks.extend(lti::check(&config).await);
    checks.extend(jail::check(config.engine));
    checks.extend(machine::resources(&config));
    checks.extend(reach::checks(&config, |name| std::env::var(name).ok()).await);

    if args.json {
        println!("{}", serde_json::to_string_pretty(&checks)?);
    } else {
        print!("{}", check::page(&checks));
    }
    let is_bad = checks.iter().any(|check| check.state == State::Failure);
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The folder itself, or the nearest one above it that is there.
fn nearest(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned()
}
