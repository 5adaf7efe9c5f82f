# Attack 21: sockets of every other family: netlink, raw, packet, vsock, the kernel's cryptography, Bluetooth, XDP, TIPC...
# Defence: there are local sockets and no others.

# %%
kinds = {
    "stream": socket.SOCK_STREAM,
    "datagram": socket.SOCK_DGRAM,
    "raw": socket.SOCK_RAW,
    "seqpacket": socket.SOCK_SEQPACKET,
    "rdm": 4,
    "dccp": 6,
    "packet": 10,
}


def make(family, kind, protocol):
    with socket.socket(family, kind, protocol) as end:
        return f"socket {end.fileno()}"


for family in range(47):
    if family != socket.AF_UNIX:
        for name, kind in kinds.items():
            for protocol in (0, 1, 3, 6, 16, 255):
                try:
                    got = make(family, kind, protocol)
                except OSError:
                    continue
                print("REACHED: a socket of family", family, name, protocol, got)


# %%
# The same numbers where a filter may not look: above 32 bits, and through `socketcall` of 32-bit programs' number.
attempt("a family above 32 bits", lambda: libc.syscall(41, ctypes.c_ulong(2 | 1 << 32), 1, 0) > 0)
# In a child: a container's profile may end whoever tries.
attempt("the x32 interface", lambda: in_child(lambda: libc.syscall(41 | 0x40000000, 2, 1, 0) > 0) == "gave True")
attempt("a pair of internet sockets", lambda: socket.socketpair(socket.AF_INET))
