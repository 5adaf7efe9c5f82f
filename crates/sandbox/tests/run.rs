//! The supervisor on real programs.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use model::Limit;
use sandbox::{Ceiling, Ending, How, Limits, Network, Request, SandboxError, Supervisor, User};

fn supervisor() -> Supervisor {
    Supervisor::at(env!("CARGO_BIN_EXE_supervise"))
}

fn request(script: &str) -> Request {
    Request {
        program: "/bin/bash".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        dir: "/".into(),
        input: String::new(),
        user: None,
        limits: Limits { wall: Duration::from_secs(20), ..Limits::default() },
        readable: Vec::new(),
        writable: Vec::new(),
        network: Network::None,
        ceiling: Ceiling::Namespaces,
    }
}

async fn run(request: &Request) -> (Ending, Vec<String>) {
    let mut lines = Vec::new();
    let ending = supervisor().run(request, |line| lines.push(line.to_owned())).await.unwrap();
    (ending, lines)
}

/// A Python that every user may run.
fn python() -> &'static str {
    let python =
        ["/usr/bin/python3", "/usr/local/bin/python3"].into_iter().find(|path| Path::new(path).exists());
    python.expect("these tests need Python 3 (apt-get install python3)")
}

/// A number of seconds that no other run of these tests sleeps.
fn word(seconds: u32) -> String {
    format!("{seconds}.{}", std::process::id())
}

/// Whether a process with this word in its command line lives on this machine.
fn lives(word: &str) -> bool {
    let commands = std::fs::read_dir("/proc").unwrap().flatten();
    commands.into_iter().any(|entry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(word)
            && entry.file_name() != std::process::id().to_string().as_str()
    })
}

#[tokio::test]
async fn a_program_gets_its_input_and_a_clean_environment() {
    let mut request = request("cat; env; echo done >&2; exit 3");
    request.input = "hello\n".into();
    request.env.push(("COLOUR".into(), "blue".into()));
    let (ending, lines) = run(&request).await;
    assert_eq!(ending.how, How::Exited(3));
    assert_eq!(lines[0], "hello");
    assert!(lines.contains(&"COLOUR=blue".to_owned()));
    assert!(!lines.iter().any(|line| line.starts_with("HOME=") || line.starts_with("CARGO")), "{lines:?}");
    assert_eq!(ending.stderr_tail, "done\n");
}

#[tokio::test]
async fn a_program_inherits_no_descriptor() {
    // As if whoever started the service had left it open.
    let held = std::fs::File::open("/etc/hostname").unwrap();
    rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::empty()).unwrap();
    let (_, lines) = run(&request("ls /proc/self/fd")).await;
    assert_eq!(lines, ["0", "1", "2", "3"], "3 is the folder that ls itself reads");
}

#[tokio::test]
async fn a_program_that_cannot_start_is_named() {
    let missing = Request { program: "/no/such/program".into(), ..request("") };
    let error = supervisor().run(&missing, |_| {}).await.unwrap_err();
    assert!(matches!(&error, SandboxError::Program(why) if why.contains("No such file")), "{error}");
}

#[tokio::test]
async fn a_signal_is_told_from_an_exit() {
    let (ending, _) = run(&request("kill -SEGV $$")).await;
    assert_eq!(ending.how, How::Signaled(11));
    let (ending, _) = run(&request("kill -TERM $$")).await;
    assert_eq!(ending.how, How::Signaled(15), "signals are not blocked in the program");
    let (ending, _) = run(&request("exit 254")).await;
    assert_eq!(ending.how, How::Exited(253), "the program's own exit is not taken for a failure to start");
}

#[tokio::test]
async fn shared_memory_is_limited_and_goes_with_the_run() {
    let name = format!("/dev/shm/left-{}", std::process::id());
    let mut request = request(&format!("head -c 200000000 /dev/zero > {name}; stat -c %s {name}"));
    request.limits.memory_bytes = 64 << 20;
    let (ending, lines) = run(&request).await;
    if ending.isolation.namespaces {
        assert!(lines[0].parse::<u64>().unwrap() <= 16 << 20, "{lines:?}");
    }
    assert!(!Path::new(&name).exists());
}

#[tokio::test]
async fn time_runs_out_for_the_whole_family_even_in_its_own_session() {
    // Daemons in sessions of their own, with signals ignored, as a hostile notebook would start them.
    let word = word(4711);
    let mut request = request(&format!(
        "trap '' TERM INT HUP
        (setsid sleep {word}1 &) ; setsid bash -c 'trap \"\" TERM; sleep {word}2' & sleep {word}3"
    ));
    request.limits.wall = Duration::from_millis(700);
    let began = Instant::now();
    let (ending, _) = run(&request).await;
    assert_eq!(ending.how, How::Limit(Limit::WallSeconds));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(!lives(&word), "a process outlived its run");
}

