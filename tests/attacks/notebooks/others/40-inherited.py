# Attack 40: descriptors, shared memory and variables that a process has from those before it.
# Defence: one socket and three times /dev/null; nothing of the zygote's memory is shared for writing.

# %%
import re

NAMES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONHASHSEED", "SHELL", "USER", "LOGNAME", "TERM", "PAGER", "COLUMNS", "LINES", "PWD", "VIRTUAL_ENV", "SHLVL", "TZ")
KINDS = ("PIP_", "JPY_", "IPYTHON", "MPL", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "LC_", "CLICOLOR", "FORCE_COLOR", "GIT_PAGER", "KMP_", "PYDEVD")


def kind(number):
    status = os.fstat(number)
    if status.st_rdev == NULL:
        return "null"
    try:
        return os.readlink(f"/proc/self/fd/{number}").split("[")[0]
    except OSError:
        # In a container there may be no /proc to tell what it is.
        is_unnamed = stat.S_ISREG(status.st_mode) and status.st_nlink == 0
        return "/#0 (deleted)" if is_unnamed else oct(status.st_mode)


def descriptors():
    found = {}
    for number in range(5000):
        try:
            found[number] = kind(number)
        except OSError:
            pass
    return found


NULL = os.stat("/dev/null").st_rdev
print(descriptors())
# Those of its event loop (two sockets, and an epoll), and where what is printed to descriptors goes: files without a name.
others = {number: what for number, what in descriptors().items() if what not in ("null", "anon_inode:", "/dev/urandom")}
attempt("more sockets", lambda: len(sockets()) > 1 and others)
attempt("open files", lambda: [what for what in others.values() if not re.fullmatch(r"socket:|0o14\d+|\S*/#\d+ \(deleted\)|0o100600|0o600", what)])
attempt("shared memory", lambda: [line for line in open("/proc/self/maps") if re.match(r"\S+ .w.s ", line)])
attempt("variables", lambda: {name for name in os.environ if name not in NAMES and not name.startswith(KINDS)})
attempt("variables of the process", lambda: [text for text in open("/proc/self/environ", "rb").read().split(b"\0") if b"SECRET" in text or HOST["secret"].encode() in text])
attempt("arguments", lambda: [text for text in open("/proc/self/cmdline", "rb").read().split(b"\0") if b"SECRET" in text])
attempt("the planted secret", lambda: HOST["secret"] in str(dict(os.environ)))
attempt("a key ring", lambda: open("/proc/keys").read())

attempt("a terminal", lambda: os.open("/dev/tty", os.O_RDWR))
