//! Grades in files, for gradebooks that import them by hand: `COURSE/SECTION/ASSIGNMENT.csv` in a folder.
//!
//! A file has one row per user: the newest grade, whatever came in between. It is written anew beside itself and takes its
//! own place, so whoever reads it sees it whole, before or after; and it is on disk when the grade counts as posted.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use jiff::Timestamp;
use model::AssignmentKey;

use crate::destination::{Destination, GradeToSend, Verdict};

const HEADER: [&str; 7] = ["user", "score", "max_score", "graded_at", "submission", "grading", "stamp"];
/// Where in a row the time is.
const STAMP: usize = 6;

/// A folder of CSV files.
#[derive(Debug, Clone)]
pub struct CsvDrop {
    folder: PathBuf,
    platform: String,
}

impl CsvDrop {
    /// For one assignment's grades. Touches nothing yet; folders are made when they are needed. Each file is a platform of
    /// its own: one that cannot be written is no reason to leave the others alone.
    #[must_use]
    pub fn new(folder: PathBuf, key: &AssignmentKey) -> Self {
        let platform = format!("the file of {key} in {}", folder.display());
        Self { folder, platform }
    }
}

#[async_trait]
impl Destination for CsvDrop {
    fn platform(&self) -> &str {
        &self.platform
    }

    async fn send(&self, grade: &GradeToSend) -> Verdict {
        // A name is always one part of a path.
        let folder = self.folder.join(grade.key.course.as_str()).join(grade.key.section.as_str());
        let (name, grade) = (format!("{}.csv", grade.key.assignment), grade.clone());
        let words = format!("In {}/{}/{name}.", grade.key.course, grade.key.section);
        match tokio::task::spawn_blocking(move || put(&folder, &name, &grade)).await {
            Ok(Ok(())) => Verdict::Posted { words },
            // Somebody has to make room, or give permission, or move a file away; then it works.
            Ok(Err(error)) => Verdict::again(format!("The file cannot be written: {error}.")),
            Err(_) => Verdict::again("Writing the file failed."),
        }
    }
}

/// Puts a grade into a file, unless a newer one of the same user is there.
fn put(folder: &Path, name: &str, grade: &GradeToSend) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Held until it is dropped: by one process, or one task of it, at a time.
    let lock = File::create(folder.join(format!(".{name}.lock")))?;
    lock.lock()?;
    let path = folder.join(name);
    let mut rows = read(&path)?;
    let user = inert(grade.user.as_str());
    let stamp = |row: &[String; 7]| row[STAMP].parse::<Timestamp>().ok();
    if rows.get(&user).and_then(stamp).is_some_and(|there| there >= grade.stamp) {
        return Ok(());
    }
    let row = [
        user.clone(),
        grade.score.to_string(),
        grade.max_score.to_string(),
        format!("{:.3}", grade.graded_at),
        grade.submission.to_string(),
        grade.grading.to_string(),
        format!("{:.3}", grade.stamp),
    ];
    rows.insert(user, row);
    let mut new = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(fs::Permissions::from_mode(0o640))
        .tempfile_in(folder)?;
    new.write_all(&written(&rows)?)?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    File::open(folder)?.sync_all()
}

/// The rows of a file by user; none if there is no file.
fn read(path: &Path) -> io::Result<BTreeMap<String, [String; 7]>> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let foreign = || {
        let why = format!("{} is not one of these files; move it away", path.display());
        io::Error::new(io::ErrorKind::InvalidData, why)
    };
    let mut reader = csv::Reader::from_reader(content.as_slice());
    if reader.headers().map_err(|_| foreign())? != HEADER.as_slice() {
        return Err(foreign());
    }
    let rows = reader.deserialize::<[String; 7]>();
    rows.map(|row| row.map(|row| (row[0].clone(), row)).map_err(|_| foreign())).collect()
}

fn written(rows: &BTreeMap<String, [String; 7]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows.values() {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Text that a spreadsheet takes as text: what would begin a formula gets an apostrophe (attack 69), and so does what
/// begins with one, so that no two users become one.
fn inert(text: &str) -> String {
    const BEGIN: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\'', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGIN) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_a_formula_and_no_two_are_one() {
        for text in ["=1+1", "+1", "-1", "@sum", "'=1", "＝1"] {
            assert_eq!(inert(text), format!("'{text}"));
        }
        assert_eq!(inert("ada@example.org"), "ada@example.org");
        assert_ne!(inert("=x"), inert("'=x"));
    }
}
