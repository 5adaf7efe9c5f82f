# Attack 28: use up descriptors: one's own, those of the machine, and those that travel in sockets.
# Defence: a limit for each process, and one on processes.
# status: complete stopped crashed
# ends: any
# once: yes

# %%
import resource


def use_up(name, more):
    kept = []
    try:
        while len(kept) < 200_000:
            kept.append(more())
        print("REACHED:", len(kept), name)
    except OSError as error:
        print("refused:", name, "after", len(kept), error)
    for one in kept:
        os.close(one)


def opened(number):
    if number < 0:
        raise OSError(ctypes.get_errno(), "not opened")
    return number


use_up("open files", lambda: os.open("/dev/null", os.O_RDONLY))
use_up("memory files", lambda: os.memfd_create("x"))
use_up("watches", lambda: opened(libc.inotify_init()))
use_up("polls", lambda: opened(libc.epoll_create(1)))


# %%
# In flight: what is sent over a socket is closed here and still open.
def in_flight():
    sent = 0
    try:
        for _ in range(400):
            ends = socket.socketpair()
            ends[0].setblocking(False)
            numbers = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * 250)
            while True:
                try:
                    ends[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
                except BlockingIOError:
                    break
                sent += len(numbers)
            os.close(numbers[0])
            flying.append(ends)
    except OSError as error:
        print("refused: in flight, after", sent, error)
    return sent > 200_000 and sent


flying = []
attempt("descriptors in flight", in_flight)
