//! What a hostile job tries on its own, on every level that this machine offers. Each test names the attacks.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    time::{Duration, Instant},
};

use crate::kit::{LIMITS, on_every_level, on_odd_levels_too};
use frames::{FromInit, JobLimits};

/// Python that tries something and says how it went: the name of what the kernel answered, or `done`.
const TRY: &str = "
import ctypes, errno, os, resource, signal, socket, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, action):
    try:
        got = action()
        print(name, 'done', got if isinstance(got, (int, str)) else '', flush=True)
    except OSError as error: print(name, errno.errorcode.get(error.errno, error.errno), flush=True)
def call(name, *args):
    number = name if isinstance(name, int) else None
    ctypes.set_errno(0)
    result = libc.syscall(number, *args) if number is not None else getattr(libc, name)(*args)
    if result < 0: raise OSError(ctypes.get_errno(), '')
    return result
x86 = os.uname().machine == 'x86_64'
";

fn answers(output: &str) -> Vec<(&str, &str)> {
    let split = |line: &'_ str| -> Option<(usize, usize)> { line.find(' ').map(|at| (at, line.len())) };
    output
        .lines()
        .map(|line| split(line).map_or((line, ""), |(at, _)| (&line[..at], line[at + 1..].trim())))
        .collect()
}

/// Each answer is one of these.
fn assert_refused(output: &str, count: usize, answers_allowed: &[&str]) {
    let answers = answers(output);
    assert_eq!(answers.len(), count, "{output}");
    for (name, answer) in answers {
        assert!(answers_allowed.contains(&answer), "{name}: {answer}\n{output}");
    }
}

/// 18, 29, 33, 41: a sibling's work, the zygote and everyone else.
#[test]
fn others_are_out_of_sight() {
    on_odd_levels_too(|zygote, _| {
        let mut sibling = zygote.job(
            "python",
            "import os, time
open('secret', 'w').write('SECRET'); print(os.getcwd(), os.getpid(), flush=True); time.sleep(30)",
            LIMITS,
        );
        let line = sibling.line();
        let (place, pid) = line.split_once(' ').unwrap();
        // In a PID namespace of its own the number means another process, which must not be ours either.
        let service = std::process::id();
        let code = format!("{TRY}
for pid in {{'{pid}', '{service}', str(os.getppid())}} - {{str(os.getpid())}}:
    for file in ('mem', 'environ', 'maps', 'root/etc/passwd', 'cwd/secret', 'fd'):
        attempt(f'{{pid}}/{{file}}', lambda: open(f'/proc/{{pid}}/{{file}}').read() if file != 'fd' else os.listdir(f'/proc/{{pid}}/fd'))
if os.getcwd() != '{place}':
    attempt('read', lambda: open('{place}/secret').read())
    attempt('list', lambda: os.listdir('{place}'))
    attempt('chmod', lambda: os.chmod('{place}', 0o777))
    attempt('above', lambda: os.listdir('{place}/../..'))
else: print('own', 'secret' in os.listdir('.'), flush=True)
attempt('root', lambda: os.listdir('/root'))
attempt('shadow', lambda: open('/etc/shadow').read())
");
        let said = zygote.python(&code);
        for (name, answer) in answers(&said) {
            let fine = ["EPERM", "EACCES", "ENOENT", "ENOTDIR", "ESRCH", "False"];
            assert!(fine.contains(&answer), "{name}: {answer}\n{said}");
        }
        drop(sibling);
    });
}

/// 19, 20, 21: the network, other programs' sockets, sockets of other kinds.
#[test]
fn nobody_can_be_called() {
    on_every_level(|zygote, level| {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = folder.path().join("docker.sock");
        let listener = UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let code = format!(
            "{TRY}
for family in (2, 10, 16, 17, 40, 38, 3, 31):
    for kind in (1, 2, 3):
        attempt(f'socket {{family}} {{kind}}'.replace(' ', '-'), lambda: socket.socket(family, kind) and None)
def reach(address, kind=socket.SOCK_STREAM):
    socket.socket(socket.AF_UNIX, kind).connect(address)
attempt('docker', lambda: reach('{}'))
attempt('pair', lambda: socket.socketpair(socket.AF_INET, socket.SOCK_STREAM))
",
            path.display()
        );
        let said = zygote.python(&code);
        assert_refused(&said, 26, &["EAFNOSUPPORT", "ENOENT", "EACCES", "EPERM"]);
        drop(listener);

        // A sibling's abstract socket.
        let offer = "import socket, time
try:
    s = socket.socket(socket.AF_UNIX); s.bind('\\0otter-meet'); s.listen(); print('up', flush=True); time.sleep(20)
except OSError as error: print('none', flush=True)";
        let mut sibling = zygote.job("python", offer, LIMITS);
        assert_eq!(sibling.line(), if level.namespaces() { "up" } else { "none" });
        let said = zygote.python(&format!(
            "{TRY}
attempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect('\\0otter-meet'))"
        ));
        assert_refused(&said, 1, &["ECONNREFUSED", "EPERM", "EAFNOSUPPORT"]);
        drop(sibling);
    });
}

