# Attack 27: memory that belongs to no process: memory files, /dev/shm, System V segments, message queues, pipes and sockets.
# Defence: it is counted, or it is refused.
# status: complete stopped crashed
# ends: any

# %%
import fcntl

MOST = 3 * max(HOST["memory_mib"], HOST["disk_mib"]) << 20
block = b"x" * (1 << 20)


def fill(more):
    """Calls a function that takes some bytes away, again and again."""
    taken = 0
    try:
        while taken < MOST:
            taken += more()
    except (OSError, MemoryError) as error:
        raise OSError(f"after {taken >> 20} MiB: {error}")
    return f"{taken >> 20} MiB"


kept = []


def memory_file():
    kept.append(os.memfd_create("x"))
    return sum(os.write(kept[-1], block) for _ in range(64))


def shared_file():
    kept.append(os.open(f"/dev/shm/{len(kept)}", os.O_CREAT | os.O_RDWR))
    return sum(os.write(kept[-1], block) for _ in range(64))


def segment():
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(0, 64 << 20, 0o600)
    address = libc.shmat(number, None, 0)
    if number < 0 or address in (None, 2**64 - 1):
        raise OSError(ctypes.get_errno(), "no segment")
    ctypes.memset(address, 1, 64 << 20)
    libc.shmdt(ctypes.c_void_p(address))
    return 64 << 20


def pipe():
    ends = os.pipe()
    kept.extend(ends)
    fcntl.fcntl(ends[1], 1031, 1 << 20)
    os.set_blocking(ends[1], False)
    return os.write(ends[1], block)


def local_socket():
    ends = socket.socketpair()
    kept.extend(ends)
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    ends[0].setblocking(False)
    return ends[0].send(block[: 200 << 10])


# Each in a child, so that one that is ended for it does not spare us the others.
for way in (memory_file, shared_file, segment, pipe, local_socket):
    attempt(way.__name__, lambda: in_child(lambda: fill(way)))
