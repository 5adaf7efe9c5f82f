# Attack 20: the sockets by which services of the host are commanded: Docker, containerd, systemd, D-Bus, databases.
# Defence: their files are not visible; nothing connects by a path.

# %%
import stat

known = """/var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock /run/podman/podman.sock
    /run/dbus/system_bus_socket /run/systemd/private /run/systemd/journal/stdout /run/systemd/notify /run/snapd.socket
    /var/run/postgresql/.s.PGSQL.5432 /run/mysqld/mysqld.sock /tmp/.X11-unix/X0 /run/nscd/socket /dev/log""".split()


def search():
    for top in ("/run", "/var", "/tmp", "/dev", "/home", "/root", "/work", os.path.dirname(HOST["local"])):
        for folder, folders, files in os.walk(top):
            for name in files:
                try:
                    if stat.S_ISSOCK(os.stat(os.path.join(folder, name)).st_mode):
                        yield os.path.join(folder, name)
                except OSError:
                    pass


def connect(path):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as end:
            end.settimeout(1)
            try:
                end.connect(path)
                return f"connected to {path}"
            except OSError as error:
                last = error
    raise last


for path in {*known, *search(), HOST["local"], HOST["datagrams"]}:
    attempt(f"the service at {path}", lambda: connect(path))
