//! How a zygote is started.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use jail::{Ceiling, zygote::Spec};

use crate::environment::Environment;

/// Variables that keep numeric libraries to one thread: one grading, one core.
const ONE_THREAD: [&str; 4] =
    ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"];
/// For tests and cautious operators: `no-namespaces` forgoes namespaces where they could be had.
const CEILING: &str = "OTTER_JAIL_CEILING";

/// The zygote of an environment that has the modules warm that are wanted. `scratch` is a folder for the files of jobs, used only without namespaces.
pub(super) fn of(environment: &Environment, kit: &Path, scratch: PathBuf, wanted: &BTreeSet<String>) -> Spec {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let main = kit.join("otter_runner/__main__.py");
    let bin = environment.python.parent().map(text).unwrap_or_default();
    let mut env = vec![
        ("PATH".to_owned(), format!("{bin}:/usr/local/bin:/usr/bin:/bin")),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
    ];
    env.extend(ONE_THREAD.map(|name| (name.to_owned(), "1".to_owned())));
    let mut read_only = environment.folders.clone();
    read_only.extend([kit.to_owned(), environment.preload.file.clone()]);
    let ceiling = match std::env::var(CEILING).as_deref() {
        Ok("no-namespaces") => Ceiling::NoNamespaces,
        _ => Ceiling::Namespaces,
    };
    Spec {
        program: environment.python.clone(),
        args: ["-I".to_owned(), text(&main), text(&environment.preload.file)]
            .into_iter()
            .chain(wanted.iter().cloned())
            .collect(),
        env,
        read_only,
        scratch: Some(scratch),
        ceiling,
    }
}
