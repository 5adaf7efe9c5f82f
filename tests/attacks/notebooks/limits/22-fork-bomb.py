# Attack 22: processes that make processes, without end.
# Defence: a limit that the kernel keeps; all are ended together.
# status: stopped crashed complete
# ends: any

# %%
import time

count, begun = 0, time.monotonic()
while time.monotonic() < begun + 60:
    try:
        if os.fork() == 0:
            os.setsid()
        count += 1
        if count > 5000:
            print("REACHED: 5000 processes")
            break
    except OSError:
        pass
