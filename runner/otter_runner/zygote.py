"""The zygote: imports what is expensive, and then forks a process for each job."""

import gc
import importlib
import importlib.util
import json
import os
import pathlib
import re
import sys
import tempfile
import traceback
import types

from . import _native

CONTROL = 3
# What a kernel has and this is none: it starts threads, and wants a front end.
NEVER = ("ipykernel", "matplotlib_inline")
# What nearly every notebook of data science imports, or otter-grader itself does.
BASIC = ("otter", "IPython", "numpy", "pandas", "matplotlib", "PIL", "doctest", "decimal", "csv", "asyncio")
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"


def main(arguments):
    """Gets warm and serves jobs until the judge hangs up."""
    try:
        prepare(*arguments)
        is_job = _native.serve(CONTROL, otter_version())
    except Exception as error:
        sys.exit(f"otter_runner: {type(error).__name__}: {error}")
    if is_job:
        from . import job

        job.main()
    os._exit(0)


def prepare(preload=None, *wanted):
    """Imports everything and makes the shell."""
    environment()
    gc.disable()
    from . import bundle, grader, job, shell  # noqa: F401

    # First, as in a kernel: some modules look for a shell when they are imported.
    job.shell = shell.make()
    modules(preload, wanted)
    grader.install()
    _native.prepare(genuine_formatter(), compares_whole_message(), job.shell.display_formatter)
    gc.collect()
    gc.freeze()
    gc.enable()


def environment():
    """What a kernel has in its environment when the first module is imported."""
    scratch = tempfile.gettempdir()
    os.environ.setdefault("HOME", scratch)
    os.environ.setdefault("MPLCONFIGDIR", os.path.join(scratch, "matplotlib"))
    os.environ.setdefault("IPYTHONDIR", os.path.join(scratch, "ipython"))
    os.environ["MPLBACKEND"] = INLINE_BACKEND
    os.environ.update(TERM="xterm-color", CLICOLOR="1", PAGER="cat", GIT_PAGER="cat")
    # A package manager that is started all the same gives up at once: there is no network.
    os.environ.update(PIP_NO_INDEX="1", PIP_RETRIES="0", PIP_DISABLE_PIP_VERSION_CHECK="1")


def modules(preload, wanted=()):
    """Imports what the environment's list names, as far as it is basic or wanted.

    Whatever cannot be imported is left to the notebook.
    """
    names = []
    if preload is not None:
        with open(preload, encoding="utf-8") as file:
            listed = json.load(file)
        wanted = {*wanted, *(name for module in wanted if module in listed["refused"] and "." not in module for name in pulled_in(module))}
        names = [name for name in listed["modules"] if name.startswith(BASIC) or name in wanted]
    for name in names:
        if name.startswith(NEVER):
            continue
        try:
            importlib.import_module(name)
        except Exception as error:
            print(f"otter_runner: {name} is not preloaded: {type(error).__name__}: {error}", file=sys.stderr)
    if "matplotlib" in sys.modules and "numpy" in sys.modules:
        draw()


def pulled_in(module):
    """What a module's files import at their top: that of one which must not be preloaded itself may be.

    Only read, as text: finding out by importing is what must not be done.
    """
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in pathlib.Path(folder).glob("*.py")]
    text = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files[:100])
    for line in re.finditer(r"^(?:import ([\w.]+)|from ([\w.]+) import (\w+))", text, re.MULTILINE):
        plain, package, name = line.groups()
        yield from (plain,) if plain else (package, f"{package}.{name}")


def draw():
    """Draws a plot off-screen, so that fonts are found once, and leaves matplotlib's state as it was."""
    import io

    import matplotlib
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        figure = Figure()
        axes = FigureCanvasAgg(figure).figure.subplots()
        axes.plot([1, 2], label="a")
        axes.set_title("$x$")
        axes.legend()
        figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    # Each fork empties this cache (its files must not be shared). Empty, that costs a fork nothing.
    getattr(font_manager, "_get_font", font_manager.get_font).cache_clear()
    # The notebook's first plot must find it unimported: its import is what connects it to the shell.
    sys.modules.pop("matplotlib_inline.backend_inline", None)


def otter_version():
    import otter

    return otter.__version__


def genuine_formatter():
    """``format_exception_only`` of a copy of ``traceback`` that no code of a student can reach by name."""
    spec = importlib.util.find_spec("traceback")
    copy = types.ModuleType("traceback")
    exec(spec.loader.get_code("traceback"), copy.__dict__)
    # Before Python 3.11 `exceptiongroup`, which IPython imports, puts methods of its own in place of some.
    for name, method in vars(traceback.TracebackException).items():
        if getattr(method, "__module__", "traceback") != "traceback":
            setattr(copy.TracebackException, name, method)
    return copy.format_exception_only


def compares_whole_message():
    """Whether doctest compares all lines of an exception's message, and not only the last."""
    import doctest

    return "formatted_ex" in doctest.DocTestRunner._DocTestRunner__run.__code__.co_varnames
