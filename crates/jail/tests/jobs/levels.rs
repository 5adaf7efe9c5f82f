//! What holds in a job, on every level that this machine offers.

use crate::kit::{As, Crowd, LIMITS, Zygote, among_unseen_processes, on_every_level, on_odd_levels_too};
use frames::FromInit;
use jail::{
    enclosure::Enclosure,
    ids::{IdMap, Ids},
};
use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

#[test]
fn a_job_is_nobody_and_sees_only_itself() {
    on_odd_levels_too(|zygote, level| {
        let mut job = zygote.job("python", WHO, LIMITS);
        assert!(job.isolation.contains("landlock"), "{}", job.isolation);
        assert!(job.isolation.contains("seccomp"));
        assert_eq!(job.isolation.contains("namespaces"), level.namespaces());
        assert_eq!(job.isolation.contains("own-user"), level.is_root());
        assert!(!job.isolation.contains("not limited"));
        assert_eq!(job.line(), "user True", "not root");
        assert_eq!(job.line(), "privileges 0 1", "no capabilities, no new ones");
        assert_eq!(job.line(), "descriptors [0, 1, 2]", "of the zygote's there are none");
        if level.namespaces() {
            assert_eq!(job.line(), "1000 /work");
            assert_eq!(job.line(), "others []", "neither the init nor a sibling is in /proc");
        }
        if level.sees_processes() {
            assert_eq!(job.line(), "oom 1000");
        }
    });
}

const WHO: &str = "
import ctypes, fcntl, os
print('user', os.getuid() != 0 and os.getuid() == os.geteuid(), flush=True)
libc = ctypes.CDLL(None, use_errno=True)
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc.syscall(125 if os.uname().machine == 'x86_64' else 90, header, data)
print('privileges', sum(data), libc.prctl(39, 0, 0, 0, 0))
def kind(fd):
    try: fcntl.fcntl(fd, fcntl.F_GETFD); return True
    except OSError: return False
# The notebook socket is there twice (as 1 and 2) and under its own number.
own = os.stat(1).st_ino
print('descriptors', [fd for fd in range(256) if kind(fd) and (fd < 3 or os.fstat(fd).st_ino != own)])
print(os.getuid(), os.getcwd())
try: print('others', [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) != os.getpid()])
except OSError as error: print('others', error)
try: print('oom', open('/proc/self/oom_score_adj').read())
except OSError as error: print('oom', error)
";

#[test]
fn files_are_laid_out_and_go_with_the_job() {
    on_every_level(|zygote, _| {
        let files = tempfile::tempdir().unwrap();
        std::fs::create_dir(files.path().join("data")).unwrap();
        std::fs::write(files.path().join("data/a.csv"), "7").unwrap();
        let code = "import os, tempfile
print(open('data/a.csv').read(), end=' ')
open('data/a.csv', 'w').write('8'); os.mkdir('new'); os.rename('data/a.csv', 'new/b')
print(open('new/b').read(), end=' ')
tempfile.NamedTemporaryFile().write(b'x'); print(os.listdir('.'))";
        let mut said = Vec::new();
        for _ in 0..2 {
            let job = zygote.job_with("python", code, LIMITS, files.path());
            said.push(job.all());
        }
        for said in said {
            assert!(said.starts_with("7 8 ["), "{said}");
        }
    });
}

#[test]
fn what_courses_use_works() {
    let code = "
import ctypes, json, multiprocessing, os, socket, sqlite3, subprocess, threading, time
def square(x): return x * x
if __name__ == '__main__':
    print(subprocess.run(['sh', '-c', 'echo out'], capture_output=True, text=True).stdout.strip())
    threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(20)]
    [t.start() for t in threads]; [t.join() for t in threads]
    a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))
    child = subprocess.Popen(['sleep', '60']); child.terminate(); print(child.wait())
    sqlite3.connect('db').execute('create table t (x)')
    os.sched_getaffinity(0); print(len(os.urandom(4)))
";
    on_every_level(|zygote, level| {
        let mut job = zygote.job("python", code, LIMITS);
        let lines: Vec<_> = (0..4).map(|_| job.line()).collect();
        assert_eq!(lines, ["out", "b'x'", "-15", "4"], "{level:?}");
        if level.namespaces() {
            let pools = "
from multiprocessing import Pool, Queue, Lock
def square(x): return x * x
with Pool(3) as pool: print(sum(pool.map(square, range(10))))
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool: print(sum(pool.map(square, range(10))))";
            assert_eq!(zygote.python(pools), "285\n285\n");
        }
    });
}

