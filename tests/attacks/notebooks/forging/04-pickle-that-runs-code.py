# Attack 4: results whose unpickling runs a command, in every file and on every socket that a grader may read.
# Defence: nothing that comes out of the jail is unpickled. (The driver looks for the file that the command makes.)
# status: complete crashed
# ends: any

# %%
import glob
import pickle
import socket


class Trap:
    def __reduce__(self):
        return os.system, (f"touch {HOST['folder']}/unpickled",)


trap = pickle.dumps(Trap())
pickle.dump = lambda results, file, *arguments, **options: file.write(trap)
for name in ["results.pkl", ".OTTER_LOG", "../results/results.pkl", "/tmp/results.pkl", *glob.glob("/tmp/*.pkl")]:
    try:
        open(name, "wb").write(trap)
    except OSError:
        pass

# %%
# As a frame, as a record of `logging.handlers.SocketHandler`, and bare. The conversation is over after that, and with it
# the notebook; what was checked before keeps its result.
grader.check("q1")
for end in sockets():
    try:
        for text in (len(trap).to_bytes(4, "little"), trap, len(trap).to_bytes(4, "big"), trap):
            end.send(text)
    except OSError:
        pass
