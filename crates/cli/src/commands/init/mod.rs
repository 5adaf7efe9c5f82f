//! `otter-service init`: a configuration to begin with.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::ValueEnum;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the service is to run.
    #[arg(long = "for", value_name = "WHERE", value_enum, default_value_t = Where::Laptop)]
    place: Where,
    /// The folder to write to; made if it is missing.
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Where {
    /// On one's own machine, with a folder of materials.
    Laptop,
    /// Beside a `JupyterHub`, with materials from GitHub.
    Jupyterhub,
    /// In a Kubernetes cluster, with materials from GitHub.
    Kubernetes,
}

impl Where {
    /// The files, and what to do with them.
    fn starter(self) -> (&'static [(&'static str, &'static str)], &'static str) {
        match self {
            Self::Laptop => (
                &[
                    ("otter-service.toml", include_str!("laptop/otter-service.toml")),
                    ("courses.yaml", include_str!("laptop/courses.yaml")),
                ],
                include_str!("laptop/next.txt"),
            ),
            Self::Jupyterhub => (
                &[
                    ("otter-service.toml", include_str!("jupyterhub/otter-service.toml")),
                    ("courses.yaml", include_str!("jupyterhub/courses.yaml")),
                    ("jupyterhub_config.py", include_str!("jupyterhub/jupyterhub_config.py")),
                ],
                include_str!("jupyterhub/next.txt"),
            ),
            Self::Kubernetes => (
                &[
                    ("otter-service.toml", include_str!("kubernetes/otter-service.toml")),
                    ("courses.yaml", include_str!("kubernetes/courses.yaml")),
                    ("kubernetes.yaml", include_str!("kubernetes/kubernetes.yaml")),
                ],
                include_str!("kubernetes/next.txt"),
            ),
        }
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (files, next) = args.place.starter();
    let there: Vec<_> = files
        .iter()
        .map(|(name, _)| args.dir.join(name))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    if !there.is_empty() {
        let names: Vec<_> = there.iter().map(|path| path.display().to_string()).collect();
        let is = if names.len() == 1 { "is" } else { "are" };
        bail!("{} {is} there already, and nothing is overwritten; name another folder", names.join(" and "));
    }
    fs::create_dir_all(&args.dir).with_context(|| format!("{} cannot be made", args.dir.display()))?;
    for (name, text) in files {
        let path = args.dir.join(name);
        write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        println!("wrote {}", path.display());
    }
    println!("\n{}", next.trim_end().replace("DIR", &args.dir.display().to_string()));
    Ok(ExitCode::SUCCESS)
}

/// Only if nothing is there, not even since we have looked.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
