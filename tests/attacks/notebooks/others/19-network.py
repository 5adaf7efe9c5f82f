# Attack 19: reach the host, the local network or the internet by TCP, UDP, DNS or a local socket.
# Defence: a network of its own without devices, no socket but local ones, and no connection to those outside.

# %%
import urllib.request

ADDRESSES = ["127.0.0.1", "::1", "0.0.0.0", "localhost", HOST["ip"], "169.254.169.254", "8.8.8.8"]


def tcp(address, port):
    with socket.create_connection((address, port), timeout=1):
        return f"connected to {address}:{port}"


def udp(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as end:
        return end.sendto(b"hello", (address, port))


def local(path):
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(1)
        end.connect(path)
        return f"connected to {path!r}"


for address in ADDRESSES:
    for port in (HOST["tcp"], 22, 53, 80):
        attempt(f"TCP to {address}:{port}", lambda: tcp(address, port))
    for port in (HOST["udp"], 53):
        attempt(f"UDP to {address}:{port}", lambda: udp(address, port))
attempt("a name", lambda: socket.getaddrinfo("example.com", 80))
attempt("a page", lambda: urllib.request.urlopen("http://example.com", timeout=1).read(10))
attempt("a local socket by its path", lambda: local(HOST["local"]))
attempt("an abstract socket", lambda: local("\0" + HOST["abstract"]))
attempt("a datagram to a local socket", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", HOST["datagrams"]))
attempt("a program", lambda: os.system("command -v curl && curl -sm 1 http://example.com") == 0)


# %%
def listen():
    end = socket.socket()
    end.bind(("0.0.0.0", 0))
    end.listen()
    return end.getsockname()


attempt("to listen", listen)
