# Attack 30: trace other processes, read and write their memory, take their descriptors.
# Defence: none can be named; ptrace and its kin are refused.

# %%
PTRACE_ATTACH, PTRACE_SEIZE, KCMP_FILE = 16, 0x4206, 0
targets = {HOST["pid"], os.getppid(), 1, *range(2, 400)} - {os.getpid()}


class Span(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def read_memory(pid):
    buffer = ctypes.create_string_buffer(8)
    here, there = Span(ctypes.addressof(buffer), 8), Span(id(None), 8)
    return syscall("process_vm_readv", pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)


def take_descriptor(pid):
    pidfd = syscall("pidfd_open", pid, 0)
    try:
        return [number for number in range(16) if syscall("pidfd_getfd", pidfd, number, 0) >= 0]
    finally:
        os.close(pidfd)


def attach(how, pid):
    syscall("ptrace", how, pid, 0, 0)
    return f"traces {pid}"


def read_by_file(pid):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        file.seek(id(None))
        return file.read(8)


ways = {
    "to attach to": lambda pid: attach(PTRACE_ATTACH, pid),
    "to seize": lambda pid: attach(PTRACE_SEIZE, pid),
    "the memory of": read_memory,
    "the memory file of": read_by_file,
    "a descriptor of": take_descriptor,
    "to compare files with": lambda pid: syscall("kcmp", os.getpid(), pid, KCMP_FILE, 0, 0) + 1,
    "to move pages of": lambda pid: syscall("move_pages", pid, 0, 0, 0, 0, 0) + 1,
    "to give up memory of": lambda pid: syscall("process_madvise", syscall("pidfd_open", pid, 0), 0, 0, 4, 0) + 1,
}
for name, way in ways.items():
    reached = []
    for pid in targets:
        try:
            reached.append((pid, way(pid)))
        except OSError as error:
            last = error
    print("REACHED:" if reached else "refused:", name, "others", reached[:5] or last)
