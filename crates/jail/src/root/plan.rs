//! Which folders and links must stand in a new root so that given paths lead where they lead now.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// How many links a path may lead through, as in the kernel.
const MOST_LINKS: u32 = 40;

/// What must stand in a new root.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Real files and folders; each before what lies in it.
    pub(super) binds: BTreeSet<PathBuf>,
    /// Symbolic links and where they point.
    pub(super) links: BTreeMap<PathBuf, PathBuf>,
}

impl Plan {
    /// Adds what a path (absolute) leads through and to.
    pub(super) fn add(&mut self, path: &Path) -> io::Result<()> {
        let (real, links) = follow(path)?;
        self.links.extend(links);
        self.binds.insert(real);
        Ok(())
    }

    /// The binds that do not lie in another one.
    pub(super) fn outermost(&self) -> impl Iterator<Item = &PathBuf> {
        self.binds.iter().filter(|path| !path.ancestors().skip(1).any(|above| self.binds.contains(above)))
    }
}

/// Where a path leads, and the links on its way.
pub(super) fn follow(path: &Path) -> io::Result<(PathBuf, Vec<(PathBuf, PathBuf)>)> {
    let invalid =
        |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {why}", path.display()));
    if !path.is_absolute() {
        return Err(invalid("not an absolute path"));
    }
    let mut links = Vec::new();
    let mut links_left = MOST_LINKS;
    let mut real = PathBuf::from("/");
    let mut parts: VecDeque<Part> = parts(path).collect();
    while let Some(part) = parts.pop_front() {
        let name = match part {
            Part::Root => {
                real = PathBuf::from("/");
                continue;
            }
            Part::Up => {
                real.pop();
                continue;
            }
            Part::Name(name) => name,
        };
        let next = real.join(name);
        let kind = fs::symlink_metadata(&next)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", next.display())))?;
        if !kind.is_symlink() {
            real = next;
            continue;
        }
        links_left = links_left.checked_sub(1).ok_or_else(|| invalid("too many links"))?;
        let target = fs::read_link(&next)?;
        for part in self::parts(&target).collect::<Vec<_>>().into_iter().rev() {
            parts.push_front(part);
        }
        links.push((next, target));
    }
    Ok((real, links))
}

enum Part {
    Root,
    Up,
    Name(OsString),
}

fn parts(path: &Path) -> impl Iterator<Item = Part> + '_ {
    path.components().filter_map(|part| match part {
        Component::RootDir => Some(Part::Root),
        Component::ParentDir => Some(Part::Up),
        Component::Normal(name) => Some(Part::Name(name.to_owned())),
        Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_path_is_followed_through_its_links() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        fs::create_dir_all(dir.join("real/bin")).unwrap();
        fs::write(dir.join("real/bin/python3.11"), "").unwrap();
        symlink("real", dir.join("env")).unwrap();
        symlink("python3", dir.join("real/bin/python")).unwrap();
        symlink("../bin/python3.11", dir.join("real/bin/python3")).unwrap();

        let mut plan = Plan::default();
        plan.add(&dir.join("env/bin/python")).unwrap();
        plan.add(&dir.join("env")).unwrap();
        plan.add(&dir.join("env/./bin/..")).unwrap();
        let links: Vec<_> = plan.links.keys().map(|link| link.strip_prefix(&dir).unwrap()).collect();
        assert_eq!(links, [Path::new("env"), Path::new("real/bin/python"), Path::new("real/bin/python3")]);
        assert_eq!(plan.outermost().collect::<Vec<_>>(), [&dir.join("real")]);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_named() {
        let dir = tempfile::tempdir().unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        assert!(follow(&dir.path().join("loop")).unwrap_err().to_string().contains("too many links"));
        let error = follow(&dir.path().join("no/python")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("/no: "), "{error}");
        assert!(follow(Path::new("python")).is_err());
    }
}
