#!/usr/bin/env python3
"""How long until a submission is acknowledged: one after the other over one connection, and a thousand in a burst.

    COUNT=1000 CONNECTIONS=32 STORE=sqlite,postgres benches/burst.py [--out docs/reference/benchmarks.md]

Starts a `serve` of its own for each column, with a release build of the program (PROGRAM and PYTHON name others), and
submits COUNT different notebooks of 130 KB each way. An acknowledgement is the whole way from the first byte that is
sent to the last one that is read; it comes when the submission is on disk. Nothing is graded meanwhile, except where the
column says so: then one notebook at a time, by the same process. Prints a table in Markdown; `--out` writes it into a
page of the book. Exit code 1 if a submission is not accepted.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import platform
import queue
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests/chaos"))

from api import PREFIX, Api  # noqa: E402
from engines import ENGINES  # noqa: E402
from fleet import Fleet  # noqa: E402
from stage import end_in_order, need, say  # noqa: E402
from waiting import wait_until  # noqa: E402

#: Of each column: the engine, and whether notebooks are graded meanwhile.
COLUMNS = {
    "SQLite": ("sqlite", False),
    "SQLite, grading meanwhile": ("sqlite", True),
    "PostgreSQL": ("postgres", False),
}
BYTES = 130_000
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 \n"
#: A notebook may run for an hour.
LONG = {f"OTTER_SERVICE_GRADING_LIMITS_{limit}": "4000" for limit in ("WALL_S", "CELL_S", "CPU_S")}
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


def bodies(count, seed):
    """Requests with different notebooks: the sample's, with an output such as a long computation prints."""
    rng = random.Random(seed)
    notebook = json.loads((ROOT / "sample/submissions/lab01-ada.ipynb").read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "large", "metadata": {}, "execution_count": 1, "source": ""}
    room = BYTES - len(json.dumps(notebook | {"cells": [*notebook["cells"], cell]}))
    letters = "".join(rng.choices(LETTERS, k=2 * room))
    for _ in range(count):
        # Line breaks take two bytes in JSON.
        begin, text = rng.randrange(room // 2), f"{rng.random()}\n"
        text += letters[begin:begin + room * len(LETTERS) // (len(LETTERS) + 1)]
        outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
        yield json.dumps({"nb": notebook | {"cells": [*notebook["cells"], cell | {"outputs": outputs}]}}).encode()


def submit(port, requests):
    """Sends requests from a queue over one connection until there are none, and gives the seconds that each one took."""
    connection, times, refused = http.client.HTTPConnection("127.0.0.1", port), [], []
    connection.connect()
    while True:
        try:
            body = requests.get_nowait()
        except queue.Empty:
            connection.close()
            return times, refused
        began = time.perf_counter()
        connection.request("POST", PREFIX, body, HEADERS)
        answer = connection.getresponse()
        text = answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != 202:
            refused.append(f"{answer.status} {text.decode()}")


@dataclasses.dataclass
class Times:
    """Milliseconds of each acknowledgement, sorted, and how many there were in a second."""

    each: list
    rate: float

    def part(self, share):
        return self.each[round(share * (len(self.each) - 1))]


def measure(port, count, connections, seed):
    requests = queue.SimpleQueue()
    for body in bodies(count, seed):
        requests.put(body)
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        results = [done.result() for done in [pool.submit(submit, port, requests) for _ in range(connections)]]
    seconds = time.perf_counter() - began
    if refused := [words for _, found in results for words in found]:
        sys.exit(f"{len(refused)} of {count} were not accepted, for instance: {refused[0]}")
    return Times(sorted(taken * 1e3 for times, _ in results for taken in times), count / seconds)


@contextlib.contextmanager
def service(engine, is_grading, program, python):
    """A `serve` with a store of its own; gives its port."""
    with tempfile.TemporaryDirectory(prefix="otter-burst-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o711)
        engine = ENGINES[engine](folder)
        fleet = None
        try:
            engine.start()
            settings = engine.settings | {"OTTER_SERVICE_GRADING_JOBS": "1"} | LONG
            # Only a store that is shared can do without somebody who grades.
            in_server = is_grading or engine.workers == 0
            fleet = Fleet(program, python, ROOT / "sample/course", folder, settings, 0, in_server)
            fleet.start()
            if in_server and not is_grading:
                occupy(fleet.port)
            yield fleet.port
        finally:
            if fleet is not None:
                fleet.kill()
            engine.end()


def occupy(port):
    """Keeps the only one who grades busy with a notebook that sleeps."""
    notebook = json.loads((ROOT / "sample/submissions/lab01-ada.ipynb").read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "sleep", "metadata": {}, "execution_count": 1, "outputs": []}
    sleep = cell | {"source": "__import__('time').sleep(3600)"}
    requests = queue.SimpleQueue()
    requests.put(json.dumps({"nb": notebook | {"cells": [sleep, *notebook["cells"]]}}).encode())
    submit(port, requests)
    api = Api(port)
    wait_until("the notebook that sleeps is being graded", lambda: api.queue() == (0, 1))
    # Its process has started, and computes nothing any more.
    time.sleep(10)
    api.close()


def table(found):
    rows = {}
    for name, (alone, burst) in found.items():
        rows[name] = [
            *(f"{alone.part(share):.1f}" for share in (0.5, 0.95, 0.99, 1)), f"{alone.rate:.0f}",
            *(f"{burst.part(share):.1f}" for share in (0.5, 0.95, 0.99, 1)), f"{burst.rate:.0f}",
        ]
    parts = ["median", "95th percentile", "99th percentile", "slowest"]
    heads = [f"{way}: {what}" for way in ("one after the other", "burst") for what in
             [*(f"{part}, ms" for part in parts), "accepted in a second"]]
    yield "| | " + " | ".join(rows) + " |"
    yield "|---|" + "--:|" * len(rows)
    for head, *row in zip(heads, *rows.values()):
        yield f"| {head} | " + " | ".join(row) + " |"


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores ({cpu}), Linux {platform.release()}, load {os.getloadavg()[0]:.1f} at the end"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    end_in_order()
    count, connections = int(os.environ.get("COUNT") or 1000), int(os.environ.get("CONNECTIONS") or 32)
    stores = (os.environ.get("STORE") or "sqlite,postgres").split(",")
    program, python = need("release")
    found = {}
    for name, (engine, is_grading) in COLUMNS.items():
        if engine in stores:
            with service(engine, is_grading, program, python) as port:
                measure(port, 20, 1, "warm up")
                found[name] = measure(port, count, 1, "alone"), measure(port, count, connections, "burst")
            say(f"{name}: done")
    text = "\n".join(table(found)) + (
        f"\n\nMeasured on {time.strftime('%Y-%m-%d')}: {count} notebooks of {BYTES // 1000} KB each way, the burst over "
        f"{connections} connections; the client on the same machine. {machine()}.\n"
    )
    print(text)
    if args.out:
        page = args.out.read_text(encoding="utf-8")
        head, begin, rest = page.partition("<!-- begin burst -->\n")
        _, end, tail = rest.partition("<!-- end burst -->\n")
        args.out.write_text(head + begin + text + end + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
