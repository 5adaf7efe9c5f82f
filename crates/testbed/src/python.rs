//! Environments of Python with other people's packages.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    process::Command,
};

/// The Python of an environment that has these packages: of the one by that name in `$PEERS` or `~/.cache/otter-peers`, else
/// of one that is made, once, below `${XDG_CACHE_HOME:-~/.cache}/otter-service/peers`.
pub fn python(name: &str, packages: &[&str]) -> io::Result<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let home =
        home.ok_or_else(|| io::Error::other("HOME is not set, so there is no folder to install into"))?;
    let peers = std::env::var_os("PEERS").map_or_else(|| home.join(".cache/otter-peers"), PathBuf::from);
    let installed = peers.join(name).join("bin/python");
    if installed.is_file() {
        return Ok(installed);
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    let ours = cache.join("otter-service/peers");
    fs::create_dir_all(&ours)?;
    // Tests run side by side, and only one may install.
    let lock = File::create(ours.join(format!("{name}.lock")))?;
    lock.lock()?;
    let (folder, complete) = (ours.join(name), ours.join(format!("{name}.complete")));
    let wanted = packages.join("\n");
    let python = folder.join("bin/python");
    if fs::read_to_string(&complete).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    fs::write(complete, wanted)?;
    Ok(python)
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{command:?}: {said}")))
}
