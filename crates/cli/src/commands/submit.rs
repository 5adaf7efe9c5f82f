//! x
use std::process::ExitCode;
#[derive(clap::Args)]
pub(crate) struct Args {}
pub(crate) async fn run(_: Args) -> anyhow::Result<ExitCode> {
    todo!()
}
