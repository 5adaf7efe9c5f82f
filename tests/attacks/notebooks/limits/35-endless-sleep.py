# Attack 35: never end without using the processor: wait in the kernel, stopped, for a lock, for an answer, in a terminal.
# Defence: the time limit is one of the clock.
# status: stopped crashed
# limit: cell_seconds wall_seconds
# ends: any
# once: yes

# %%
import signal
import time

if (child := os.fork()) == 0:
    os.setsid()
    while True:
        time.sleep(60)
os.kill(os.getpid(), signal.SIGSTOP)
os.waitpid(child, 0)
