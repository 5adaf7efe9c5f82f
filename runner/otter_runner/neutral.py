"""Finds the modules that a zygote may import before a notebook runs without changing what the notebook sees.

Run by an environment's interpreter when the environment is built, or first used, with nothing imported before. Imports
each candidate in a fork and compares what a program can observe before and after. A candidate is neutral when nothing
that was there before it has changed: `import datascience` sets numpy's print options, after which a failing test may
pass, so it is refused, and the notebook imports it itself; its dependencies are tried in its place.

The last line on standard output is JSON: `modules`, in the order in which they were found neutral together, and
`refused`, with the reason of each.
"""

import fcntl
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import time
import traceback

from .observed import LIBRARIES, TALK, changes, definitions, observe, random_state, readable, replaced, short, threads

# What a kernel that runs an otter notebook has imported before the first cell of the student's runs.
BASE = ["ipykernel.ipkernel", "ipykernel.zmqshell", "otter"]

# Expensive and common. A library whose state is watched comes before those that use it.
CANDIDATES = """
    numpy numpy.random numpy.linalg pandas matplotlib matplotlib.pyplot pandas.plotting._matplotlib
    matplotlib_inline.backend_inline matplotlib.backends.backend_agg PIL.Image scipy scipy.stats scipy.optimize
    scipy.linalg scipy.sparse scipy.interpolate scipy.integrate scipy.special scipy.spatial scipy.cluster.hierarchy
    scipy.signal scipy.ndimage IPython.display ipywidgets requests bs4 lxml.etree yaml tqdm tqdm.auto regex sympy
    networkx sqlalchemy pyarrow xarray sklearn sklearn.linear_model sklearn.model_selection sklearn.preprocessing
    sklearn.metrics sklearn.pipeline sklearn.tree sklearn.ensemble sklearn.neighbors sklearn.cluster
    sklearn.decomposition sklearn.datasets sklearn.feature_extraction.text sklearn.svm sklearn.naive_bayes
    sklearn.impute sklearn.compose patsy statsmodels.api statsmodels.formula.api seaborn plotly plotly.graph_objects
    plotly.express plotly.figure_factory bokeh bokeh.plotting bokeh.io altair branca folium folium.plugins nltk
    gensim spacy geopandas shapely numba cvxpy pymc arviz torch babypandas datascience otter.grade doctest
    unittest.mock sqlite3 statistics fractions decimal csv urllib.request xml.etree.ElementTree asyncio
""".split()

SECONDS_FOR_ONE = 60
SECONDS_FOR_ALL = 240


class Trial:
    """The process that has imported what proved neutral. Before it tries the next it forks: if the child finds no
    change, it goes on as the trial and the parent ends; if not, the child ends and the parent goes on without."""

    def __init__(self):
        self.deadline = time.monotonic() + SECONDS_FOR_ALL
        self.modules, self.refused = [], {}
        for name in BASE:
            if is_there(name):
                importlib.import_module(name)
                self.modules.append(name)
        start_session()
        self.before, self.defined = observe(), definitions()

    def consider(self, name):
        """Tries a module, and the dependencies of one that is refused."""
        if name in sys.modules:
            self.modules.append(name)
        elif is_there(name):
            reasons, brought = self.attempt([name])
            if not reasons:
                return
            self.refused[name] = "; ".join(reasons[:3])
            for package in packages(brought, name):
                self.attempt([module for module in brought if module.split(".")[0] == package])

    def attempt(self, names):
        """The reasons against these modules, and what comes along with them; none: they are imported now."""
        if time.monotonic() > self.deadline:
            return ["there was no time left to try it"], []
        child, talk = fork()
        if not child:
            self.import_and_compare(names)
            return [], []
        told = receive(talk, SECONDS_FOR_ONE)
        if isinstance(told, str):
            end(child, talk)
            return ["its import " + told], []
        reasons = told["reasons"]
        # A watched library that came along must be as it is when it is imported alone.
        for library, state in told["libraries"].items():
            alone = self.alone(library)
            reasons = changes({label: alone[label] for label in state if label in alone}, state) + reasons
        if reasons:
            end(child, talk)
            return reasons, told["brought"]
        talk.sendall(b"go on\n")
        os._exit(0)

    def import_and_compare(self, names):
        """In the child. Returns only if it is to go on."""
        talk = parent()
        known = set(sys.modules)
        # After a fork `random` seeds itself anew, and there is one thread.
        self.before["random state"] = readable(random_state())
        self.before["thread"] = readable(threads())
        told = {"reasons": [], "libraries": {}}
        try:
            for name in names:
                if name not in sys.modules:
                    importlib.import_module(name)
                    self.modules.append(name)
        except BaseException as error:  # whatever an import raises is its reason
            told["reasons"] = ["its import fails: %s: %s" % (type(error).__name__, short(str(error)))]
        else:
            after, defined = observe(), definitions()
            told["reasons"] = changes(self.before, after) + replaced(self.defined, defined)
            own = {name.split(".")[0] for name in names}
            for label, (library, _) in LIBRARIES.items():
                if label in after and label not in self.before and library.split(".")[0] not in own:
                    told["libraries"].setdefault(library, {})[label] = after[label]
            self.before, self.defined = after, defined
        told["brought"] = [name for name in sys.modules if name not in known]
        talk.sendall(encode(told))
        if not talk.recv(16):
            os._exit(0)
        talk.close()

    def alone(self, library):
        """What is observed after the import of this one alone."""
        child, talk = fork()
        if child:
            told = receive(talk, SECONDS_FOR_ONE)
            end(child, talk)
            return told if isinstance(told, dict) else {}
        talk, state = parent(), {}
        try:
            importlib.import_module(library)
            state = observe()
        finally:
            talk.sendall(encode(state))
            os._exit(0)


