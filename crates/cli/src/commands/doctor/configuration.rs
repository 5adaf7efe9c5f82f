//! The configuration and where it comes from.

use super::check::Check;
use crate::config::{ConfigError, Sources};

const NAME: &str = "configuration";

pub(super) fn check(sources: &Sources, error: Option<&ConfigError>) -> Check {
    let file = sources.file_to_read().map_or("no file".to_owned(), |file| file.display().to_string());
    let variables = sources.variables_read();
    let found =
        if variables.is_empty() { file } else { format!("{file}; variables {}", variables.join(", ")) };
    match error {
        None => Check::ok(NAME, found),
        Some(ConfigError::Invalid { problems }) => {
            let check = Check::failure(NAME, format!("{found}\nthe rest of this page is about the defaults"));
            problems.iter().fold(check, |check, problem| check.because(problem, ""))
        }
        Some(error) => Check::failure(NAME, found).because(error.to_string(), ""),
    }
}
