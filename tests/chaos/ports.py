"""Ports of loopback."""

import os
import socket


def free_port():
    """Below those that the kernel gives to clients: one of them that calls a dead server could else reach itself."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("there is no free port")
