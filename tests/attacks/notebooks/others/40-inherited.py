# Attack 40: descriptors, shared memory and variables that a process has from those before it.
# Defence: one socket and three times /dev/null; nothing of the zygote's memory is shared for writing.

# %%
import re

NAMES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONHASHSEED", "SHELL", "USER", "LOGNAME", "TERM", "PAGER", "COLUMNS", "LINES", "PWD", "VIRTUAL_ENV", "SHLVL", "TZ")
KINDS = ("PIP_", "JPY_", "IPYTHON", "MPL", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "LC_", "CLICOLOR", "FORCE_COLOR", "GIT_PAGER", "KMP_", "PYDEVD")


def descriptors():
    found = {}
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            # It was the listing's own.
            pass
    return found


print(descriptors())
others = {number: path for number, path in descriptors().items() if path != "/dev/null"}
local = [number for number, path in others.items() if path.startswith("socket:")]
# What Python itself opens is the notebook's own: two sockets and more for its event loop.
# What programs print to descriptors is kept in files without a name.
own = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]", "/dev/urandom")
attempt("more sockets", lambda: len(sockets()) > 1 and local)
attempt("open files", lambda: {number: path for number, path in others.items() if number not in local and path not in own and not re.fullmatch(r"/tmp/#\d+ \(deleted\)", path)})
attempt("shared memory", lambda: [line for line in open("/proc/self/maps") if re.match(r"\S+ .w.s ", line)])
attempt("variables", lambda: {name for name in os.environ if name not in NAMES and not name.startswith(KINDS)})
attempt("variables of the process", lambda: [text for text in open("/proc/self/environ", "rb").read().split(b"\0") if b"SECRET" in text or HOST["secret"].encode() in text])
attempt("arguments", lambda: [text for text in open("/proc/self/cmdline", "rb").read().split(b"\0") if b"SECRET" in text])
attempt("the planted secret", lambda: HOST["secret"] in str(dict(os.environ)))
attempt("a key ring", lambda: open("/proc/keys").read())


# %%
# Descriptors that nobody lists: beyond the highest that is open.
def hidden_descriptors():
    found = []
    for number in range(3, 5000):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return [number for number in found if number not in descriptors()]


attempt("descriptors that are not listed", hidden_descriptors)
attempt("a terminal", lambda: os.open("/dev/tty", os.O_RDWR))
