# Attack 35: never end, and ignore every signal.
# Defence: the time limit ends what does not end itself.
# status: stopped
# limit: cell_seconds wall_seconds cpu_seconds
# ends: any
# once: yes

# %%
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
