//! Who else on this machine can read what must not be seen.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::check::Check;
use crate::{
    config::{Config, Sources},
    place::Place,
};

const OTHERS_READ: u32 = 0o044;
const OTHERS_WRITE: u32 = 0o022;

pub(super) fn check(config: &Config, sources: &Sources) -> Check {
    const NAME: &str = "permissions";
    let mut check =
        Check::ok(NAME, "nobody else can read keys, secrets and submissions, or write in the data folder");
    let mut say = |path: &Path, why: &str, action: String| {
        let before = std::mem::take(&mut check.remedies);
        check = Check {
            remedies: before,
            ..Check::warning(NAME, "others on this machine can read or change too much")
        }
        .because(format!("{}: {why}", path.display()), action);
    };
    for (path, what) in secret_files(config, sources) {
        if mode(&path) & OTHERS_READ != 0 {
            say(&path, &format!("{what}, and others can read it"), format!("chmod go= {}", path.display()));
        }
    }
    if mode(&config.data_dir) & OTHERS_WRITE != 0 {
        let action = format!("chmod go-w {}", config.data_dir.display());
        say(&config.data_dir, "others can write in the data folder", action);
    }
    check
}

/// Files that only the service should read, as far as they are there, and what they are.
fn secret_files(config: &Config, sources: &Sources) -> Vec<(PathBuf, &'static str)> {
    let mut files = vec![
        (config.data_dir.join("receipt-key.pem"), "it signs receipts"),
        (config.data_dir.join("session-secret"), "it seals sessions"),
    ];
    if let Place::Sqlite(path) = config.place() {
        files.push((path, "it holds the submissions"));
    }
    files.extend(config.secrets.readable_by_others().into_iter().map(|path| (path, "it holds a secret")));
    let named = sources.file_to_read();
    let has_password = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| names_password(&text));
    files.extend(named.filter(has_password).map(|path| (path, "it has the password of a database in it")));
    files
}

/// Whether a line names a database with a password: `scheme://user:password@host`.
fn names_password(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut authorities = lines.filter_map(|line| line.split_once("://")?.1.split('/').next());
    authorities.any(|authority| authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')))
}

/// The permission bits; none where there is no file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777)
}

#[cfg(test)]
mod tests {
    use super::{super::check::State, *};

    #[test]
    fn what_others_can_read_is_told_with_how_to_forbid_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Sources::default_only()).unwrap();
        config.data_dir = dir.path().to_owned();
        let sources = Sources::default_only();
        assert_eq!(check(&config, &sources).state, State::Ok);
        let keys = ["receipt-key.pem", "session-secret"].map(|name| dir.path().join(name));
        let keys_have = |mode: u32| {
            for key in &keys {
                fs::write(key, "").unwrap();
                fs::set_permissions(key, fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        keys_have(0o644);
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let found = check(&config, &sources);
        assert_eq!((found.state, found.remedies.len()), (State::Warning, 3), "{found:?}");
        assert!(found.remedies[0].action.starts_with("chmod go= "), "{found:?}");
        keys_have(0o600);
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(check(&config, &sources).state, State::Ok);
    }

    #[test]
    fn passwords_in_a_configuration_are_seen() {
        assert!(names_password("[store]\nurl = \"postgres://otter:s3cret@db/grades\""));
        assert!(!names_password("url = \"postgres://otter@db/grades\""));
        assert!(!names_password("# url = \"postgres://otter:s3cret@db/grades\""));
        assert!(!names_password("github_api = \"https://api.github.com\""));
    }
}
