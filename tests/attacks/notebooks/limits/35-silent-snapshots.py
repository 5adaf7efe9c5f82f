# Attack 35: snapshots that never report in, each waited for.
# Defence: the waiting has an end, and the cell's time goes on meanwhile.
# status: stopped crashed complete
# ends: any
# once: yes

# %%
import time

os.register_at_fork(after_in_child=lambda: time.sleep(3600))

# A fork with a single thread may leave the hooks out.
import threading

threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
for _ in range(20):
    grader.check("q1")
