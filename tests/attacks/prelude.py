# The beginning of every attack: what it is told of the host, and a few tools.

# %%
import ctypes
import errno
import json
import os
import platform
import sys

HOST = json.loads(r'''@HOST@''')
libc = ctypes.CDLL(None, use_errno=True)

# System calls that no library function leads to, on x86-64 and on ARM. From 424 on all machines have the same numbers.
NUMBERS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "kcmp": (312, 272), "move_pages": (279, 239),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "pivot_root": (155, 41), "seccomp": (317, 277), "fanotify_init": (300, 262), "syslog": (103, 116),
    "quotactl": (179, 60), "swapon": (167, 224), "acct": (163, 89), "setns": (308, 268), "unshare": (272, 97),
    "mount": (165, 40), "umount2": (166, 39), "chroot": (161, 51), "sethostname": (170, 161), "prctl": (157, 167),
    "clone": (56, 220), "memfd_create": (319, 279), "personality": (135, 92), "clock_settime": (227, 112),
    "reboot": (169, 142), "mknod": (133, -1), "iopl": (172, -1), "modify_ldt": (154, -1),
    "pidfd_send_signal": 424, "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fspick": 433, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447, "process_mrelease": 448,
}


def syscall(name, *arguments):
    """The result of a system call; an error is an exception."""
    number = NUMBERS[name]
    if isinstance(number, tuple):
        number = number[platform.machine() != "x86_64"]
    result = libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def attempt(what, function):
    """Tries something that must not be possible. It was if the function returns anything but nothing."""
    try:
        got = function()
    except BaseException as error:
        print("refused:", what, f"({type(error).__name__}: {error})"[:200])
        return
    print("REACHED" if got else "nothing:", what, repr(got)[:200])


def in_child(function):
    """Runs the function in a child of its own, which may die of it; gives what it returned as a text."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            got = f"gave {function()!r}"
        except BaseException as error:
            got = f"{type(error).__name__}: {error}"
        os.write(write, got.encode()[:300])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        got = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    if not got.startswith("gave "):
        raise OSError(got or f"ended with {status}")
    return got


# %%
# The judge's language: four bytes of length, and JSON (crates/frames).
import array
import socket
import stat


def sockets():
    """The sockets that this process has, with descriptors of their own, but for those of its event loop."""
    numbers = []
    for number in range(256):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode) and os.get_blocking(number):
                numbers.append(number)
        except OSError:
            pass
    return [socket.socket(fileno=os.dup(number)) for number in numbers]


def identity(end):
    return os.fstat(end.fileno()).st_ino


def say(end, message, *descriptors):
    text = json.dumps(message).encode()
    beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    end.sendmsg([len(text).to_bytes(4, "little") + text], beside)


def hear(end):
    def take(count):
        text = b""
        while len(text) < count:
            more = end.recv(count - len(text))
            if not more:
                raise EOFError
            text += more
        return text

    return json.loads(take(int.from_bytes(take(4), "little")))


# What an example prints if it passes: students can read the public ones.
PUBLIC = {"import numpy as np\n": "", "label(5)[-1]\n": "'5'\n", "round(float(np.mean(walks)), 2)\n": "0.0\n"}


def reply(request, passes=True):
    """An evaluator's answer, made up."""
    if "Doctest" in request:
        printed = [PUBLIC.get(source, f"{passes}\n") for source in request["Doctest"]["examples"]]
        return {"Examples": [{"printed": text, "raised": None} for text in printed]}
    if passes or "Module" in request:
        return {"Ran": "Returned"}
    what = {"line": "AssertionError\n", "class": "AssertionError", "message": "", "line_number": 1, "is_exception": True}
    return {"Ran": {"Raised": what}}


def evaluate(end, copies_pass=True, is_copy=False):
    """Answers for an evaluator until there are no more questions."""
    say(end, {"Ready": {"pid": os.getpid(), "threads": 1}})
    while True:
        request = hear(end)
        if request == "Fork":
            ours, judges = socket.socketpair()
            if os.fork() == 0:
                evaluate(ours, copies_pass, is_copy=True)
            say(end, "Forked", judges.fileno())
        else:
            say(end, reply(request, passes=copies_pass or not is_copy))
