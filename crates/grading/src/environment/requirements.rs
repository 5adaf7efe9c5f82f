//! What an autograder asks to have installed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;
use yaml_rust2::{Yaml, YamlLoader};

use super::conda::{self, Dependency};

/// What an autograder asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The lines of a `requirements.txt`.
    pub(super) requirements: Vec<String>,
    /// Which Python, as conda writes it, for instance `=3.12`; empty: any.
    pub(super) python: String,
    /// What conda would install and pip cannot.
    pub(super) left_out: Vec<String>,
}

/// Why an autograder's list of packages cannot be used.
#[derive(Debug, Error)]
pub enum RequirementsError {
    /// A file is not what its name says.
    #[error("the autograder's {file} cannot be used: {why}")]
    File {
        /// Its name.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A line that could run code of its own on this machine, or lead out of the autograder.
    #[error(
        "the autograder asks for {line:?}, and only packages of a package index are installed for an autograder, by their \
         names; build an environment with it yourself and name it in the configuration (`[environments.NAME]`)"
    )]
    NotAPackage {
        /// The line.
        line: String,
    },
    /// No Python of this version.
    #[error(
        "the autograder asks for Python {asked} and there is none here (looked for {}); install it, so that it is in \
         $PATH as python{asked}, or name an environment for the course in the configuration (`[environments.NAME]`)",
        looked_for.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NoPython {
        /// Major and minor version.
        asked: String,
        /// The interpreters that are not it.
        looked_for: Vec<PathBuf>,
    },
}

/// What a kernel and otter-grader's `run_autograder` need and not every list names: conda brings it with Jupyter.
const NEEDED: [&str; 3] = ["otter-grader>=5,<8", "ipykernel", "nbconvert"];

impl Asked {
    /// Reads `environment.yml`, else `requirements.txt`, of an unpacked autograder. `None`: it has neither.
    pub(super) fn by(autograder: &Path) -> Result<Option<Self>, RequirementsError> {
        let asked = if let Some(text) = read(autograder, "environment.yml")? {
            from_conda(&text).map_err(|why| RequirementsError::File { file: "environment.yml", why })?
        } else if let Some(text) = read(autograder, "requirements.txt")? {
            Self { requirements: lines(&text), python: String::new(), left_out: Vec::new() }
        } else {
            return Ok(None);
        };
        asked.checked().map(Some)
    }

    /// Refuses what is no package's name, and adds what is needed.
    fn checked(mut self) -> Result<Self, RequirementsError> {
        if let Some(line) = self.requirements.iter().find(|line| !is_plain(line)) {
            return Err(RequirementsError::NotAPackage { line: line.clone() });
        }
        for needed in NEEDED {
            if !self.requirements.iter().any(|line| name(line) == name(needed)) {
                self.requirements.push(needed.to_owned());
            }
        }
        Ok(self)
    }
}

fn read(autograder: &Path, file: &'static str) -> Result<Option<String>, RequirementsError> {
    match fs::read_to_string(autograder.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RequirementsError::File { file, why: error.to_string() }),
    }
}

/// The dependencies of an `environment.yml` as pip would install them.
fn from_conda(text: &str) -> Result<Asked, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
    let dependencies = documents.first().map_or(&Yaml::BadValue, |document| &document["dependencies"]);
    let dependencies = dependencies.as_vec().ok_or("it has no list of dependencies")?;
    let mut asked = Asked { requirements: Vec::new(), python: String::new(), left_out: Vec::new() };
    let mut from_pip = Vec::new();
    for dependency in dependencies {
        if let Some(spec) = dependency.as_str() {
            match conda::dependency(spec) {
                Dependency::Python(version) => asked.python = version,
                Dependency::Package(requirement) => asked.requirements.push(requirement),
                Dependency::LeftOut => asked.left_out.push(spec.to_owned()),
                Dependency::NotNeeded => {}
            }
        } else if let Some(lines) = dependency["pip"].as_vec() {
            from_pip.extend(lines.iter().filter_map(Yaml::as_str).map(|line| line.trim().to_owned()));
        } else {
            return Err(format!("{dependency:?} is not a dependency"));
        }
    }
    // pip comes after conda and has the last word.
    asked.requirements.retain(|line| !from_pip.iter().any(|other| name(other) == name(line)));
    asked.requirements.extend(from_pip);
    Ok(asked)
}