/// 22, 23: too many processes, too many threads.
#[test]
fn bombs_end() {
    let forks = "
import os
while True:
    try: os.fork()
    except OSError: pass";
    let threads = "
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(60,)).start()
    except RuntimeError: time.sleep(0.01)";
    let few = JobLimits { processes: 20, ..LIMITS };
    on_odd_levels_too(|zygote, _| {
        for code in [forks, threads] {
            let job = zygote.job("python", code, few);
            let began = Instant::now();
            match job.init.receive().unwrap() {
                FromInit::Limit { limit } => assert_eq!(limit, "processes"),
                other => panic!("{other:?}"),
            }
            let said = job.close(Vec::new());
            assert!(matches!(said.last(), Some(FromInit::Closed { .. })));
            assert_eq!(job.all(), "");
            assert!(began.elapsed() < Duration::from_secs(20));
            // The next one finds the machine as it was.
            assert_eq!(zygote.shell("echo fine"), "fine\n");
        }
    });
}

/// 24: too much memory, in one process and in many.
#[test]
fn memory_is_refused_to_one_and_ended_for_many() {
    let limits = JobLimits { memory_bytes: 300 << 20, ..LIMITS };
    on_every_level(|zygote, _| {
        let one = "
try: b = bytearray(500 << 20)
except MemoryError: print('refused')";
        assert_eq!(zygote.job("python", one, limits).all(), "refused\n");
        let many = "
import os, time
for i in range(6):
    if os.fork() == 0: b = bytearray(os.urandom(1)) * (120 << 20); time.sleep(20)
time.sleep(20)";
        let job = zygote.job("python", many, limits);
        let said = job.init.receive().unwrap();
        // Where the kernel counts for all, it may be the first to act.
        let noticed = match &said {
            FromInit::Limit { limit } => limit == "memory",
            FromInit::NotebookEnded { status: -9 } => job.isolation.contains("cgroup"),
            _ => false,
        };
        assert!(noticed, "{said:?}");
        job.close(Vec::new());
    });
}

/// 25, 26, 27, 28: files, inodes, shared memory, descriptors.
#[test]
fn space_is_limited() {
    let code = format!(
        "{TRY}
def fill(folder):
    written, n = 0, 0
    try:
        while True:
            n += 1
            with open(f'{{folder}}/fill{{n}}', 'wb') as file:
                for _ in range(16): file.write(bytes(1 << 20)); file.flush(); written += 1 << 20
    except OSError as error: return errno.errorcode[error.errno] + ' ' + str(written >> 20)
def many(folder):
    try:
        for n in range(5000): open(f'{{folder}}/file{{n}}', 'w').close()
    except OSError as error: return errno.errorcode[error.errno] + ' ' + str(n)
    return 'all'
def large():
    with open('large', 'wb') as file: file.truncate(1 << 40)
def descriptors():
    held = []
    try:
        while True: held.append(os.open('/dev/null', 0))
    finally: [os.close(fd) for fd in held]
attempt('large', large)
attempt('memfd', lambda: os.memfd_create('x'))
attempt('shmget', lambda: call('shmget', 0, 1 << 20, 0o1600))
attempt('msgget', lambda: call('msgget', 0, 0o1600))
attempt('mq_open', lambda: call('mq_open', b'/x', 0o102, 0o600, None))
attempt('descriptors', descriptors)
if os.path.isdir('/dev/shm') and os.access('/dev/shm', os.W_OK):
    print('inodes', many('/dev/shm')); os.system('rm -f /dev/shm/*')
    print('disk', fill('/work')); print('shm', fill('/dev/shm')); print('tmp', fill('/tmp'))
"
    );
    on_every_level(|zygote, level| {
        let said = zygote.python(&code);
        let answers = answers(&said);
        let answer = |name: &str| answers.iter().find(|(found, _)| *found == name).map(|(_, answer)| *answer);
        assert_eq!(answer("large"), Some("EFBIG"), "{said}");
        assert_eq!(answer("memfd"), Some("ENOSYS"));
        for refused in ["shmget", "msgget", "mq_open"] {
            assert!(["EPERM", "ENOSYS", "EINVAL", "EMFILE"].contains(&answer(refused).unwrap()), "{said}");
        }
        assert_eq!(answer("descriptors"), Some("EMFILE"));
        if level.namespaces() {
            let number = |name: &str| -> u64 {
                answer(name).unwrap().strip_prefix("ENOSPC ").unwrap().parse().unwrap()
            };
            assert!((1000..=1008).contains(&number("inodes")), "{said}");
            let all = number("disk") + number("shm") + number("tmp");
            assert!((60..=64).contains(&all), "{said}");
        }
    });
}

