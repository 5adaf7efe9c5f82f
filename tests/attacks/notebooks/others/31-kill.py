# Attack 31: signals to every process there is: the parent, the init, the zygote, the service, a process of the host.
# Defence: only the job's own processes can be named.
# status: complete crashed
# ends: any

# %%
import signal

grader.check("q1")

# %%
pids = [HOST["pid"], *range(2, 70000)]
for number in (0, signal.SIGSTOP, signal.SIGKILL):
    reached = []
    for pid in pids:
        if pid != os.getpid():
            try:
                os.kill(pid, number)
                reached.append(pid)
            except OSError:
                pass
    # Our own snapshot is ours to kill.
    print("signal", number, "to", reached)
    if HOST["pid"] in reached:
        print("REACHED: a process of the host by signal", number)

# %%
for pid in (1, os.getppid()):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGUSR1, 34, 64):
        try:
            os.kill(pid, number)
            syscall("pidfd_send_signal", syscall("pidfd_open", pid, 0), number, 0, 0)
        except OSError as error:
            print("refused:", pid, number, error)

# %%
# Last: everything at once.
try:
    os.killpg(0, signal.SIGCONT)
    os.kill(-1, signal.SIGKILL)
except OSError as error:
    print("refused: everything", error)
