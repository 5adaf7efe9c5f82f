//! The layers of the configuration: defaults, file, environment, options. Each value remembers where it came from, so
//! that an error can say so, and every error is found before any is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use model::distance;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) const DEFAULTS: &str = include_str!("default.toml");

/// Tables of which there may be several, each under a name of the operator's, and their fields, which are all texts.
const NAMED_TABLES: &[(&str, &[&str])] =
    &[("environments.", super::environments::FIELDS), ("lti.", super::lti::FIELDS)];

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Default,
    File { path: String, line: usize },
    Variable(String),
    Option(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line } => write!(f, "{path}, line {line}"),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Option(name) => write!(f, "the option {name}"),
        }
    }
}

/// A value as it is written; every setting is one of these three.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(i64),
    Switch(bool),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text in quotes",
            Self::Number(_) => "a whole number",
            Self::Switch(_) => "true or false",
        }
    }

    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::String(text) => Some(Self::Text(text.to_string())),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(Self::Number)
            }
            DeValue::Boolean(switch) => Some(Self::Switch(*switch)),
            _ => None,
        }
    }

    /// Reads a variable's text as a value of the same kind as this one.
    fn read_alike(&self, text: &str) -> Option<Self> {
        match self {
            Self::Text(_) => Some(Self::Text(text.to_owned())),
            Self::Number(_) => text.trim().parse().ok().map(Self::Number),
            Self::Switch(_) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "t" | "yes" => Some(Self::Switch(true)),
                "false" | "0" | "f" | "no" | "" => Some(Self::Switch(false)),
                _ => None,
            },
        }
    }
}

/// All settings, and all that is wrong with them.
pub(super) struct Layers {
    settings: BTreeMap<String, (Value, Origin)>,
    errors: Vec<String>,
}

impl Layers {
    /// The documented defaults.
    pub(super) fn defaults() -> Self {
        let mut layers = Self { settings: BTreeMap::new(), errors: Vec::new() };
        let table = DeTable::parse(DEFAULTS).expect("the embedded defaults are TOML: a test reads them");
        for (key, value, _) in flat(table.get_ref(), "") {
            let value =
                Value::from_toml(value).expect("the embedded defaults are texts, numbers and switches");
            layers.settings.insert(key, (value, Origin::Default));
        }
        layers
    }

