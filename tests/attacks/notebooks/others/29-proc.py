# Attack 29: what /proc and /sys tell of other processes and of the kernel, and what can be set there.
# Defence: /proc holds the job's own processes only; nothing in it or in /sys can be written.
# reached without namespaces: other processes, the kernel's own files

# %%
import glob

family = {os.getpid(), os.getppid(), 1}


def others():
    """Processes that are neither ours nor our init."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/stat") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if int(process) not in family and parent not in family - {1}:
            found.append(process)
    return found


def secrets(name):
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        if int(process) in family:
            continue
        try:
            with open(f"/proc/{process}/{name}", "rb") as file:
                text = file.read(4096)
                if text and name != "cmdline":
                    found.append((process, text[:40]))
        except OSError:
            pass
    return found


attempt("other processes", others)
for name in ("environ", "mem", "maps", "auxv", "stack", "syscall", "io", "pagemap", "smaps"):
    attempt(f"another process's {name}", lambda: secrets(name))
for link in ("exe", "cwd", "root", "fd/0", "ns/net"):
    def follow():
        found = [path for path in glob.glob(f"/proc/[0-9]*/{link}") if int(path.split("/")[2]) not in family]
        return [os.readlink(path) for path in found if os.access(path, os.R_OK)]

    attempt(f"another process's {link}", follow)
for process in (1, os.getppid()):
    for name in ("environ", "mem", "maps", "fd", "root", "cwd"):
        attempt(f"{name} of process {process}", lambda: os.listdir(f"/proc/{process}/{name}") if name in ("fd", "root", "cwd") else open(f"/proc/{process}/{name}", "rb").read(100))


# %%
def read(path):
    with open(path, "rb") as file:
        return file.read(300)


def addresses(path):
    return [line for line in read(path).splitlines() if line[:16].strip(b"0 ") and not line.startswith(b"0000000000000000")]


for path in ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/kmsg", "/proc/kmsg", "/sys/kernel/debug/x", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/vmallocinfo", "/proc/slabinfo"):
    attempt(f"the kernel's own files: {path}", lambda: read(path))
attempt("the kernel's own files: addresses", lambda: addresses("/proc/kallsyms"))


# %%
def write(path, text):
    with open(path, "r+b", buffering=0) as file:
        return file.write(text)


# What is written is what is there, so that nothing changes where this succeeds.
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/pid_max", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/binfmt_misc/register", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs", "/proc/1/oom_score_adj"):
    attempt(f"to write {path}", lambda: write(path, read(path)))
attempt("to command the kernel", lambda: write("/proc/sysrq-trigger", b"h"))
for path in glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)[:50]:
    attempt(f"to change the control group {path}", lambda: write(path, b"0"))
