"""A submission as otter-grader would hand it to a kernel."""

import json
import os
import random
import string

IGNORED_TAG = "otter_ignore"
SKIPPED_TAG = "skip-execution"
METADATA_KEY = "otter"


class Unreadable(Exception):
    """The submission is not a notebook."""


class Cell:
    """A cell that runs."""

    def __init__(self, source, position=None, node=None):
        self.source = source
        self.position = position
        """where it stands in the submission, counted from 1; none if otter-grader adds it"""
        self.node = node
        """the notebook's own cell, which gets the outputs"""


class Submission:
    """A submission's cells, and the notebook that they are of."""

    def __init__(self, job):
        is_script = os.path.splitext(job["name"])[1] == ".py"
        self.notebook = script(job["content"]) if is_script else read(job["content"])
        self._seed, self._seed_variable = job["seed"], job["seed_variable"]
        self.names = {name: f"{name}_{identifier()}" for name in ("notebook", "np", "random", "t")}

    def prelude(self):
        """Cells before the submission's own."""
        name = self.names["notebook"]
        yield f'from otter import Notebook as {name}\n{name}.init_grading_mode("./tests")\nimport logging\n{LOGGING}'
        yield f'import sys\nsys.path.append(r"{os.getcwd()}")'
        if self._seed is not None and self._seed_variable is None:
            yield f"import numpy as {self.names['np']}\nimport random as {self.names['random']}"

    def cells(self):
        """The cells that run, in order. Checks that cell metadata asks for become cells of the notebook."""
        runs, nodes = [], []
        for position, node in enumerate(self.notebook["cells"], 1):
            nodes.append(node)
            metadata = node.get("metadata", {})
            config = metadata.get(METADATA_KEY, {})
            if IGNORED_TAG in metadata.get("tags", []) or config.get("ignore", False):
                continue
            if node["cell_type"] == "code":
                runs.append(Cell(self._seeded(node["source"]), position, node))
            if config.get("tests"):
                source = "".join(f'{self.names["notebook"]}().check("{test}")\n' for test in config["tests"])
                node = code_cell(source)
                nodes.append(node)
                runs.append(Cell(self._seeded(source), None, node))
        self.notebook["cells"] = nodes
        return [cell for cell in runs if cell.source.strip() and not skipped(cell.node)]

    def _seeded(self, source):
        if self._seed is None or source.startswith("%%"):
            return source
        if self._seed_variable is not None:
            return f"{self._seed_variable} = {self._seed}\n{source}"
        seeds = f"{self.names['np']}.random.seed({self._seed})\n{self.names['random']}.seed({self._seed})"
        return f"{seeds}\n{source}"


def logging_import():
    """The import with which otter-grader's own first cell leaves a name behind."""
    import importlib.util

    if importlib.util.find_spec("otter.logging") is not None:
        return "from otter import logging"
    return "from otter.utils import loggers"


LOGGING = logging_import()


def skipped(node):
    return SKIPPED_TAG in node.get("metadata", {}).get("tags", [])


def identifier():
    chosen = random.SystemRandom()
    return "".join(chosen.choice(string.ascii_uppercase + string.digits) for _ in range(6))


def code_cell(source):
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identifier().lower(),
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def script(source):
    """A notebook of one cell."""
    return {"cells": [code_cell(source)], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def read(text):
    """A notebook of format 4, whatever its format is."""
    try:
        notebook = json.loads(text)
        if notebook["nbformat"] != 4:
            import nbformat

            notebook = nbformat.reads(text, as_version=4)
        for node in notebook["cells"]:
            if not isinstance(node["source"], str):
                node["source"] = "".join(node["source"])
            if node["cell_type"] == "code":
                node["outputs"], node["execution_count"] = [], None
        return notebook
    except Exception as error:
        raise Unreadable(f"the notebook cannot be read: {type(error).__name__}: {error}") from error
