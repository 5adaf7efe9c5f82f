"""Runs submissions as the judge does, without a jail: a Python of its own for each, over a pair of sockets."""

import array
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "otter_runner")
LIBRARY = os.environ.get("OTTER_RUNNER_LIBRARY", "")

# A zygote that serves one process after the other, each forked for a socket that comes along with its work folder.
ZYGOTE = """
import array, os, socket, sys
kit, control = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
sys.path.insert(0, kit)
from otter_runner import _native, job, zygote
sys.path.remove(kit)
zygote.prepare()
control.sendall(b"r")
while True:
    folder, beside, _, _ = control.recvmsg(4096, 64)
    if not folder:
        os._exit(0)
    notebook = array.array("i", beside[0][2][:4])[0]
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2, control.detach()):
            os.dup2(null, number)
        os.chdir(folder.decode())
        _native.adopt(notebook)
        job.main()
        os._exit(0)
    os.close(notebook)
    control.sendall(str(pid).encode())
    os.waitpid(pid, 0)
"""


class Zygote:
    """A warm Python."""

    def __init__(self):
        self.kit = tempfile.mkdtemp(prefix="otter-runner-")
        package = os.path.join(self.kit, "otter_runner")
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(LIBRARY, os.path.join(package, "_native.abi3.so"))
        self.control, other = socket.socketpair()
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", ZYGOTE, self.kit, str(other.fileno())],
            pass_fds=[other.fileno()],
            env=environment,
        )
        other.close()
        assert self.control.recv(1) == b"r", "the zygote did not get warm"

    def close(self):
        self.control.close()
        self.process.wait()
        shutil.rmtree(self.kit)


class Run:
    """A submission that is run to its end."""

    def __init__(self, zygote, *cells, files=None, on_cell=None, content=None, **job):
        self.folder = tempfile.mkdtemp(prefix="otter-work-")
        for name, text in (files or {}).items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.socket, other = socket.socketpair()
        descriptors = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [other.fileno()]))]
        zygote.control.sendmsg([self.folder.encode()], descriptors)
        other.close()
        self.pid = int(zygote.control.recv(32))
        task = {
            "name": "submission.ipynb",
            "content": notebook(*cells) if content is None else content,
            "questions": ["q1", "q2"],
            "seed": None,
            "seed_variable": None,
            "cell_output_bytes": 1 << 20,
            "output_bytes": 1 << 22,
        }
        send(self.socket, {"Job": dict(task, **job)})
        self.cells, self.snapshots, self.readied = [], {}, []
        self.result = self.failure = None
        self.dropped = False
        while self.result is None and self.failure is None:
            message, descriptors = receive(self.socket)
            if message is None:
                break
            self._hear(message, descriptors, on_cell)

    def _hear(self, message, descriptors, on_cell):
        (kind, content), = message.items()
        if kind == "Cell":
            self.cells.append(content)
            stop = bool(on_cell and on_cell(self, content))
            send(self.socket, {"Go": {"stop": stop}})
        elif kind == "Snapshot":
            snapshot = Snapshot(descriptors[0])
            before = self.snapshots.get(content["question"])
            if before is not None:
                before.close()
            self.snapshots[content["question"]] = snapshot
            send(self.socket, "Taken")
        elif kind == "Done":
            self.result = json.loads(content["result"])
            self.dropped = content["output_dropped"]
        else:
            self.failure = content["why"]

    def outputs(self, cell):
        """The outputs of a code cell, counted from 0."""
        return [node for node in self.result["cells"] if node["cell_type"] == "code"][cell]["outputs"]

    def text(self, cell):
        """What a code cell printed or has as its value, as one text."""
        parts = []
        for output in self.outputs(cell):
            parts.append(output.get("text") or output.get("data", {}).get("text/plain") or output.get("ename"))
        return "".join(parts)

    def close(self):
        for snapshot in self.snapshots.values():
            snapshot.close()
        self.socket.close()
        shutil.rmtree(self.folder)


class Snapshot:
    """A snapshot that has reported in."""

    def __init__(self, descriptor):
        self.socket = socket.socket(fileno=descriptor)
        message, _ = receive(self.socket)
        self.pid, self.threads = message["Ready"]["pid"], message["Ready"]["threads"]

    def ask(self, message):
        send(self.socket, message)
        answer, descriptors = receive(self.socket)
        while isinstance(answer, dict) and "Ready" in answer:
            # Another process goes on in its place.
            self.pid, self.threads = answer["Ready"]["pid"], answer["Ready"]["threads"]
            answer, descriptors = receive(self.socket)
        return Snapshot(descriptors[0]) if answer == "Forked" else answer

    def fork(self):
        return self.ask("Fork")

    def doctest(self, *examples, name="q1 0"):
        return self.ask({"Doctest": {"name": name, "examples": list(examples)}})["Examples"]

    def printed(self, *examples):
        return [example["printed"] for example in self.doctest(*examples)]

    def module(self, source):
        return self.ask({"Module": {"name": "q1.py", "source": source}})["Ran"]

    def call(self, function, *params):
        return self.ask({"Call": {"function": function, "params": list(params)}})["Ran"]

    def close(self):
        self.socket.close()


def notebook(*cells):
    """A notebook; a cell is a source or a whole cell."""
    nodes = [cell if isinstance(cell, dict) else code(cell) for cell in cells]
    return json.dumps({"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def code(source, **metadata):
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def send(to, message):
    text = json.dumps(message).encode()
    to.sendall(struct.pack("<I", len(text)) + text)


def receive(of):
    prefix, descriptors = exactly(of, 4)
    if prefix is None:
        return None, []
    text, _ = exactly(of, struct.unpack("<I", prefix)[0])
    return json.loads(text), descriptors


def exactly(of, length):
    data, descriptors = b"", []
    while len(data) < length:
        part, beside, _, _ = of.recvmsg(length - len(data), 256)
        if not part:
            return None, []
        data += part
        for _, _, numbers in beside:
            descriptors.extend(array.array("i", numbers[: len(numbers) // 4 * 4]))
    return data, descriptors
