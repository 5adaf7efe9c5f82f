# Attack 32: limits, processors, priority and scheduling of other processes, and more of them for oneself.
# Defence: no other process can be named; limits only go down.

# %%
import resource

targets = {HOST["pid"], os.getppid(), 1, *range(2, 400)} - {os.getpid()}


def limit(pid):
    resource.prlimit(pid, resource.RLIMIT_NOFILE)
    return "its limits"


ways = {
    "limits": limit,
    "processors": lambda pid: os.sched_setaffinity(pid, {0}) or "set",
    "priority": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19) or "set",
    "scheduling": lambda pid: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) or "set",
    "input and output priority": lambda pid: libc.syscall(251, 1, pid, 3 << 13) == 0,
}
for name, way in ways.items():
    reached = []
    for pid in targets:
        try:
            if got := way(pid):
                reached.append((pid, got))
        except OSError as error:
            last = error
    print("REACHED:" if reached else "refused:", name, "of others", reached[:5] or last)

# %%
for name in ("RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_MEMLOCK", "RLIMIT_CORE"):
    number = getattr(resource, name)
    soft, hard = resource.getrlimit(number)

    def raise_it():
        if hard == resource.RLIM_INFINITY:
            return None
        resource.setrlimit(number, (hard + 1, hard + 1))
        return resource.getrlimit(number)

    attempt(f"more {name}", raise_it)
attempt("a higher priority", lambda: os.nice(-5) < 0)
attempt("real-time scheduling", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)) or "set")
attempt("dumps", lambda: syscall("prctl", 4, 1, 0, 0, 0) == 0 and "can be traced")
