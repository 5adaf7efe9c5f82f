//! `[environment]`, `[environments.NAME]` and what `[grading]` says of them.

use std::{collections::BTreeMap, convert::Infallible, path::PathBuf};

use super::{layers::Layers, materials::optional_path, path};

/// The fields of `[environments.NAME]`.
pub(super) const FIELDS: &[&str] = &["python", "prefix", "requirements", "base_python", "courses"];

/// What `grading.environment` says for the environment that each autograder asks for.
const AUTOGRADER: &str = "autograder";

/// Which environments there are.
#[derive(Debug, Clone)]
pub(crate) struct Environments {
    /// Used where nothing else is said.
    pub(crate) standard: Source,
    pub(crate) named: BTreeMap<String, NamedEnvironment>,
    pub(crate) from_autograder: bool,
    pub(crate) base_python: PathBuf,
    pub(crate) max_bytes: u64,
}

/// Where an environment comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Built from a file; `None`: from the list that is part of the program.
    Requirements { file: Option<PathBuf>, base_python: PathBuf },
    /// There already.
    Interpreter(PathBuf),
}

/// `[environments.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedEnvironment {
    pub(crate) source: Source,
    pub(crate) courses: Vec<String>,
}

impl Environments {
    /// One environment for everything, for commands without a configuration.
    pub(crate) fn only(
        interpreter: Option<PathBuf>,
        requirements: Option<PathBuf>,
        base_python: PathBuf,
    ) -> Self {
        let standard = interpreter.map_or_else(
            || Source::Requirements { file: requirements, base_python: base_python.clone() },
            Source::Interpreter,
        );
        Self { standard, named: BTreeMap::new(), from_autograder: false, base_python, max_bytes: u64::MAX }
    }

    pub(super) fn read(l: &mut Layers) -> Self {
        let base_python = l.text("environment.base_python", path);
        let interpreter = l.text("environment.python", optional_path);
        let requirements = l.text("environment.requirements", optional_path);
        if interpreter.is_some() && requirements.is_some() {
            l.error("environment.python and environment.requirements are both set: an existing interpreter is used as it is, so only one of them can hold".into());
        }
        let mut environments = Self::only(interpreter, requirements, base_python);
        for name in l.names("environments.") {
            let named = environments.read_named(l, &name);
            environments.named.extend(named.map(|named| (name, named)));
        }
        environments.max_bytes = l.number("grading.environments_max_gib", 1..=100_000) << 30;
        let chosen = l.text("grading.environment", |text| Ok::<_, Infallible>(text.to_owned()));
        match (chosen.as_str(), environments.named.get(&chosen)) {
            ("", _) => {}
            (AUTOGRADER, _) => environments.from_autograder = true,
            (_, Some(named)) => environments.standard = named.source.clone(),
            (_, None) => l.error(format!(
                "grading.environment = {chosen:?}: there is no section [environments.{chosen}] that could be used; it may also be \"\" or {AUTOGRADER:?}"
            )),
        }
        environments
    }

    fn read_named(&self, l: &mut Layers, name: &str) -> Option<NamedEnvironment> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.chars().all(is_plain) || name == AUTOGRADER {
            l.error(format!("environments.{name}: an environment is named with letters, digits, `-` and `_`, and not {AUTOGRADER:?}"));
        }
        let mut of = |field: &str| l.text(&format!("environments.{name}.{field}"), optional_path);
        let (python, prefix, file, base) =
            (of("python"), of("prefix"), of("requirements"), of("base_python"));
        let courses = l.text(&format!("environments.{name}.courses"), courses);
        for other in self.named.values().flat_map(|other| &other.courses) {
            if courses.contains(other) {
                l.error(format!(
                    "environments.{name}.courses: the course {other:?} has another environment already"
                ));
            }
        }
        let source = match (python, prefix, file) {
            (Some(python), None, None) => Source::Interpreter(python),
            (None, Some(prefix), None) => Source::Interpreter(prefix.join("bin/python")),
            (None, None, file @ Some(_)) => {
                let base_python = base.clone().unwrap_or_else(|| self.base_python.clone());
                return Some(NamedEnvironment {
                    source: Source::Requirements { file, base_python },
                    courses,
                });
            }
            _ => {
                l.error(format!(
                    "environments.{name}: one of python, prefix and requirements must be set, and no two"
                ));
                return None;
            }
        };
        if base.is_some() {
            l.error(format!("environments.{name}.base_python: nothing is built, so it has no meaning; only requirements need it"));
        }
        Some(NamedEnvironment { source, courses })
    }
}

/// Names, with commas between them.
fn courses(text: &str) -> Result<Vec<String>, model::NameError> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| name.parse::<model::Name>().map(String::from)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(file: &str) -> Result<Environments, Vec<String>> {
        let mut layers = Layers::defaults();
        layers.add_file(Path::new("test.toml"), file);
        let environments = Environments::read(&mut layers);
        let errors = layers.into_errors();
        if errors.is_empty() { Ok(environments) } else { Err(errors) }
    }

    #[test]
    fn named_environments_are_for_courses_or_for_all() {
        let file = "[environment]\nbase_python = \"python3.11\"\n[environments.data8]\nrequirements = \"r.txt\"\ncourses = \"8x, 88e\"\n[environments.stat-2]\nprefix = \"/opt/conda\"\n[grading]\nenvironment = \"stat-2\"\nenvironments_max_gib = 3";
        let found = read(file).unwrap();
        let conda = Source::Interpreter("/opt/conda/bin/python".into());
        assert_eq!((&found.standard, found.named["stat-2"].source.clone()), (&conda, conda.clone()));
        let data8 = &found.named["data8"];
        assert_eq!(data8.courses, ["8x", "88e"]);
        assert_eq!(
            data8.source,
            Source::Requirements { file: Some("r.txt".into()), base_python: "python3.11".into() }
        );
        assert_eq!((found.max_bytes, found.from_autograder), (3 << 30, false));
        assert!(read("[grading]\nenvironment = \"autograder\"").unwrap().from_autograder);
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (file, part) in [
            ("[environments.a]\ncourses = \"8x\"", "one of python, prefix and requirements"),
            ("[environments.a]\npython = \"p\"\nprefix = \"q\"", "one of python, prefix and requirements"),
            ("[environments.a]\npython = \"p\"\nbase_python = \"q\"", "nothing is built"),
            ("[environments.\"a b\"]\npython = \"p\"", "named with letters"),
            ("[environments.autograder]\npython = \"p\"", "named with letters"),
            ("[environments.a]\npyton = \"p\"", "there is no such setting"),
            ("[environments.a]\npython = \"p\"\ncourses = [\"8x\"]", "it must be text in quotes"),
            ("[environments.a]\npython = \"p\"\ncourses = \"../x\"", "environments.a.courses"),
            (
                "[environments.a]\npython = \"p\"\ncourses = \"1\"\n[environments.b]\npython = \"p\"\ncourses = \"1\"",
                "another environment already",
            ),
            ("[grading]\nenvironment = \"b\"", "no section [environments.b]"),
        ] {
            let errors = read(file).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(part)), "{file}: {errors:?}");
        }
    }
}
