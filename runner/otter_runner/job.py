"""A job: what happens in the process that the zygote has forked into a jail."""

import asyncio
import builtins
import getpass
import json
import os
import random
import signal
import site
import sys
import tempfile
from os import getpid as process_id

from IPython.core.interactiveshell import _asyncio_runner
from otter.execute import Checker

from . import _native, bundle, grader
from .cells import Submission, Unreadable
from .outputs import Descriptors, finish
from .shell import get_password, raw_input, streams

shell = None
"""the shell that the zygote has made"""


def main():
    """Does what the judge asks for."""
    task = json.loads(_native.receive())
    try:
        settle()
        if "Job" in task:
            run(task["Job"])
        else:
            _native.done(json.dumps(bundle.make(os.getcwd())), False)
    except Unreadable as error:
        _native.failed(str(error))
    except Exception as error:
        _native.failed(f"{type(error).__name__}: {error}")


def settle():
    """Makes of the zygote's fork what a fresh kernel would be here."""
    os.environ["HOME"] = os.environ["PWD"] = os.getcwd()
    os.environ["TMPDIR"] = scratch = _native.scratch_folder() or os.environ.get("TMPDIR", "/tmp")
    os.environ["MPLCONFIGDIR"] = os.path.join(scratch, "matplotlib")
    os.environ["IPYTHONDIR"] = os.path.join(scratch, "ipython")
    os.environ.pop("OTTER_JAIL", None)
    tempfile.tempdir = None
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def run(job):
    """Runs a submission."""
    # Where `otter.Notebook("lab01.ipynb")` looks for it.
    with open(job["name"], "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(job["content"])
    submission = Submission(job)
    grader.expect(job["questions"])
    outputs = shell.outputs
    outputs.limits(job["cell_output_bytes"], job["output_bytes"])
    sys.stdout, sys.stderr = streams(outputs)
    builtins.input, getpass.getpass = raw_input, get_password
    sys.argv = [os.path.join(sys.prefix, "ipykernel_launcher.py"), "-f", "kernel.json"]
    search_work_folder()
    # Lets the folder be a package, as otter-grader does.
    open("__init__.py", "a").close()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # A kernel runs cells within its event loop, so that `await` works and `asyncio.run` does not.
    loop.run_until_complete(Run(submission, outputs, loop).all(job["questions"]))
    _native.done(text_of(submission.notebook), outputs.dropped)


def search_work_folder():
    """Imports look into the work folder where a kernel does: after the standard library."""
    packages = [at for at, path in enumerate(sys.path) if os.path.basename(path) in ("site-packages", "dist-packages")]
    sys.path.insert(packages[0] if packages else 0, "")


def text_of(notebook):
    """The notebook as a JSON text that every reader takes."""
    try:
        text = json.dumps(notebook, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(without_nan(notebook), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def without_nan(value):
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return value


class Run:
    """The cells of a submission, one after the other."""

    def __init__(self, submission, outputs, loop):
        self.submission = submission
        self.outputs = outputs
        self.loop = loop
        self.descriptors = Descriptors(outputs)
        self.process = process_id()

    async def all(self, questions):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for source in self.submission.prelude():
            self.outputs.begin()
            await self.execute(source)
        cells = self.submission.cells()
        for index, cell in enumerate(cells, 1):
            if not _native.cell(index, len(cells), cell.position):
                break
            kept = self.outputs.begin()
            cell.node["execution_count"] = shell.execution_count
            await self.execute(cell.source)
            self.descriptors.collect(self.outputs.cell_left)
            cell.node["outputs"] = finish(kept)
        # Here, and not after the loop: context variables (numpy's print options) are the cells'.
        if not grader.checked.issuperset(questions):
            # otter-grader's last cell leaves it behind before it runs the tests that are left.
            shell.user_ns["Checker"] = Checker
            _native.snapshot(None, shell.user_ns)

    async def execute(self, source):
        """Runs a cell; a Ctrl-C ends it."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            await self.run_cell(source)
            # What a cell has started in the background gets its turn.
            await asyncio.sleep(0)
        except (KeyboardInterrupt, asyncio.CancelledError):
            shell.showtraceback()
        finally:
            signal.signal(signal.SIGINT, before)
        # A process that the cell has forked, and that did not end, is not the notebook's.
        if process_id() != self.process:
            os._exit(0)

    async def run_cell(self, source):
        transformed, problem = source, None
        try:
            transformed = shell.transform_cell(source)
        except Exception:
            problem = sys.exc_info()
        how = {"transformed_cell": transformed, "preprocessing_exc_tuple": problem}
        if shell.loop_runner is not _asyncio_runner or not shell.should_run_async(source, **how):
            shell.run_cell(source, store_history=True)
            return
        task = asyncio.ensure_future(shell.run_cell_async(source, store_history=True, **how))
        signal.signal(signal.SIGINT, lambda *_: self.loop.call_soon_threadsafe(task.cancel))
        result = None
        try:
            result = await task
        finally:
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)
