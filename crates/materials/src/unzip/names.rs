//! An entry's name, made into a path that cannot leave the folder it is unpacked into (attack 44).

use thiserror::Error;

/// The most bytes of a whole name; longer paths are trouble for every system that a course runs on.
pub(super) const MAX_NAME_BYTES: usize = 1024;
/// The most bytes between two `/`: what file systems take.
pub(super) const MAX_PART_BYTES: usize = 255;
/// The most folders and files on the way to an entry.
pub(super) const MAX_DEPTH: usize = 50;

/// What is wrong with an entry's name, as the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameProblem {
    /// Begins with `/`.
    #[error("its name begins with `/`, and names in an archive must be relative")]
    Absolute,
    /// Begins with a letter and a colon.
    #[error("its name begins with a drive letter, and names in an archive must be relative")]
    Drive,
    /// Has a part `..`.
    #[error("its name has a part `..`, which leads out of the folder")]
    Parent,
    /// Has a `\`.
    #[error(
        "its name has a backslash, where zip archives separate folders with `/`; compress the folder again, for instance with the system's own \"Compress\""
    )]
    Backslash,
    /// Has a NUL byte.
    #[error("its name has a NUL byte")]
    Nul,
    /// Names nothing.
    #[error("it is a file without a name")]
    Nothing,
    /// Longer than file systems take.
    #[error(
        "its name is too long; at most {MAX_NAME_BYTES} bytes, and {MAX_PART_BYTES} between two `/`, are taken"
    )]
    TooLong,
    /// Nested deeper than anything real.
    #[error("it is nested deeper than {MAX_DEPTH} folders")]
    TooDeep,
}

/// The entry's path below the folder it is unpacked into: normal parts joined by `/`, or empty for the folder
/// itself. Parts that mean nothing (`.` and empty ones, as in `./a//b/`) are left out, as Python's `zipfile` does.
pub(crate) fn relative_path(name: &str) -> Result<String, NameProblem> {
    if name.contains('\0') {
        return Err(NameProblem::Nul);
    }
    if name.contains('\\') {
        return Err(NameProblem::Backslash);
    }
    if name.starts_with('/') {
        return Err(NameProblem::Absolute);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameProblem::TooLong);
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.first().is_some_and(|part| has_drive(part)) {
        return Err(NameProblem::Drive);
    }
    if parts.contains(&"..") {
        return Err(NameProblem::Parent);
    }
    if parts.iter().any(|part| part.len() > MAX_PART_BYTES) {
        return Err(NameProblem::TooLong);
    }
    if parts.len() > MAX_DEPTH {
        return Err(NameProblem::TooDeep);
    }
    Ok(parts.join("/"))
}

fn has_drive(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_are_paths() {
        let path = |name| relative_path(name).unwrap();
        assert_eq!(path("files/data.csv"), "files/data.csv");
        assert_eq!(path("./a//b/"), "a/b");
        assert_eq!(path("./"), "");
        assert_eq!(path("..."), "...");
        assert_eq!(path("tests/q1..py"), "tests/q1..py");
        assert_eq!(path("Données/mañana 1.ipynb"), "Données/mañana 1.ipynb");
        assert_eq!(path("Icon\r"), "Icon\r");
        assert_eq!(path("12:30.txt"), "12:30.txt");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        use NameProblem as P;
        let long_part = "x".repeat(256);
        let long_name = "x/".repeat(513);
        let deep = "x/".repeat(51);
        for (name, problem) in [
            ("/etc/passwd", P::Absolute),
            ("//host/share", P::Absolute),
            ("..", P::Parent),
            ("../x", P::Parent),
            ("a/../../x", P::Parent),
            ("a/..", P::Parent),
            ("C:/x", P::Drive),
            ("c:x", P::Drive),
            ("./C:/x", P::Drive),
            ("a\\b", P::Backslash),
            ("..\\x", P::Backslash),
            ("\\\\host\\share", P::Backslash),
            ("a\0b", P::Nul),
            (&long_part, P::TooLong),
            (&long_name, P::TooLong),
            (&deep, P::TooDeep),
        ] {
            assert_eq!(relative_path(name), Err(problem), "{name:?}");
        }
        assert!(relative_path(&"x".repeat(255)).is_ok());
        assert!(relative_path(&"x/".repeat(50)).is_ok());
    }

    proptest! {
        #[test]
        fn a_path_never_leaves_the_folder(name in r"([a-c.]|/|\\|\.\.|\x00|[A-C]:|.){0,40}") {
            if let Ok(path) = relative_path(&name) {
                let is_plain = |part| matches!(part, Component::Normal(_));
                prop_assert!(Path::new(&path).components().all(is_plain));
                prop_assert!(Path::new("/base").join(&path).starts_with("/base"));
                prop_assert_eq!(relative_path(&path), Ok(path.clone()));
            }
        }
    }
}
