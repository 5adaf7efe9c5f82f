# Attack 12: say that the notebook is done, with a result of one's own, and go on.
# Defence: what comes as the executed notebook is kept as text, whatever it is, and earns nothing.
# status: complete stopped crashed
# ends: any

# %%
for end in sockets():
    say(end, {"Snapshot": {"question": "q1", "score": 2}}, os.open("/dev/null", os.O_RDONLY))
    say(end, {"Done": {"result": '{"cells": "<script>alert(1)</script>", "score": 10}', "output_dropped": False}})
    say(end, {"Done": {"result": "x" * 1_000_000, "output_dropped": False}})
