# Attack 23: threads without end.
# Defence: a limit that the kernel keeps.
# status: stopped crashed complete
# ends: any

# %%
import threading
import time

threading.stack_size(64 << 10)
started, begun = 0, time.monotonic()
while time.monotonic() < begun + 60:
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
        if started > 5000:
            print("REACHED: 5000 threads")
            break
    except BaseException:
        time.sleep(0.001)
