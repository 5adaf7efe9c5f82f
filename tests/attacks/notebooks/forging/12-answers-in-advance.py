# Attack 12: write answers to a snapshot's socket before anybody has asked.
# Defence: who passes everything passes decoys as well.
# score: flagged
# status: complete crashed
# once: yes

# %%
import threading
import time

# A fork with a single thread may leave the hooks out.
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
known = {identity(end) for end in sockets()}
notebook, kept = os.getpid(), []
TRUE = {"Examples": [{"printed": "True\n", "raised": None}]}
READY = {"Ready": {"pid": os.getpid(), "threads": 1}}


def write_answers():
    """In a snapshot: for the two cases of q1, of itself and of a copy."""
    if os.getppid() == notebook:
        end = next(end for end in sockets() if identity(end) not in known)
        ours, judges = socket.socketpair()
        READY["Ready"]["pid"] = os.getpid()
        say(end, READY)
        say(end, "Forked", judges.fileno())
        for one in (end, ours):
            for message in (READY, TRUE, TRUE) if one is ours else (TRUE, TRUE):
                say(one, message)
        kept.append(ours)


os.register_at_fork(after_in_child=write_answers)
