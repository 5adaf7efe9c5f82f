# Attack 24: memory without end, in many processes that each have little.
# Defence: all processes together have one limit.
# status: stopped crashed complete
# ends: any
# once: yes

# %%
import time

for _ in range(60):
    try:
        if os.fork() == 0:
            hoard = b"x" * (HOST["memory_mib"] << 20 >> 3)
            time.sleep(60)
            os._exit(0)
    except (OSError, MemoryError):
        pass
time.sleep(2)
