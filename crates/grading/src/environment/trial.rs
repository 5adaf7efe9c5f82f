//! Which modules may be imported before a notebook runs: tried out once for each environment.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    time::Duration,
};

use sandbox::{Ceiling, Limits, Network, Request, Supervisor, User};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex;

/// The modules that a zygote imports, and those that it must not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Preload {
    /// The file that says so, for the zygote; in a folder with nothing else than such files.
    #[serde(skip)]
    pub file: PathBuf,
    /// Neutral together, in this order.
    pub modules: Vec<String>,
    /// Not neutral: what each one changes when it is imported.
    pub refused: BTreeMap<String, String>,
}

impl Preload {
    /// Nothing is imported beforehand. Grades are the same, and slower.
    pub(super) fn none(folder: &Path) -> Self {
        let file = folder.join("none.json");
        let none = Self { file, ..Self::default() };
        if let Err(error) = none.write(folder, &none.file) {
            tracing::warn!(file = %none.file.display(), %error, "it cannot be written");
        }
        none
    }

    fn write(&self, folder: &Path, file: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let new = tempfile::Builder::new().permissions(readable()).tempfile_in(folder)?;
        fs::write(new.path(), serde_json::to_vec_pretty(self)?)?;
        new.persist(file)?;
        Ok(())
    }
}

/// The program that finds out (docs/explanation/decisions/0013-environments-and-preloading.md): a package.
const PROGRAM: [(&str, &str); 3] = [
    ("__init__.py", ""),
    ("neutral.py", include_str!("../../../../runner/otter_runner/neutral.py")),
    ("observed.py", include_str!("../../../../runner/otter_runner/observed.py")),
];
const START: &str = "import sys; sys.path.insert(0, sys.argv[1]); from otter_runner import neutral; \
                     sys.path.pop(0); sys.exit(neutral.main())";

/// The trial of one environment.
pub(super) struct Trial<'a> {
    pub(super) id: &'a str,
    pub(super) python: &'a Path,
    pub(super) supervisor: &'a Supervisor,
    pub(super) gradings: &'a Path,
    pub(super) user: Option<User>,
    pub(super) folders: &'a [PathBuf],
}

impl Trial<'_> {
    /// What an earlier trial found, else what this one finds. Kept in `folder`.
    pub(super) async fn result(
        &self,
        folder: &Path,
        on_line: &(dyn Fn(&str) + Send + Sync),
    ) -> io::Result<Preload> {
        let file = folder.join(format!("{}-{}.json", self.id, version()));
        let known = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Preload>(&text).ok());
        let found = if let Some(known) = known {
            known
        } else {
            on_line("finding out which modules can be imported before a notebook runs");
            let found = self.run().await?;
            found.write(folder, &file)?;
            found
        };
        Ok(Preload { file, ..found })
    }

    /// Writes the program into a folder that belongs to whom it runs as.
    fn lay_out(&self, home: &Path) -> io::Result<()> {
        let package = home.join("otter_runner");
        fs::create_dir(&package)?;
        let mut paths = vec![home.to_owned(), package.clone()];
        for (name, text) in PROGRAM {
            fs::write(package.join(name), text)?;
            paths.push(package.join(name));
        }
        let give = |user: User| paths.iter().try_for_each(|path| chown(path, Some(user.uid), Some(user.gid)));
        self.user.map_or(Ok(()), give)
    }

    async fn run(&self) -> io::Result<Preload> {
        let home = tempfile::Builder::new().prefix("trial-").tempdir_in(self.gradings)?;
        self.lay_out(home.path())?;
        let one = "1".to_owned();
        let place = home.path().to_string_lossy().into_owned();
        // As the zygote has it.
        let env = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME", place.clone()),
            ("TMPDIR", place.clone()),
            ("LANG", "C.UTF-8".to_owned()),
            ("MPLBACKEND", "module://matplotlib_inline.backend_inline".to_owned()),
            ("OPENBLAS_NUM_THREADS", one.clone()),
            ("OMP_NUM_THREADS", one.clone()),
            ("MKL_NUM_THREADS", one.clone()),
            ("NUMEXPR_NUM_THREADS", one),
        ];
        let request = Request {
            program: self.python.to_owned(),
            args: ["-I", "-B", "-c", START, &place].map(str::to_owned).into(),
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            dir: home.path().to_owned(),
            input: String::new(),
            user: self.user,
            limits: Limits {
                wall: Duration::from_mins(5),
                cpu: Duration::from_mins(5),
                memory_bytes: 8 << 30,
                ..Limits::default()
            },
            readable: self.folders.to_vec(),
            writable: vec![home.path().to_owned()],
            network: Network::default(),
            ceiling: Ceiling::default(),
        };
        let mut found = None;
        let ending = self
            .supervisor
            .run(&request, |line| found = found.take().or_else(|| serde_json::from_str(line).ok()))
            .await
            .map_err(io::Error::other)?;
        found.ok_or_else(|| {
            let said = ending.stderr_tail.lines().last().unwrap_or_default();
            io::Error::other(format!("it ended with {:?} {said}", ending.how))
        })
    }
}

/// Another program looks at other things.
fn version() -> String {
    let texts = PROGRAM.map(|(_, text)| text).concat();
    hex(&Sha256::digest(texts)[..4])
}

fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}