#[tokio::test]
async fn a_daemon_does_not_outlive_a_program_that_ends_well() {
    let word = word(4712);
    let (ending, _) = run(&request(&format!("(setsid sleep {word} >/dev/null 2>&1 &); exit 0"))).await;
    assert_eq!(ending.how, How::Exited(0));
    assert!(!lives(&word), "a daemon outlived its run");
}

#[tokio::test]
async fn letting_go_ends_everything() {
    let word = word(4713);
    // The shell that says so stays: while a process becomes another program, its command line reads as empty.
    let request = request(&format!("setsid bash -c 'sleep {word}1 & echo up; wait' & sleep {word}2"));
    let (up, mut is_up) = tokio::sync::mpsc::unbounded_channel();
    let supervisor = supervisor();
    let running = tokio::spawn(async move { supervisor.run(&request, |_| up.send(()).unwrap()).await });
    is_up.recv().await.unwrap();
    assert!(lives(&word));
    running.abort();
    let began = Instant::now();
    while lives(&word) {
        assert!(began.elapsed() < Duration::from_secs(10), "it lives on after its supervisor was let go");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn memory_of_one_process_is_refused_and_of_many_is_ended() {
    let python = python();
    let mut one = request(&format!("{python} -c 'bytearray(900 << 20)' 2>&1 | tail -n 1"));
    one.limits.memory_bytes = 400 << 20;
    let (ending, lines) = run(&one).await;
    assert_eq!((ending.how, lines), (How::Exited(0), vec!["MemoryError".to_owned()]));

    let hog = format!("{python} -c 'import time; b = bytearray(150 << 20); time.sleep(20)'");
    let mut many = request(&format!("{hog} & {hog} & {hog} & {hog} & wait"));
    many.limits.memory_bytes = 400 << 20;
    let (ending, _) = run(&many).await;
    assert_eq!(ending.how, How::Limit(Limit::MemoryBytes));
    assert!(ending.peak_memory_bytes > 400 << 20);
}

#[tokio::test]
async fn a_fork_bomb_ends() {
    let mut request = request("bomb() { bomb | bomb & }; bomb; sleep 20");
    request.limits.processes = 60;
    let (ending, _) = run(&request).await;
    assert_eq!(ending.how, How::Limit(Limit::Processes));
}

#[tokio::test]
async fn a_flood_of_output_ends() {
    let mut request = request("yes");
    request.limits.output_bytes = 1 << 20;
    let (ending, _) = run(&request).await;
    assert_eq!(ending.how, How::Limit(Limit::OutputBytes));
}

#[tokio::test]
async fn computing_time_is_counted_and_limited() {
    let mut request = request("for i in 1 2; do (while :; do :; done) & done; wait");
    request.limits.cpu = Duration::from_millis(500);
    let (ending, _) = run(&request).await;
    assert_eq!(ending.how, How::Limit(Limit::CpuSeconds));
    assert!(ending.cpu >= Duration::from_millis(500));
}

#[tokio::test]
async fn a_large_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut request = request("head -c 2000000 /dev/zero > big; stat -c %s big");
    request.dir = dir.path().to_owned();
    request.writable = vec![dir.path().to_owned()];
    request.limits.file_bytes = 1_000_000;
    let (_, lines) = run(&request).await;
    assert_eq!(lines, ["1000000"]);
}

#[tokio::test]
async fn as_root_a_program_runs_as_a_user_of_its_own_whose_processes_the_kernel_limits() {
    if !nix::unistd::getuid().is_root() {
        assert!(std::env::var_os("CI").is_none(), "CI runs as root");
        eprintln!("SKIPPED: only root can run a program as another user");
        return;
    }
    let code = "import os, time
print(os.getuid(), os.getgid(), os.getgroups(), flush=True)
try: os.kill(os.getppid(), 9); print('sent', flush=True)
except OSError as error: print(type(error).__name__, flush=True)
try:
    while True:
        if os.fork() == 0: time.sleep(20)
except OSError as error: print(type(error).__name__, flush=True)
time.sleep(20)";
    let mut request = request("");
    request.program = python().into();
    request.args = vec!["-c".into(), code.into()];
    request.user = Some(User { uid: 60_999, gid: 60_999 });
    request.limits.processes = 40;
    let (ending, lines) = run(&request).await;
    assert_eq!(lines, ["60999 60999 []", "PermissionError", "BlockingIOError"], "{ending:?}");
    assert_eq!(ending.how, How::Limit(Limit::Processes));
    assert!(ending.isolation.own_user && ending.isolation.process_limit);
}
