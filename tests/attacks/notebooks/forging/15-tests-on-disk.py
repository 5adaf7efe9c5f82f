# Attack 15: look for the hidden tests on the disk and in /proc.
# Defence: they are not there.

# %%
import re

# Said in two pieces, so that it is not found in this notebook.
MARKER = b"hidden" + b"-marker-4"


skipped = {"/proc", "/sys", "/usr", "/lib", sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix)}


def search_disk():
    found = []
    for top in ("/", os.getcwd(), "/tmp", "/work", "/autograder", "/var/tmp", "/dev/shm", "/run"):
        for folder, folders, files in os.walk(top):
            # But not among the libraries.
            folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
            for name in files:
                try:
                    if os.path.getsize(os.path.join(folder, name)) < 1 << 20:
                        with open(os.path.join(folder, name), "rb") as file:
                            if MARKER in file.read():
                                found.append(os.path.join(folder, name))
                except OSError:
                    pass
    return found


def search_processes():
    found = []
    own = {"self", "thread-self", str(os.getpid())}
    for process in os.listdir("/proc"):
        if not process.isdigit() or process in own:
            continue
        for name in ("cmdline", "environ", "mem", "maps", "fdinfo"):
            try:
                with open(f"/proc/{process}/{name}", "rb") as file:
                    if MARKER in file.read(1 << 20):
                        found.append(f"{process}/{name}")
            except OSError:
                pass
        try:
            for number in os.listdir(f"/proc/{process}/fd"):
                with open(f"/proc/{process}/fd/{number}", "rb") as file:
                    if MARKER in file.read(1 << 20):
                        found.append(f"{process}/fd/{number}")
        except OSError:
            pass
    return found


attempt("hidden tests on the disk", search_disk)
attempt("hidden tests in processes", search_processes)
attempt("the folder of tests", lambda: [os.listdir(path) for path in ("tests", "../tests", "/autograder") if os.path.exists(path)])
