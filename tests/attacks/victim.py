# A submission that is graded at the same time as an attack: it leaves a mark wherever another may find one, and waits a while.

# %%
import ctypes
import os
import socket
import threading
import time

mark = b"".join([b"victim", b"-", b"4f1c"])
for folder in (".", "/tmp", "/dev/shm", "/var/tmp"):
    try:
        with open(f"{folder}/victim.txt", "wb") as file:
            file.write(mark)
    except OSError:
        pass
os.environ["VICTIM"] = mark.decode()

# %%
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
segment = libc.shmget(0x4F1C, 4096, 0o1666)
address = libc.shmat(segment, None, 0)
if segment >= 0 and address not in (None, 2**64 - 1):
    ctypes.memmove(address, mark, len(mark))

# %%
# A moment of listening, and then nothing is left running.
end = socket.socket(socket.AF_UNIX)
try:
    end.bind("\0victim-socket")
    end.listen()
    end.settimeout(2.5)
    connection, _ = end.accept()
    connection.send(mark)
except OSError:
    time.sleep(2.5)
end.close()