/// The lines without comments and blank ones.
pub(super) fn lines(text: &str) -> Vec<String> {
    let code = text.lines().map(|line| {
        let line = if line.trim_start().starts_with('#') { "" } else { line };
        line.split(" #").next().unwrap_or_default().trim().to_owned()
    });
    code.filter(|line| !line.is_empty()).collect()
}

/// A package by its name, with extras, versions and markers; no option, file or address.
fn is_plain(line: &str) -> bool {
    let begins = line.starts_with(|c: char| c.is_ascii_alphanumeric());
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -_.,[]<>=!~*+()'\";".contains(c);
    let is_file = [".whl", ".zip", ".tar.gz"].into_iter().any(|ending| line.ends_with(ending));
    begins && line.chars().all(allowed) && !is_file
}

/// The name of the package in a line, as package indexes compare names.
fn name(line: &str) -> String {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    line[..end].to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(files: &[(&str, &str)]) -> Result<Option<Asked>, RequirementsError> {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in files {
            fs::write(dir.path().join(file), text).unwrap();
        }
        Asked::by(dir.path())
    }

    #[test]
    fn what_otter_generate_writes_becomes_a_list_for_pip() {
        let text = "name: otter-env\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.13\n  - pip\n  - jupyter_server\n  - pip:\n      - otter-grader[grading,plugins]==7.0.0\n      - tqdm\n";
        let found = asked(&[("environment.yml", text), ("requirements.txt", "numpy")]).unwrap().unwrap();
        assert_eq!(
            found.requirements,
            ["otter-grader[grading,plugins]==7.0.0", "tqdm", "ipykernel", "nbconvert"]
        );
        assert_eq!((found.python.as_str(), found.left_out.len()), ("=3.13", 0));
    }

    #[test]
    fn a_courses_own_conda_packages_are_taken_too_and_pip_has_the_last_word() {
        let text = "dependencies:\n- python=3.11.*\n- numpy=1.26\n- pandas\n- r-base>=4\n- conda-forge::matplotlib-base >=3.8,<4\n- pip:\n  - pandas==2.2.3\n  - otter-grader==6.1.6\n  - nbconvert\n  - ipykernel";
        let found = asked(&[("environment.yml", text)]).unwrap().unwrap();
        assert_eq!(
            found.requirements,
            [
                "numpy==1.26.*",
                "matplotlib>=3.8,<4",
                "pandas==2.2.3",
                "otter-grader==6.1.6",
                "nbconvert",
                "ipykernel"
            ]
        );
        assert_eq!(found.left_out, ["r-base>=4"]);
    }

    #[test]
    fn a_requirements_file_is_taken_where_there_is_no_other() {
        let found =
            asked(&[("requirements.txt", "# ours\n\notter_grader==5.7.1 # pinned\n")]).unwrap().unwrap();
        assert_eq!(found.requirements, ["otter_grader==5.7.1", "ipykernel", "nbconvert"]);
        assert!(asked(&[]).unwrap().is_none());
    }

    #[test]
    fn what_could_run_code_or_lead_elsewhere_is_refused() {
        for line in [
            "-r /etc/passwd",
            "--index-url https://evil.example/",
            "-e .",
            "./evil-1.0.tar.gz",
            "evil-1.0.tar.gz",
            "evil @ git+https://evil.example/x",
            "git+https://evil.example/x",
            "numpy --global-option=x/y",
        ] {
            let refused = asked(&[("requirements.txt", line)]);
            assert!(matches!(refused, Err(RequirementsError::NotAPackage { .. })), "{line}");
        }
        for line in ["numpy", "numpy>=1.2,<3", "a[b,c]~=1.0; python_version < '3.12'", "Flask (>=2)"] {
            assert!(asked(&[("requirements.txt", line)]).is_ok(), "{line}");
        }
        let broken = asked(&[("environment.yml", "dependencies: [")]).unwrap_err().to_string();
        assert!(broken.contains("environment.yml"), "{broken}");
    }
}
