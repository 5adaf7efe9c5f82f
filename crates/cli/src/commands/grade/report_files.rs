//! One JSON report for each submission.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use model::Report;
use serde::Serialize;

use super::Graded;

#[derive(Serialize)]
struct ReportFile<'a> {
    submission: &'a str,
    #[serde(flatten)]
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
}

/// Where the reports go: `NAME.json` for the submission `NAME.ipynb`; where two have the same name, `NAME-2.json` and so
/// on.
pub(super) struct ReportFiles(Vec<PathBuf>);

impl ReportFiles {
    pub(super) fn new(dir: &Path, names: &[String]) -> Self {
        let mut taken = BTreeSet::new();
        let file_of = |name: &String| {
            let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let numbered = (2..).map(|number| format!("{stem}-{number}.json"));
            let free = std::iter::once(format!("{stem}.json"))
                .chain(numbered)
                .find(|file| taken.insert(file.clone()));
            dir.join(free.unwrap_or(stem))
        };
        Self(names.iter().map(file_of).collect())
    }

    /// Writes the report of the submission with this index.
    pub(super) fn write(&self, index: usize, graded: &Graded) -> anyhow::Result<()> {
        let Graded { name, outcome } = graded;
        let content = ReportFile {
            submission: name,
            report: outcome.as_ref().ok(),
            fault: outcome.as_ref().err().map(|fault| fault.message.as_str()),
        };
        let path = &self.0[index];
        fs::write(path, serde_json::to_vec_pretty(&content)?)
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_reports_share_a_file() {
        let names = ["a/lab01.ipynb", "b/lab01.ipynb", "lab01-2.ipynb", "lab01.py"].map(String::from);
        let files = ReportFiles::new(Path::new("out"), &names).0;
        let files: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(files, ["out/lab01.json", "out/lab01-2.json", "out/lab01-2-2.json", "out/lab01-3.json"]);
    }
}
