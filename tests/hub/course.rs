//! What the service is configured with: the sample course, with staff.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use nix::sys::signal::Signal;

use crate::{
    running::Running,
    sample::{python, sample},
    support::program,
};

/// The course of the sample.
pub(crate) const COURSE: &str = "data-101";

/// Writes `otter-service.toml` and what it names into a folder.
pub(crate) fn write(folder: &Path, engine: &str) {
    fs::create_dir_all(folder).unwrap();
    let course = sample("course");
    // `eve` by name, `ta` by a group of the hub.
    let courses =
        format!("{COURSE}:\n  folder: {}\n  staff: [eve, \"group:{COURSE}-staff\"]\n", course.display());
    fs::write(folder.join("courses.yaml"), courses).unwrap();
    let (folder_text, python) = (folder.display(), python());
    let config = format!(
        "[data]\ndir = \"{folder_text}/data\"\n[materials]\ncourses = \"{folder_text}/courses.yaml\"\n\
         [environment]\npython = \"{python}\"\n[grading]\nengine = \"{engine}\"\njobs = 1\ndrain_s = 1\n"
    );
    fs::write(folder.join("otter-service.toml"), config).unwrap();
}

/// Lets a service post grades to an edX.
pub(crate) fn posts_to(folder: &Path, edx: &str) {
    let mut config = fs::OpenOptions::new().append(true).open(folder.join("otter-service.toml")).unwrap();
    let lines =
        format!("[passback]\npost_grade = true\nedx_url = \"{edx}\"\nallow_private = \"127.0.0.1\"\n");
    config.write_all(lines.as_bytes()).unwrap();
}

/// Gives a service's data what it would find out at its first start, which takes it ten seconds.
pub(crate) fn is_known(folder: &Path) {
    static KNOWN: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hub");
        write(&folder, "otter");
        // Another process of this test may be at the same.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let config = folder.join("otter-service.toml");
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(config);
        let mut service = Running::start(&mut command, &folder.join("data"));
        service.says("otter-service is ready", Duration::from_mins(2));
        service.end_by(Signal::SIGTERM);
        folder.join("data/environments/preload")
    });
    let to = folder.join("data/environments/preload");
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(&*KNOWN).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
