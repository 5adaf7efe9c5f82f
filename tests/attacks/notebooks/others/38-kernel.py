# Attack 38: the parts of the kernel that most holes were found in: namespaces, mounts, io_uring, keyrings, BPF, performance
# counters, userfaultfd, modules, handles of files, filters, devices.
# Defence: system calls are filtered; there is no capability to use them with.

# %%
CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID = 0x10000000, 0x20000, 0x40000000, 0x20000000
buffer = ctypes.create_string_buffer(4096)
BPF_MAP_CREATE, BPF_PROG_LOAD = 0, 5


def call(name, *arguments):
    """In a child: a filter may end it."""
    attempt(name + "".join(f" {value}" for value in arguments if isinstance(value, (int, bytes)))[:60], lambda: in_child(lambda: syscall(name, *arguments)))


for kind in (CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID, 0x04000000, 0x08000000, 0x02000000, 0x80):
    call("unshare", kind)
call("unshare", CLONE_NEWUSER | CLONE_NEWNS)
for path in ("/proc/self/ns/net", "/proc/self/ns/mnt", "/proc/1/ns/mnt", "/proc/1/ns/user", "/proc/self/ns/user"):
    attempt(f"setns {path}", lambda: in_child(lambda: syscall("setns", os.open(path, os.O_RDONLY), 0)))


# %%
def new_child(flags, name):
    """Clones; in the child 0 comes back, and it ends."""
    if name == "clone":
        pid = syscall("clone", flags | 17, 0, 0, 0, 0)
    else:
        arguments = (ctypes.c_uint64 * 11)(flags, 0, 0, 0, 17)
        pid = syscall("clone3", ctypes.byref(arguments), 88)
    if pid == 0:
        os._exit(0)
    return f"child {pid}"


attempt("clone with a user namespace", lambda: in_child(lambda: new_child(CLONE_NEWUSER, "clone")))
attempt("clone3 with a user namespace", lambda: in_child(lambda: new_child(CLONE_NEWUSER, "clone3")))
attempt("clone3 into a control group", lambda: in_child(lambda: new_child(0x200000000, "clone3")))

# %%
call("mount", b"none", b"/tmp", b"tmpfs", 0, None)
call("mount", b"/", b"/tmp", None, 0x1000, None)
call("mount", None, b"/", None, 0x20, None)
call("mount", b"proc", b"/work", b"proc", 0, None)
call("umount2", b"/proc", 2)
call("umount2", b"/work", 2)
call("umount2", b"/", 2)
call("pivot_root", b".", b".")
call("chroot", b".")
call("open_tree", -100, b"/", 1)
call("move_mount", 0, b"", -100, b"/tmp", 4)
call("fsopen", b"tmpfs", 0)
call("fspick", -100, b"/", 0)
call("mount_setattr", -100, b"/", 0, buffer, 32)

# %%
call("io_uring_setup", 8, buffer)
call("add_key", b"user", b"attack", b"x", 1, -3)
call("request_key", b"user", b"attack", None, -3)
call("keyctl", 0, -3, 1)
call("keyctl", 1, b"attack")
call("bpf", BPF_MAP_CREATE, (ctypes.c_uint32 * 18)(2, 4, 4, 1), 72)
call("bpf", BPF_PROG_LOAD, buffer, 72)
call("perf_event_open", (ctypes.c_uint64 * 16)(1 | 120 << 32, 0), 0, -1, -1, 0)
call("userfaultfd", 0)
call("userfaultfd", 1)
call("init_module", buffer, 64, b"")
call("finit_module", 0, b"", 0)
call("kexec_load", 0, 0, None, 0)
call("fanotify_init", 0, 0)
call("seccomp", 1, 8, (ctypes.c_uint64 * 2)(1))
call("name_to_handle_at", -100, b"/", (ctypes.c_uint32 * 40)(128), ctypes.byref(ctypes.c_int()), 0)
call("open_by_handle_at", -100, (ctypes.c_uint32 * 40)(8, 1), 0)
call("memfd_secret", 0)
call("syslog", 3, buffer, 4096)
call("quotactl", 0x80000100, b"/dev/vda", 0, buffer)
call("swapon", b"/tmp/swap", 0)
call("acct", b"/tmp/acct")
call("sethostname", b"attack", 6)
call("clock_settime", 0, buffer)
call("reboot", 0xFEE1DEAD, 672274793, 0, None)
call("process_mrelease", 0, 0)
call("mknod", b"device", 0o020666, 0x103)
call("iopl", 3)
call("modify_ldt", 1, (ctypes.c_uint32 * 4)(0, 0, 0xFFFFF, 0x51), 16)
call("personality", 0x0040000)

# %%
# A device, if there is any to open; a terminal that types for its owner.
for name in ("kvm", "fuse", "net/tun", "mem", "vda", "sda", "loop-control", "dri/card0", "vsock", "vhost-net", "userfaultfd", "uinput", "tty", "console"):
    attempt(f"the device {name}", lambda: os.open(f"/dev/{name}", os.O_RDWR))
