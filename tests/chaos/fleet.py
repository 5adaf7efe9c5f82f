"""The processes under test: one `serve`, any number of `worker`s. They end with this process, whatever way that goes."""

import os
import pathlib
import signal
import subprocess
import time

from ports import free_port

#: Seconds that a process may take to be ready, and to end in order.
STARTS_IN, ENDS_IN = 120, 60


class Process:
    """A process that may be killed and started again."""

    def __init__(self, name, command, env, log):
        self.name, self.command, self.env, self.log = name, command, env, log
        self.child, self.kills, self.said_before = None, 0, 0

    def start(self):
        self.said_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            # setpriv becomes the program itself, with the same process id.
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *self.command], env=self.env, stdout=log, stderr=log
            )

    @property
    def pid(self):
        return self.child.pid

    def lives(self):
        return self.child.poll() is None

    def is_ready(self):
        """Whether it says so in its log since its last start."""
        with self.log.open("rb") as log:
            log.seek(self.said_before)
            return b"otter-service is ready" in (said := log.read()) or b"otter-service worker is ready" in said

    def kill(self):
        """As a loss of power would."""
        self.child.kill()
        self.child.wait()
        self.kills += 1

    def end(self):
        """In order. The exit code; `None` if it had to be killed."""
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(ENDS_IN)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return None


class Fleet:
    """What shares a store. `folder` is for data and logs, and is removed by whoever made it."""

    def __init__(self, program, python, materials, folder, settings, workers, in_server=None):
        self.folder, self.data = pathlib.Path(folder), pathlib.Path(folder, "data")
        self.program = program
        self.port = free_port()
        env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "OTTER_SERVICE_CONFIG": "/dev/null"}
        in_server = workers == 0 if in_server is None else in_server
        env |= settings | {"OTTER_SERVICE_GRADING_IN_SERVER": str(in_server).lower()}
        options = ["--data", str(self.data), "--materials", str(materials), "--python", str(python)]
        serve = [program, "serve", "--listen", f"127.0.0.1:{self.port}", *options]
        self.server = self._process("server", serve, env)
        self.workers = [
            self._process(f"worker-{n}", [program, "worker", "--jobs", "1", *options], env) for n in range(1, workers + 1)
        ]

    def _process(self, name, command, env):
        return Process(name, [str(part) for part in command], env, self.folder / f"{name}.log")

    @property
    def all(self):
        return [self.server, *self.workers]

    def start(self):
        """Starts what does not live, and waits until all are ready."""
        for process in self.all:
            if process.child is None or not process.lives():
                process.start()
        deadline = time.time() + STARTS_IN
        while not all(process.is_ready() for process in self.all):
            for process in self.all:
                if not process.lives() or time.time() > deadline:
                    raise RuntimeError(f"{process.name} is not ready:\n{process.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def end(self):
        """Ends all in order, and gives a list of what went wrong with that."""
        wrong = []
        for process in reversed(self.all):
            code = process.end()
            if code != 0:
                how = "does not end" if code is None else f"ended with {code}"
                wrong.append(f"{process.name}, told to stop, {how}")
        return wrong

    def kill(self):
        for process in self.all:
            if process.child is not None and process.lives():
                process.kill()

    def leftovers(self):
        """Processes that outlive the fleet: all that it starts has its data folder on the command line or around it."""
        place, found = os.fsencode(self.data), []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                about = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:
                continue
            if place in about and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        return found

    def folders_left(self):
        """What should have been removed from the data folder."""
        kinds = [self.data / "gradings", self.data / "workers"]
        return [str(path) for kind in kinds if kind.exists() for path in kind.iterdir() if path.is_dir()]
