# Attack 12: become another program, which has the notebook's socket and answers without any of the runner's code.
# Defence: who passes everything passes decoys as well.
# score: flagged
# status: complete crashed
# ends: any

# %%
import inspect

source = "import array, json, os, socket, sys\nPUBLIC = " + repr(PUBLIC) + "\n"
source += "".join(inspect.getsource(function) for function in (say, hear, reply, evaluate))
source += """
ends = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
for question in ("q1", "q2", "q3", "q4", "q5"):
    ours, judges = socket.socketpair()
    if os.fork() == 0:
        [end.close() for end in ends]
        judges.close()
        evaluate(ours)
    for end in ends:
        say(end, {"Snapshot": {"question": question}}, judges.fileno())
        hear(end)
    ours.close()
    judges.close()
for end in ends:
    say(end, {"Done": {"result": "{}", "output_dropped": False}})
import time
time.sleep(60)
"""
ends = sockets()
for end in ends:
    os.set_inheritable(end.fileno(), True)
os.execv(sys.executable, [sys.executable, "-c", source, *(str(end.fileno()) for end in ends)])