#[test]
fn the_init_closes_the_notebook_and_keeps_the_snapshots() {
    // A notebook that ignores everything, with a daemon, and a child that is to stay.
    let code = "
import os, signal, sys, time
for s in range(1, 32):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
r, w = os.pipe()
kept = os.fork()
if kept == 0:
    os.close(w)
    while True:
        time.sleep(0.01); print('tick', flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: pass
    os._exit(0)
print(kept, flush=True)
while True: pass";
    on_odd_levels_too(|zygote, _| {
        let mut job = zygote.job("python", code, LIMITS);
        let kept = loop {
            if let Ok(pid) = job.line().parse::<i32>() {
                break pid;
            }
        };
        let said = job.close(vec![kept]);
        assert!(said.iter().any(|said| matches!(said, FromInit::NotebookEnded { status: -9 })), "{said:?}");
        let FromInit::Closed { cpu_s, peak_memory_bytes } = said.last().unwrap() else { panic!("{said:?}") };
        assert!(*cpu_s >= 0.0 && *peak_memory_bytes < LIMITS.memory_bytes);
        // What was written before it was closed, and then ticks that can only come from the kept one.
        for _ in 0..300 {
            assert_eq!(job.line(), "tick");
        }
        job.init.send(&frames::ToInit::EndOthers { keep: Vec::new() }).unwrap();
        let output = job.all();
        assert!(output.lines().all(|line| line == "tick"), "all who held the socket are gone");
    });
}

/// What a snapshot has made ends with it, and a number that is no process of the job is nobody's.
#[test]
fn what_a_snapshot_makes_ends_with_it() {
    // Two that are to stay. On a word one of them goes off: processes that make processes, in sessions of their own.
    let code = "
import os, time
def stay(name):
    print(name, os.getpid(), flush=True)
    while not os.path.exists('go off') or name == 'other': time.sleep(0.01); print('tick', flush=True)
    print('off', flush=True)
    while True:
        try:
            if os.fork() == 0: os.setsid()
        except OSError: pass
for name in ('one', 'other'):
    if os.fork() == 0: stay(name)
time.sleep(1)
open('go off', 'w')
time.sleep(60)";
    let limits = frames::JobLimits { processes: 40, ..LIMITS };
    // One of the host, whom nobody is to wake.
    let mut bystander = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = Pid::from_raw(bystander.id().cast_signed());
    kill(pid, Signal::SIGSTOP).unwrap();
    waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
    on_odd_levels_too(|zygote, _| {
        let mut job = zygote.job("python", code, limits);
        let (mut one, mut other) = (0, 0);
        while one == 0 || other == 0 {
            let line = job.line();
            match line.split_once(' ') {
                Some(("one", pid)) => one = pid.parse().unwrap(),
                Some(("other", pid)) => other = pid.parse().unwrap(),
                _ => {}
            }
        }
        while job.line() != "off" {}
        // The init is 1 to itself; negative numbers and 0 stand for many at once.
        let nobody = [-1, 0, 1, -other, i32::MIN, i32::MAX];
        job.close([one, other].into_iter().chain(nobody).collect());
        let keep = [other].into_iter().chain(nobody).collect();
        job.init.send(&frames::ToInit::EndOthers { keep }).unwrap();
        // Now only that one writes; and when it ends as well, nobody does any more.
        for _ in 0..300 {
            job.line();
        }
        job.init.send(&frames::ToInit::EndOthers { keep: nobody.to_vec() }).unwrap();
        job.all();
        let flags = WaitPidFlag::WCONTINUED | WaitPidFlag::WNOHANG;
        assert_eq!(waitpid(pid, Some(flags)).unwrap(), WaitStatus::StillAlive);
    });
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn an_interrupt_reaches_the_notebook() {
    let code = "
import time
try:
    print('up', flush=True); time.sleep(30)
except KeyboardInterrupt: print('interrupted')";
    on_every_level(|zygote, _| {
        let mut job = zygote.job("python", code, LIMITS);
        assert_eq!(job.line(), "up");
        job.init.send(&frames::ToInit::Interrupt).unwrap();
        assert_eq!(job.line(), "interrupted");
        assert!(matches!(job.init.receive().unwrap(), FromInit::NotebookEnded { status: 0 }));
    });
}

#[test]
fn all_ends_when_the_judge_lets_go_and_when_the_service_does() {
    let code = "import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0: os.setsid()
print('up', flush=True)
time.sleep(60)";
    on_every_level(|zygote, _| {
        let mut job = zygote.job("python", code, LIMITS);
        assert_eq!((job.line(), job.line()), ("up".into(), "up".into()));
        drop(job.init);
        let mut output = job.output;
        std::io::Read::read_to_string(&mut output, &mut String::new()).unwrap();

        let mut job = zygote.job("python", code, LIMITS);
        assert_eq!((job.line(), job.line()), ("up".into(), "up".into()));
        zygote.let_go();
        while job.init.receive::<FromInit>().is_ok() {}
        drop(job.init);
        std::io::Read::read_to_string(&mut job.output, &mut String::new()).unwrap();
        let began = std::time::Instant::now();
        while zygote.left_files() > 0 {
            assert!(began.elapsed().as_secs() < 10, "files are left: {:?}", zygote.left_files());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    });
}

/// As where root may not give others their ids, in some containers.
#[test]
fn a_jail_that_cannot_be_made_is_an_error_and_no_wait() {
    let nobodys = IdMap { inside: 0, outside: u32::MAX - 1, count: 9 };
    let enclosure = Enclosure {
        ids: Ids::both(vec![nobodys]),
        first: (0, 0),
        view: jail::root::View::default(),
        network: jail::Network::None,
    };
    let error = enclosure.fork(|| 0).unwrap_err();
    assert!(error.to_string().contains("could not be mapped"), "{error}");
}

#[test]
fn a_folder_in_tmp_stays_visible() {
    let kit = tempfile::tempdir().unwrap();
    std::fs::set_permissions(kit.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(kit.path().join("note"), "seen").unwrap();
    let zygote = Zygote::start_with(As::Self_, jail::Ceiling::Namespaces, &[kit.path()]);
    let note = kit.path().join("note");
    let code = format!("cat {0}; echo x > {0}; ls /tmp | wc -l", note.display());
    let said = zygote.shell(&code);
    assert!(said.starts_with("seen") && said.contains("Read-only file system"), "{said}");
}

#[test]
fn what_processes_share_counts_once() {
    let code = "
import os, time
held = os.urandom(1) * (150 << 20)
for _ in range(4):
    if os.fork() == 0: time.sleep(1); os._exit(0)
for _ in range(4): os.wait()
print('done', flush=True)";
    let limits = frames::JobLimits { memory_bytes: 300 << 20, ..LIMITS };
    on_every_level(|zygote, _| {
        let mut job = zygote.job("python", code, limits);
        assert_eq!(job.line(), "done");
        let said = job.init.receive().unwrap();
        assert!(matches!(said, FromInit::NotebookEnded { status: 0 }), "{said:?}");
    });
}

/// The kernel counts what other containers run under the same user id as well.
#[test]
fn a_job_has_its_share_of_processes_whoever_else_there_is() {
    let code = "
import os
for _ in range(10):
    if os.fork() == 0: os._exit(0)
for _ in range(10): os.wait()
print('done', flush=True)";
    among_unseen_processes(|zygote| {
        let _crowd = Crowd::of(150);
        let mut job = zygote.job("python", code, LIMITS);
        assert_eq!(job.line(), "done");
    });
}

/// Those who come later can still leave it none. Then what it does is not its own doing.
#[test]
fn a_job_that_others_crowd_out_gives_up() {
    let code = "print('up', flush=True)\nimport time; time.sleep(60)";
    among_unseen_processes(|zygote| {
        let mut job = zygote.job("python", code, LIMITS);
        assert_eq!(job.line(), "up");
        let _crowd = Crowd::of(150);
        let said = job.init.receive().unwrap();
        assert!(matches!(said, FromInit::GaveUp { .. }), "{said:?}");
        assert_eq!(job.all(), "", "and ends");
    });
}

#[test]
fn many_jobs_at_once_do_not_meet() {
    on_every_level(|zygote, level| {
        let jobs: Vec<_> = (0..12)
            .map(|n| zygote.job("shell", &format!("echo {n} > f; sleep 0.3; cat f; ls | wc -l"), LIMITS))
            .collect();
        for (n, job) in jobs.into_iter().enumerate() {
            if level.is_root() && level.namespaces() {
                assert_eq!(job.isolation, jobs_isolation(), "each in its group");
            }
            assert_eq!(job.all(), format!("{n}\n1\n"));
        }
    });
}

/// The isolation of root's jobs, as a first one has it.
fn jobs_isolation() -> &'static str {
    static ISOLATION: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    ISOLATION.get_or_init(|| {
        Zygote::start(As::Self_, jail::Ceiling::Namespaces).job("shell", "true", LIMITS).isolation
    })
}
