# Attack 34: leave something running behind: daemons, their children, timers of other programs, a second snapshot.
# Defence: when a job ends, all its processes do. (The driver looks for them.)

# %%
import signal
import subprocess
import time


def daemon():
    """Leaves its parent, its session and its terminal, and ignores whatever can be ignored."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            for number in set(range(1, 65)) - {9, 19, 32, 33}:
                signal.signal(number, signal.SIG_IGN)
            for end in sockets():
                end.detach()
            while True:
                time.sleep(1)
        os._exit(0)
    os.waitpid(child, 0)


daemon()
subprocess.Popen(["setsid", "sleep", "4242.25"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
os.system("(nohup sleep 4242.5 >/dev/null 2>&1 &)")
# An orphan that holds all of our descriptors.
if os.fork() == 0:
    time.sleep(4242)
    os._exit(0)

# %%
for command in ("systemd-run sleep 4242", "echo sleep 4242 | at now + 1 minute", "crontab -r; echo '* * * * * true' | crontab -"):
    attempt(f"to have run: {command}", lambda: os.system(f"({command}) >/dev/null 2>&1") == 0)


# %%
# One that a test starts, in a snapshot.
def square(number):
    daemon()


# %%
# One that asks to be kept as a snapshot.
first = sockets()[0]
ours, judges = socket.socketpair()
if os.fork() == 0:
    os.setsid()
    judges.close()
    say(ours, {"Ready": {"pid": os.getpid(), "threads": 1}})
    while True:
        time.sleep(1)
say(first, {"Snapshot": {"question": "nothing"}}, judges.fileno())
hear(first)