/// 30, 31, 32: doing something to a sibling, the init, the zygote, everyone.
#[test]
fn nobody_else_can_be_touched() {
    on_odd_levels_too(|zygote, _| {
        let mut sibling = zygote.job(
            "python",
            "import os, time; print(os.getpid(), flush=True); time.sleep(2); print('alive')",
            LIMITS,
        );
        let pid = sibling.line();
        let service = std::process::id();
        let code = format!(
            "{TRY}
class Iov(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
buffer = ctypes.create_string_buffer(8); iov = Iov(ctypes.addressof(buffer), 8)
for pid in {{{pid}, {service}, os.getppid()}} - {{os.getpid()}}:
    attempt('ptrace', lambda: call('ptrace', 16, pid, None, None))
    attempt('read', lambda: call('process_vm_readv', pid, ctypes.byref(iov), 1, ctypes.byref(iov), 1, 0))
    attempt('write', lambda: call('process_vm_writev', pid, ctypes.byref(iov), 1, ctypes.byref(iov), 1, 0))
    attempt('getfd', lambda: call(438, os.pidfd_open(pid), 0, 0))
    attempt('prlimit', lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, 1)))
    attempt('affinity', lambda: os.sched_setaffinity(pid, {{0}}))
    attempt('scheduler', lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
    attempt('priority', lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt('group', lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
    if pid != 1: attempt('kill', lambda: os.kill(pid, 9))
attempt('init', lambda: os.kill(os.getppid(), 9))
attempt('itself', lambda: os.kill(os.getpid(), 0))
print('survived', flush=True)
attempt('everyone', lambda: os.kill(-1, 9))
print('here', flush=True)
"
        );
        let said = zygote.python(&code);
        for (name, answer) in answers(&said) {
            // To the first of one's PID namespace a signal can be sent; it is not heeded.
            let fine = ["EPERM", "ESRCH", "EACCES", ""].contains(&answer)
                || ["init", "itself", "everyone"].contains(&name) && answer.starts_with("done");
            assert!(fine, "{name}: {answer}\n{said}");
        }
        assert!(said.contains("survived") && said.contains("itself done"), "{said}");
        assert_eq!(sibling.line(), "alive");
        assert_eq!(zygote.shell("echo fine"), "fine\n");
    });
}

/// 37: a crash is told as what it is.
#[test]
fn a_crash_is_told() {
    on_every_level(|zygote, _| {
        let job = zygote.job("python", "import ctypes; ctypes.string_at(0)", LIMITS);
        assert!(matches!(job.init.receive().unwrap(), FromInit::NotebookEnded { status: -11 }));
        let spin = JobLimits { cpu_s: 1, ..LIMITS };
        let job =
            zygote.job("python", "import signal; signal.signal(24, signal.SIG_IGN)\nwhile True: pass", spin);
        assert!(matches!(job.init.receive().unwrap(), FromInit::NotebookEnded { status: -9 }));
    });
}

/// 38, 39: the kernel's larger doors, ways out of the root folder, and to privileges.
#[test]
fn the_doors_are_shut() {
    let code = format!("{TRY}
for name, flag in dict(user=0x10000000, mount=0x20000, pid=0x20000000, net=0x40000000, time=0x80).items():
    attempt('unshare-' + name, lambda: call('unshare', flag))
attempt('clone', lambda: call(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0))
attempt('clone3', lambda: call(435, 0, 0))
attempt('mount', lambda: call('mount', b'none', b'/tmp', b'tmpfs', 0, None))
attempt('umount', lambda: call('umount2', b'/proc', 2))
attempt('pivot_root', lambda: call(155 if x86 else 41, b'.', b'.'))
attempt('chroot', lambda: os.chroot('.'))
attempt('open_tree', lambda: call(428, -100, b'/', 1))
attempt('fsopen', lambda: call(430, b'tmpfs', 0))
attempt('mount_setattr', lambda: call(442, -100, b'/', 0, 0, 0))
attempt('setns', lambda: call('setns', 0, 0))
for number in (425, 426, 427): attempt('io_uring', lambda: call(number, 1, 0))
attempt('add_key', lambda: call(248 if x86 else 217, b'user', b'x', b'y', 1, -3))
attempt('keyctl', lambda: call(250 if x86 else 219, 0, -3, 1))
attempt('bpf', lambda: call(321 if x86 else 280, 0, 0, 0))
attempt('perf', lambda: call(298 if x86 else 241, 0, 0, -1, -1, 0))
attempt('userfaultfd', lambda: call(323 if x86 else 282, 1))
attempt('handle', lambda: call(304 if x86 else 265, -100, 0, 0))
attempt('name_to_handle', lambda: call(303 if x86 else 264, -100, b'/', 0, 0, 0))
attempt('module', lambda: call(313 if x86 else 273, 0, b'', 0))
attempt('kexec', lambda: call(246 if x86 else 104, 0, 0, 0, 0))
attempt('reboot', lambda: call('reboot', 0))
attempt('swapon', lambda: call('swapon', b'/x', 0))
attempt('personality', lambda: call('personality', 0x0040000))
attempt('hostname', lambda: socket.sethostname('x'))
attempt('dumpable', lambda: call('prctl', 4, 0, 0, 0, 0))
attempt('setuid', lambda: os.setuid(0))
attempt('setgroups', lambda: os.setgroups([0]))
attempt('mknod', lambda: os.mknod('/tmp/sda' if os.path.isdir('/work') else 'sda', 0o60600, os.makedev(254, 0)))
");
    on_every_level(|zygote, _| {
        assert_refused(&zygote.python(&code), 35, &["EPERM", "ENOSYS", "EINVAL", "EACCES"]);
        // A program that is set-user-id root gives nothing.
        let said = zygote.shell(
            "cp /usr/bin/id . && chmod u+s id; ./id -u; su -c id root </dev/null 2>&1 | grep -c uid=0",
        );
        assert!(!said.lines().any(|line| line == "0" && said.starts_with('0')), "{said}");
        assert_eq!(said.lines().last(), Some("0"), "{said}");
    });
}

/// 33: marks on others' files, and word of what happens to them.
#[test]
fn files_of_others_are_neither_marked_nor_watched() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let file = folder.path().join("everyones");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let code = format!(
        "{TRY}
attempt('mark', lambda: os.setxattr('{file}', 'user.x', b'y'))
attempt('watch', lambda: call('inotify_add_watch', call('inotify_init1', 0), b'{folder}', 0xfff))
attempt('write', lambda: open('{file}', 'w'))
attempt('chmod', lambda: os.chmod('{file}', 0o600))
",
        file = file.display(),
        folder = folder.path().display()
    );
    on_every_level(|zygote, _| {
        assert_refused(&zygote.python(&code), 4, &["EPERM", "EACCES", "ENOENT"]);
    });
}

/// 42: programs, libraries and caches that others will use.
#[test]
fn what_others_run_cannot_be_changed() {
    let code = format!("{TRY}
import json
folder = os.path.dirname(json.__file__)
for path in (folder + '/x.py', folder + '/__pycache__/x.pyc', '/usr/x', '/etc/x', '/bin/x', '/lib/x', '/x', '/home/x', '/run/x', '/proc/x', '/dev/x'):
    attempt(path, lambda: open(path, 'w').write('x'))
attempt('remove', lambda: os.remove(json.__file__))
attempt('rename', lambda: os.rename(json.__file__, json.__file__ + 'x'))
attempt('link', lambda: os.link('/usr/bin/env', '/tmp/x' if os.path.isdir('/work') else 'x'))
attempt('truncate', lambda: os.truncate(json.__file__, 0))
attempt('utime', lambda: os.utime(json.__file__, (0, 0)))
attempt('sysctl', lambda: open('/proc/sys/kernel/pid_max', 'w').write('400'))
attempt('oom', lambda: open('/proc/self/oom_score_adj', 'w').write('-1000'))
");
    on_every_level(|zygote, _| {
        assert_refused(&zygote.python(&code), 18, &["EROFS", "EACCES", "EPERM", "ENOENT", "EXDEV"]);
    });
}

/// 24, 27: memory that belongs to no process: shared pages that nobody has mapped any more. Only a control group sees it.
#[test]
fn memory_cannot_be_hidden() {
    let code = "
import mmap, time
held = []
for _ in range(40):
    held.append(mmap.mmap(-1, 50 << 20)); held[-1].write(bytes(50 << 20)); held[-1].madvise(mmap.MADV_DONTNEED)
print('hidden', flush=True)
time.sleep(20)";
    let limits = JobLimits { memory_bytes: 200 << 20, ..LIMITS };
    on_every_level(|zygote, _| {
        let job = zygote.job("python", code, limits);
        if !job.isolation.contains("cgroup") {
            return;
        }
        assert!(matches!(job.init.receive().unwrap(), FromInit::Limit { limit } if limit == "memory"));
        job.close(Vec::new());
    });
}
