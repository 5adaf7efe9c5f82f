# Attack 35: snapshots that never report in, each waited for.
# Defence: the waiting has an end, and the cell's time goes on meanwhile.
# status: stopped crashed complete
# ends: any

# %%
import time

os.register_at_fork(after_in_child=lambda: time.sleep(3600))
