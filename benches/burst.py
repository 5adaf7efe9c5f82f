#!/usr/bin/env python3
"""How long until a submission is acknowledged: one after the other over one connection, and a thousand in a burst.

    COUNT=1000 CONNECTIONS=32 STORE=sqlite,postgres benches/burst.py [--out docs/reference/benchmarks.md]

Starts a `serve` of its own for each column, with a release build of the program (PROGRAM and PYTHON name others), and
submits a notebook of 130 KB COUNT times each way. An acknowledgement is the whole way from the first byte that is
sent to the last one that is read, as hey (https://github.com/rakyll/hey) measures it; it comes when the submission is on
disk. Nothing is graded meanwhile, except where the column says so: then one notebook at a time, by the same process.
Prints a table in Markdown; `--out` writes it into a page of the book. Exit code 1 if a submission is not accepted.
"""

import argparse
import contextlib
import csv
import dataclasses
import json
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

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


def request():
    """A request with the sample's notebook, and an output in it such as a long computation prints."""
    rng = random.Random("burst")
    notebook = json.loads((ROOT / "sample/submissions/lab01-ada.ipynb").read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "large", "metadata": {}, "execution_count": 1, "source": ""}
    room = BYTES - len(json.dumps(notebook | {"cells": [*notebook["cells"], cell]}))
    # Line breaks take two bytes in JSON.
    text = "".join(rng.choices(LETTERS, k=room * len(LETTERS) // (len(LETTERS) + 1)))
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
    return json.dumps({"nb": notebook | {"cells": [*notebook["cells"], cell | {"outputs": outputs}]}}).encode()


@dataclasses.dataclass
class Times:
    """Milliseconds of the acknowledgements, and how many there were in a second."""

    parts: list
    rate: float


def measure(port, count, connections):
    """Lets hey send so many requests: a client that leaves the processors to the service."""
    with tempfile.NamedTemporaryFile(prefix="otter-burst-") as body:
        body.write(request())
        body.flush()
        command = ["hey", "-n", str(count), "-c", str(connections), "-t", "60", "-m", "POST", "-o", "csv"]
        command += ["-T", "application/json", "-H", "Accept: application/json", "-D", body.name]
        command += [f"http://127.0.0.1:{port}{PREFIX}"]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    answers = list(csv.DictReader(told.splitlines()))
    accepted = [answer for answer in answers if answer["status-code"] == "202"]
    # hey sends the same number over each connection.
    if len(accepted) < count - count % connections:
        sys.exit(f"{len(accepted)} of {count} were accepted")
    took = sorted(float(answer["response-time"]) * 1e3 for answer in accepted)
    seconds = max(float(answer["offset"]) + float(answer["response-time"]) for answer in accepted)
    return Times([took[round(share * (len(took) - 1))] for share in (0.5, 0.95, 0.99, 1)], len(took) / seconds)


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
    body = json.dumps({"nb": notebook | {"cells": [sleep, *notebook["cells"]]}}).encode()
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{PREFIX}", body)).close()
    api = Api(port)
    wait_until("the notebook that sleeps is being graded", lambda: api.queue() == (0, 1))
    # Its process has started, and computes nothing any more.
    time.sleep(10)
    api.close()


def table(found):
    rows = {}
    for name, (alone, burst) in found.items():
        rows[name] = [
            *(f"{part:.1f}" for part in alone.parts), f"{alone.rate:.0f}",
            *(f"{part:.1f}" for part in burst.parts), f"{burst.rate:.0f}",
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
    if not shutil.which("hey"):
        sys.exit("the burst is made by hey, which is not here (Debian: apt-get install hey)")
    program, python = need("release")
    found = {}
    for name, (engine, is_grading) in COLUMNS.items():
        if engine in stores:
            with service(engine, is_grading, program, python) as port:
                measure(port, 20, 1)
                found[name] = measure(port, count, 1), measure(port, count, connections)
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
