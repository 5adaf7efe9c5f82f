//! What is written for each submission: its report, and its notebook as it was run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use model::Report;
use serde::Serialize;

use super::Graded;

/// The folder for notebooks as they were run: apart, so that they are not taken for submissions the next time.
const EXECUTED: &str = "executed";

#[derive(Serialize)]
struct ReportFile<'a> {
    submission: &'a str,
    #[serde(flatten)]
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    /// The notebook as it was run, relative to the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    executed: Option<&'a str>,
}

/// Where the files go: `NAME.json` and `executed/NAME.ipynb` for the submission `NAME.ipynb`; where two have the same
/// name, `NAME-2.json` and so on.
pub(super) struct OutputFiles {
    dir: PathBuf,
    stems: Vec<String>,
}

impl OutputFiles {
    pub(super) fn new(dir: &Path, names: &[String]) -> Self {
        let mut taken = BTreeSet::new();
        let stem_of = |name: &String| {
            let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let numbered = (2..).map(|number| format!("{stem}-{number}"));
            let free = std::iter::once(stem.clone()).chain(numbered).find(|stem| taken.insert(stem.clone()));
            free.unwrap_or(stem)
        };
        Self { dir: dir.to_owned(), stems: names.iter().map(stem_of).collect() }
    }

    /// Fails if one of the submissions lies where notebooks as they were run would be written.
    pub(super) fn refuse_to_overwrite(&self, submissions: &[PathBuf]) -> anyhow::Result<()> {
        let Ok(executed) = self.dir.join(EXECUTED).canonicalize() else { return Ok(()) };
        let is_inside = |path: &&PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(&executed));
        if let Some(inside) = submissions.iter().find(is_inside) {
            bail!(
                "{} lies in the folder {}, where notebooks are written as they were run; choose another --output",
                inside.display(),
                executed.display()
            );
        }
        Ok(())
    }

    /// Writes what there is of the submission with this index.
    pub(super) fn write(&self, index: usize, graded: &Graded, executed: Option<&[u8]>) -> anyhow::Result<()> {
        let Graded { name, outcome } = graded;
        let stem = &self.stems[index];
        let executed_path = format!("{EXECUTED}/{stem}.ipynb");
        if let Some(notebook) = executed {
            let folder = self.dir.join(EXECUTED);
            fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            write(&self.dir.join(&executed_path), notebook)?;
        }
        let report = ReportFile {
            submission: name,
            report: outcome.as_ref().ok(),
            fault: outcome.as_ref().err().map(|fault| fault.message.as_str()),
            executed: executed.map(|_| executed_path.as_str()),
        };
        write(&self.dir.join(format!("{stem}.json")), &serde_json::to_vec_pretty(&report)?)
    }
}

fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    fs::write(path, content).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use model::Fault;

    use super::*;

    #[test]
    fn no_two_submissions_share_a_file() {
        let names = ["a/lab01.ipynb", "b/lab01.ipynb", "lab01-2.ipynb", "lab01.py"].map(String::from);
        let files = OutputFiles::new(Path::new("out"), &names);
        assert_eq!(files.stems, ["lab01", "lab01-2", "lab01-2-2", "lab01-3"]);
    }

    #[test]
    fn a_notebook_as_it_was_run_lies_apart_and_its_report_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let files = OutputFiles::new(dir.path(), &["ada.ipynb".into(), "ada.py".into()]);
        let graded = Graded { name: "ada.ipynb".into(), outcome: Err(Fault::passing("the disk is full")) };
        files.write(0, &graded, Some(b"{}")).unwrap();
        files.write(1, &graded, None).unwrap();
        let names = |name: &str| -> serde_json::Value {
            let report = fs::read(dir.path().join(name)).unwrap();
            serde_json::from_slice::<serde_json::Value>(&report).unwrap()["executed"].clone()
        };
        assert_eq!((names("ada.json"), names("ada-2.json")), ("executed/ada.ipynb".into(), ().into()));
        assert_eq!(fs::read(dir.path().join("executed/ada.ipynb")).unwrap(), b"{}");
        assert!(!dir.path().join("executed/ada-2.ipynb").exists());
    }

    #[test]
    fn submissions_are_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let files = OutputFiles::new(dir.path(), &["ada.ipynb".into()]);
        let (beside, inside) = (dir.path().join("ada.ipynb"), dir.path().join("executed/ada.ipynb"));
        files.refuse_to_overwrite(std::slice::from_ref(&beside)).unwrap();
        fs::create_dir(dir.path().join("executed")).unwrap();
        fs::write(&inside, "{}").unwrap();
        files.refuse_to_overwrite(std::slice::from_ref(&beside)).unwrap();
        let error = files.refuse_to_overwrite(&[beside, inside]).unwrap_err();
        assert!(error.to_string().contains("choose another --output"), "{error}");
    }
}