    /// Puts a file's settings over those that are there.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) {
        let path = path.display().to_string();
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(span.start));
                self.errors.push(format!("{path}, line {line}: {}", error.message()));
                return;
            }
        };
        for (key, value, at) in flat(table.get_ref(), "") {
            let origin = Origin::File { path: path.clone(), line: line_of(at) };
            self.make_room_for(&key);
            match Value::from_toml(value) {
                Some(value) => self.set(&key, value, origin),
                None => self.wrong_kind(&key, &origin),
            }
        }
    }

    /// A key `PARENT.NAME.FIELD` of a table that the operator names brings all fields of that table along.
    fn make_room_for(&mut self, key: &str) {
        for (parent, fields) in NAMED_TABLES {
            let Some((name, field)) = key.strip_prefix(parent).and_then(|rest| rest.rsplit_once('.')) else {
                continue;
            };
            if fields.contains(&field) && !self.settings.contains_key(key) {
                for field in *fields {
                    let empty = (Value::Text(String::new()), Origin::Default);
                    self.settings.insert(format!("{parent}{name}.{field}"), empty);
                }
            }
        }
    }

    /// The names of the tables below this parent.
    pub(super) fn names(&self, parent: &str) -> BTreeSet<String> {
        let name = |key: &String| Some(key.strip_prefix(parent)?.rsplit_once('.')?.0.to_owned());
        self.settings.keys().filter_map(name).collect()
    }

    /// Puts the variables `OTTER_SERVICE_*` over the settings that are there.
    pub(super) fn add_own_variables(&mut self, variables: &BTreeMap<String, String>) {
        let names: BTreeMap<_, _> =
            self.settings.keys().map(|key| (variable_name(key), key.clone())).collect();
        for (name, text) in variables.range("OTTER_SERVICE_".to_owned()..) {
            if !name.starts_with("OTTER_SERVICE_") {
                break;
            }
            match names.get(name) {
                Some(key) => self.set_from_text(&key.clone(), text, Origin::Variable(name.clone())),
                None if name == super::CONFIG_VARIABLE => {}
                None => {
                    let hint = did_you_mean(name, names.keys());
                    self.errors.push(format!("the variable {name} names no setting{hint}"));
                }
            }
        }
    }

    /// Sets one setting from a variable that has a name of its own.
    pub(super) fn add_variable(&mut self, key: &str, name: &str, text: &str) {
        self.set_from_text(key, text, Origin::Variable(name.to_owned()));
    }

    /// Sets one setting from an option of the command.
    pub(super) fn add_option(&mut self, key: &str, name: &str, text: &str) {
        self.set_from_text(key, text, Origin::Option(name.to_owned()));
    }

    /// The text of a setting, parsed; a problem is noted, and the default taken to go on looking for others.
    pub(super) fn text<T: Default, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> T {
        match self.settings.get(key) {
            Some((Value::Text(text), origin)) => match parse(text) {
                Ok(parsed) => parsed,
                Err(problem) => {
                    self.errors.push(format!("{key} = {text:?} ({origin}): {problem}"));
                    T::default()
                }
            },
            _ => T::default(),
        }
    }

    /// As [`Self::text`], for what may hold a password: a problem is told without the text.
    pub(super) fn secret<T: Default, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> T {
        let Some((Value::Text(text), origin)) = self.settings.get(key) else { return T::default() };
        parse(text).unwrap_or_else(|problem| {
            self.errors.push(format!("{key} ({origin}): {problem}"));
            T::default()
        })
    }

    /// The number of a setting, which must lie in the range.
    pub(super) fn number(&mut self, key: &str, range: std::ops::RangeInclusive<i64>) -> u64 {
        let Some((Value::Number(number), origin)) = self.settings.get(key) else { return 0 };
        if !range.contains(number) {
            let (least, most) = range.clone().into_inner();
            self.errors.push(format!("{key} = {number} ({origin}): it must be between {least} and {most}"));
        }
        u64::try_from((*number).clamp(*range.start(), *range.end())).unwrap_or(0)
    }

    /// The switch of a setting.
    pub(super) fn switch(&self, key: &str) -> bool {
        matches!(self.settings.get(key), Some((Value::Switch(true), _)))
    }

    /// Whether anybody has set it.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.settings.get(key).is_some_and(|(_, origin)| *origin != Origin::Default)
    }

    /// Notes a problem that concerns several settings.
    pub(super) fn error(&mut self, problem: String) {
        self.errors.push(problem);
    }

    /// All that is wrong.
    pub(super) fn into_errors(self) -> Vec<String> {
        self.errors
    }

    fn set_from_text(&mut self, key: &str, text: &str, origin: Origin) {
        match self.settings.get(key).and_then(|(old, _)| old.read_alike(text)) {
            Some(value) => self.set(key, value, origin),
            None => self.wrong_kind(key, &origin),
        }
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        match self.settings.get_mut(key) {
            Some((old, _)) if old.kind() != value.kind() => self.wrong_kind(key, &origin),
            Some(setting) => *setting = (value, origin),
            None => {
                let hint = did_you_mean(key, self.settings.keys());
                self.errors.push(format!("{key} ({origin}): there is no such setting{hint}"));
            }
        }
    }

    fn wrong_kind(&mut self, key: &str, origin: &Origin) {
        let problem = match self.settings.get(key) {
            Some((old, _)) => format!("{key} ({origin}): it must be {}", old.kind()),
            None => format!(
                "{key} ({origin}): there is no such setting{}",
                did_you_mean(key, self.settings.keys())
            ),
        };
        self.errors.push(problem);
    }
}

/// Every value with its dotted key and its place in the text.
fn flat<'a, 'i>(table: &'a DeTable<'i>, parent: &str) -> Vec<(String, &'a DeValue<'i>, usize)> {
    let entry = |(key, value): (&Spanned<_>, &'a Spanned<DeValue<'i>>)| {
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        let key = if parent.is_empty() { key.to_string() } else { format!("{parent}.{key}") };
        match value.get_ref() {
            DeValue::Table(table) => flat(table, &key),
            found => vec![(key, found, value.span().start)],
        }
    };
    table.iter().flat_map(entry).collect()
}

fn variable_name(key: &str) -> String {
    format!("OTTER_SERVICE_{}", key.to_ascii_uppercase().replace('.', "_"))
}

/// `; did you mean X?` when something known is close.
fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let last = |text: &str| text.rsplit('.').next().unwrap_or_default().to_owned();
    let closest =
        known.map(|known| (distance(name, known).min(distance(&last(name), &last(known)) + 1), known)).min();
    match closest {
        Some((distance, known)) if distance <= 3 => format!("; did you mean {known}?"),
        _ => "; `otter-service config default` shows all".to_owned(),
    }
}
