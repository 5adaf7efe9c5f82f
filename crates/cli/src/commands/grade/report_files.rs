//! One JSON report for each submission.

use std::{collections::BTreeSet, fs, path::Path};

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

/// Writes `NAME.json` for the submission `NAME.ipynb`; where two have the same name, `NAME-2.json` and so on.
pub(super) fn write(dir: &Path, graded: &[Graded]) -> anyhow::Result<()> {
    let mut taken = BTreeSet::new();
    for Graded { name, outcome } in graded {
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        let mut file = format!("{stem}.json");
        for number in 2.. {
            if taken.insert(file.clone()) {
                break;
            }
            file = format!("{stem}-{number}.json");
        }
        let content = ReportFile {
            submission: name,
            report: outcome.as_ref().ok(),
            fault: outcome.as_ref().err().map(|fault| fault.message.as_str()),
        };
        let path = dir.join(file);
        fs::write(&path, serde_json::to_vec_pretty(&content)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}
