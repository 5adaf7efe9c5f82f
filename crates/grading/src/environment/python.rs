//! Finding the Python of a version that an autograder asks for.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::requirements::RequirementsError;

/// A version in its first two numbers.
type Version = (u32, u32);

/// An interpreter that fits what an `environment.yml` says of Python: the base if it does, else `pythonX.Y` in `$PATH`.
pub(super) async fn of_version(asked: &str, base: &Path) -> Result<PathBuf, RequirementsError> {
    if asked.is_empty() {
        return Ok(base.to_owned());
    }
    let exact = exact(asked);
    let mut candidates = vec![base.to_owned()];
    candidates.extend(exact.map(|(major, minor)| PathBuf::from(format!("python{major}.{minor}"))));
    for candidate in &candidates {
        if let Some(version) = version(candidate).await
            && fits(version, asked)
        {
            return Ok(candidate.clone());
        }
    }
    let asked = exact.map_or_else(|| asked.to_owned(), |(major, minor)| format!("{major}.{minor}"));
    Err(RequirementsError::NoPython { asked, looked_for: candidates })
}

async fn version(python: &Path) -> Option<Version> {
    let code = "import sys; print(*sys.version_info[:2])";
    let output = Command::new(python).args(["-I", "-c", code]).kill_on_drop(true).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.split_whitespace().map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// The one version that is asked for, if it is one: `=3.12`, `==3.12.1`, `3.12.*`.
fn exact(asked: &str) -> Option<Version> {
    let asked = asked.trim_start_matches('=');
    if asked.contains(['<', '>', '!', '~', ',', '|']) { None } else { numbers(asked) }
}

fn numbers(text: &str) -> Option<Version> {
    let mut parts = text.split('=').next()?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next().and_then(|minor| minor.parse().ok())?))
}

/// Whether a version fits. What cannot be read is no hindrance: the packages' own requirements decide then.
fn fits(version: Version, asked: &str) -> bool {
    if let Some(exact) = exact(asked) {
        return version == exact;
    }
    asked.split(',').all(|part| {
        let split = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (sign, limit) = part.split_at(split);
        let Some(limit) = numbers(limit) else { return true };
        match sign {
            ">=" => version >= limit,
            // `>3.10` and `<=3.10` concern the third number, too.
            ">" | "<=" if version == limit => true,
            ">" => version > limit,
            "<=" | "<" => version < limit,
            "=" | "==" => version == limit,
            "!=" => version != limit,
            _ => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_as_conda_means_them() {
        for (asked, fitting, not) in [
            ("=3.12", (3, 12), (3, 13)),
            ("==3.12.4", (3, 12), (3, 11)),
            ("3.12.*", (3, 12), (3, 1)),
            (">=3.10,<3.13", (3, 12), (3, 13)),
            (">3.9", (3, 10), (3, 8)),
            ("<=3.11", (3, 11), (3, 12)),
        ] {
            assert!(fits(fitting, asked) && !fits(not, asked), "{asked}");
        }
        assert!(fits((3, 9), "=3") && fits((3, 9), "*"));
    }

    #[tokio::test]
    async fn what_is_not_there_is_told() {
        assert_eq!(of_version("", Path::new("/none")).await.unwrap(), Path::new("/none"));
        let error = of_version("=3.99", Path::new("python3")).await.unwrap_err().to_string();
        assert!(error.contains("Python 3.99") && error.contains("python3.99"), "{error}");
    }
}