def fork():
    """The child's pid and a socket to it; in the child, its socket to the parent is the descriptor TALK."""
    ours, theirs = socket.socketpair()
    # Objects that are there already are no longer looked through, and so not copied.
    gc.freeze()
    child = os.fork()
    if child:
        theirs.close()
        return child, ours
    os.dup2(theirs.fileno(), TALK)
    ours.close()
    theirs.close()
    return 0, None


def encode(value, encoder=json.JSONEncoder().encode):
    """One line of JSON, whatever an import has put in the place of `json.dumps`."""
    return encoder(value).encode() + b"\n"


def parent():
    return socket.socket(fileno=TALK)


def end(child, talk):
    talk.close()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def receive(talk, seconds):
    """What a child tells, or in words why it tells nothing."""
    deadline, text = time.monotonic() + seconds, b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([talk], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return "takes more than %d seconds" % seconds
        chunk = talk.recv(1 << 16)
        if not chunk:
            return "ends Python"
        text += chunk
    try:
        return json.loads(text)
    except ValueError:
        return "breaks what Python says"


def is_there(name):
    """Whether it is installed, without importing it."""
    parts = name.split(".")
    try:
        if importlib.util.find_spec(parts[0]) is None:
            return False
        return len(parts) == 1 or has_file(parts)
    except (ImportError, ValueError):
        return False


def has_file(parts):
    for folder in importlib.util.find_spec(parts[0]).submodule_search_locations or []:
        parent = os.path.join(folder, *parts[1:-1])
        names = os.listdir(parent) if os.path.isdir(parent) else []
        if any(name.split(".")[0] == parts[-1] for name in names):
            return True
    return False


def packages(modules, besides):
    """The top-level packages, in the order in which their imports ended."""
    own = besides.split(".")[0]
    found = dict.fromkeys(module.split(".")[0] for module in modules)
    return [package for package in found if package != own and not package.startswith("__")]


def start_session():
    """A session of IPython, as in a kernel: modules that look for one find it."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config
    except ImportError:
        return
    settings = Config()
    settings.HistoryManager.enabled = False
    InteractiveShell.instance(config=settings)


def main():
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with os.fdopen(reading) as answer:
            text = answer.read()
        sys.stdout.write(text)
        return 0 if text else 1
    answer = move(writing)
    # An import that prints must not be taken for the answer, nor wait for an answer itself.
    complaints = move(os.dup(2))
    nowhere = move(os.open(os.devnull, os.O_RDWR))
    for descriptor in (0, 1, 2, TALK):
        os.dup2(nowhere, descriptor)
    os.close(reading)
    try:
        trial = Trial()
        for name in CANDIDATES:
            trial.consider(name)
        found = {"modules": list(dict.fromkeys(trial.modules)), "refused": trial.refused}
        os.write(answer, encode(found))
    except BaseException:  # our own mistake, or an environment without what a kernel needs
        os.write(complaints, traceback.format_exc().encode())
    os._exit(0)


def move(descriptor):
    """Out of the way of the standard ones and TALK."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, TALK + 1)
    os.close(descriptor)
    return moved
