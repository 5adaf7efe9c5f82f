"""One run against one engine: what it needs, its beginning and its end."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from api import Api
from course import SAMPLE, Course
from engines import ENGINES
from fleet import Fleet
from load import Load
from verdict import Verdict
from waiting import wait_until

ROOT = SAMPLE.parent
#: Short, so that jobs of the dead are taken again while the run lasts.
LEASE_S = 10
#: Nothing has happened in the queue for so many seconds: it will not empty itself any more.
STUCK_AFTER = 180


def say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


def need(profile="debug"):
    """The program and an interpreter that can grade the sample: PROGRAM and PYTHON, or made here."""
    program = os.environ.get("PROGRAM")
    if not program:
        build = ["cargo", "build", "--quiet", "--package", "cli", *(["--release"] if profile == "release" else [])]
        subprocess.run(build, cwd=ROOT, check=True)
        program = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / profile / "otter-service"
    python = os.environ.get("PYTHON")
    if not python:
        make = [program, "environment", "build", "--requirements", SAMPLE / "requirements.txt"]
        python = subprocess.run(make, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return pathlib.Path(program).resolve(), pathlib.Path(python).absolute()


def engines_named(text):
    names = list(ENGINES) if text == "all" else text.split(",")
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        sys.exit(f"STORE is {', '.join(ENGINES)} or all, not {', '.join(unknown)}")
    return [ENGINES[name] for name in names]


def end_in_order():
    """SIGTERM ends this process as Ctrl-C does, so that what it started ends, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))


class Stage:
    """An engine, a fleet that works with it, and clients. A folder is left behind only where something went wrong."""

    def __init__(self, engine, seed, program, python):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"otter-chaos-{engine.name}-"))
        # Gradings have users of their own, who must be able to pass.
        self.folder.chmod(0o711)
        self.seed, self.program, self.python = seed, program, python
        self.data = self.folder / "data"
        self.course = Course(self.folder / "materials")
        self.engine, self.fleet, self.load, self.verdict = engine(self.folder), None, None, None
        self.wrong, self.began = [], time.time()

    @contextlib.contextmanager
    def running(self, lease_s=LEASE_S):
        """The engine and the fleet run and clients submit. At the end all is judged."""
        try:
            self.engine.start()
            settings = self.engine.settings | {"OTTER_SERVICE_GRADING_LEASE_S": str(lease_s)}
            self.fleet = Fleet(self.program, self.python, self.course.folder, self.folder, settings, self.engine.workers)
            self.fleet.start()
            say(f"{self.engine.name}: {len(self.fleet.all)} processes are ready, in {self.folder}")
            self.load = Load(self.course, self.fleet.port, self.seed)
            yield self
            self._judge()
        finally:
            if self.load is not None:
                self.load.stop()
            if self.fleet is not None:
                self.fleet.kill()
            self.engine.end()

    def _judge(self):
        self.load.stop()
        say(f"{self.engine.name}: {len(self.load.answers)} answers; waiting for the queue to empty")
        self._drain()
        say(f"{self.engine.name}: looking at everything")
        self.verdict = Verdict(self.load.answers, self.course, self.fleet)
        self.wrong += self._unasked()
        self.wrong += self.fleet.end()
        self.verdict.behind(self.engine)
        with contextlib.suppress(RuntimeError):
            wait_until("nothing is left", lambda: not self.fleet.leftovers(), 10)
        self.wrong += [f"process {pid} outlives the service" for pid in self.fleet.leftovers()]
        self.wrong += [f"{path} is left over" for path in self.fleet.folders_left()]
        self.wrong += [line for line in self.log_lines() if "panicked" in line]

    def _drain(self):
        api, last, since = Api(self.fleet.port), None, time.time()
        while (queue := api.queue()) != (0, 0):
            if queue != last:
                last, since = queue, time.time()
            if time.time() - since > STUCK_AFTER:
                self.wrong.append(f"the queue is stuck: waiting and being graded: {queue}")
                return
            time.sleep(0.5)

    def _unasked(self):
        return [f"{process.name} ended by itself" for process in self.fleet.all if not process.lives()]

    def log_lines(self):
        for process in self.fleet.all:
            for line in process.log.read_text(errors="replace").splitlines():
                yield f"{process.name}: {line}"

    def close(self):
        """Says what is wrong, and whether nothing is."""
        seconds = time.time() - self.began
        problems = [*self.wrong, *self.verdict.lines()]
        for problem in problems:
            say(f"{self.engine.name}: WRONG: {problem}")
        if problems:
            say(f"{self.engine.name}: logs and data are left in {self.folder}")
        else:
            shutil.rmtree(self.folder)
        return {**self.verdict.figures, "wrong in all": len(problems), "seconds": round(seconds)}


def table(columns):
    """Figures by column, as Markdown."""
    rows = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    yield "| | " + " | ".join(columns) + " |"
    yield "|---|" + "--:|" * len(columns)
    for row in rows:
        yield f"| {row} | " + " | ".join(str(figures.get(row, "")) for figures in columns.values()) + " |"
