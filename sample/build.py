#!/usr/bin/env python3
"""Build the sample course from the master notebooks in source/.

    python build.py               write course/, student/ and submissions/
    python build.py --expected    the same, then grade every submission and write expected.json

Run it with a Python that has the packages of requirements.txt. The same sources give the same
bytes every time, so that `git diff` shows what an edit really changed.
"""

import argparse
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from itertools import count
from pathlib import Path
from textwrap import dedent

try:
    import nbformat  # otter brings it along
except ModuleNotFoundError:
    sys.exit(f"build.py: {sys.executable} lacks the packages of requirements.txt")

sys.dont_write_bytecode = True  # leave no __pycache__ beside the sources

from answers import SUBMISSIONS  # noqa: E402

SAMPLE = Path(__file__).resolve().parent
SOURCE = SAMPLE / "source"
REQUIREMENTS = SAMPLE / "requirements.txt"
EXPECTED = SAMPLE / "expected.json"

COURSE = "data-101"
SECTION = "fall26"
COURSE_ID = "SampleX+DATA101+2026_Fall"
AUTOGRADERS = Path(SECTION, "autograders")
ASSIGNMENT_IDS = {  # as the learning platform would have given them out
    "lab01": "5f0c9d3ab1e84762a7d41c60e92f8b35",
    "hw01": "c28e61f47a0d4b9f83b5d7e0146a9c52",
}

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip entry can have


class BuildError(Exception):
    """The sample cannot be built; the message says why."""


def require_pinned_otter() -> None:
    """Refuse to build with another otter-grader than the one in requirements.txt."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    pin = next(line for line in lines if line.startswith("otter-grader=="))
    try:
        installed = f"otter-grader=={metadata.version('otter-grader')}"
    except metadata.PackageNotFoundError:
        installed = "no otter-grader"
    if installed != pin:
        raise BuildError(f"{sys.executable} has {installed}, {REQUIREMENTS.name} asks for {pin}")


def otter(*arguments: str | Path) -> None:
    """Run an otter command with this interpreter."""
    command = [sys.executable, "-m", "otter", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")


def read_notebook(path: Path) -> dict:
    return nbformat.read(path, as_version=4)


def write_notebook(notebook: dict, path: Path) -> None:
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def assign(name: str, workspace: Path, output: Path) -> None:
    """Make everything that belongs to one assignment, as files below `output`."""
    otter("assign", SOURCE / f"{name}.ipynb", workspace)

    student = output / "student"
    shutil.copytree(workspace / "student", student, dirs_exist_ok=True)
    notebook = hand_out(name, read_notebook(student / f"{name}.ipynb"))
    write_notebook(notebook, student / f"{name}.ipynb")

    [otter_zip] = (workspace / "autograder").glob("*.zip")
    autograder = output / "course" / AUTOGRADERS / f"{name}-autograder.zip"
    autograder.parent.mkdir(parents=True, exist_ok=True)
    repack(otter_zip, autograder)
    check_assignment_name(name, notebook, autograder)

    submissions = output / "submissions"
    submissions.mkdir(exist_ok=True)
    for person, answers in SUBMISSIONS[name].items():
        write_notebook(fill_in(notebook, answers), submissions / f"{name}-{person}.ipynb")


def hand_out(name: str, notebook: dict) -> dict:
    """Return otter's student notebook with stable cell ids and the address it is handed in to."""
    notebook = copy.deepcopy(notebook)
    authored = {cell["id"] for cell in read_notebook(SOURCE / f"{name}.ipynb")["cells"]}
    numbers = count(1)
    for cell in notebook["cells"]:
        if cell["id"] not in authored:  # otter added the cell, and its id is random
            cell["id"] = f"otter-{next(numbers)}"
    notebook["metadata"]["otter_service"] = {
        "course": COURSE,
        "section": SECTION,
        "assignment": name,
    }
    return notebook


def fill_in(notebook: dict, answers: dict[str, str]) -> dict:
    """Return the notebook with each answer in the cell that its question has for it."""
    notebook = copy.deepcopy(notebook)
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    for question, answer in answers.items():
        if (cell := cells.get(f"{question}-answer")) is None:
            raise BuildError(f"answers.py has {question}, but no cell is called {question}-answer")
        cell["source"] = dedent(answer).strip()
    return notebook


def repack(original: Path, target: Path) -> None:
    """Copy a zip file in such a way that its bytes follow from the contents of its entries."""
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)  # stored, as compressors differ
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = 0o644 << 16
            new.writestr(entry, old.read(name))


def check_assignment_name(name: str, notebook: dict, autograder: Path) -> None:
    """Both halves must carry the name by which otter turns down the wrong notebook."""
    with zipfile.ZipFile(autograder) as archive:
        config = json.loads(archive.read("otter_config.json"))
    for place, settings in (
        ("autograder", config),
        ("student notebook", notebook["metadata"]["otter"]),
    ):
        if (found := settings.get("assignment_name")) != name:
            raise BuildError(f"the {place} of {name} has the assignment name {found!r}")


def course_config() -> dict:
    section = {
        "course_id": COURSE_ID,
        "subpath_to_zips": AUTOGRADERS.as_posix(),
        "assignments": ASSIGNMENT_IDS,
    }
    return {COURSE: {SECTION: section}}


def build() -> None:
    """Write course/, student/ and submissions/, all of them or, after an error, none."""
    with tempfile.TemporaryDirectory() as temporary:
        output = Path(temporary, "output")
        for name in ASSIGNMENT_IDS:
            assign(name, Path(temporary, name), output)
        config = json.dumps(course_config(), indent=2) + "\n"
        (output / "course" / "course-config.json").write_text(config, encoding="utf-8")

        for made in output.iterdir():
            shutil.rmtree(SAMPLE / made.name, ignore_errors=True)
            shutil.copytree(made, SAMPLE / made.name)


def grade(submission: Path) -> dict:
    """Return the score that `otter run` gives a submission, in all and by question."""
    name, _ = submission.stem.split("-")
    autograder = SAMPLE / "course" / AUTOGRADERS / f"{name}-autograder.zip"
    with tempfile.TemporaryDirectory() as temporary:
        # The first cell opens the notebook by the name under which it was handed out.
        handed_in = shutil.copy(submission, Path(temporary, f"{name}.ipynb"))
        otter("run", "--no-logo", "-a", autograder, "-o", temporary, handed_in)
        results = json.loads(Path(temporary, "results.json").read_text(encoding="utf-8"))

    tests = sorted((t for t in results["tests"] if "max_score" in t), key=lambda t: t["name"])
    if not tests:
        raise BuildError(f"otter could not grade {submission.name}: {results['tests']}")
    return {
        "score": float(sum(test["score"] for test in tests)),
        "max_score": float(sum(test["max_score"] for test in tests)),
        "questions": {t["name"]: [float(t["score"]), float(t["max_score"])] for t in tests},
    }


def measure() -> None:
    """Grade every submission and write expected.json, one submission a line."""
    submissions = sorted((SAMPLE / "submissions").glob("*.ipynb"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        grades = list(pool.map(grade, submissions))
    lines = (f'  "{path.name}": {json.dumps(found)}' for path, found in zip(submissions, grades))
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the sample course from source/.")
    parser.add_argument(
        "--expected",
        action="store_true",
        help="also grade every submission and write expected.json (takes a minute)",
    )
    arguments = parser.parse_args()
    try:
        require_pinned_otter()
        build()
        if arguments.expected:
            measure()
    except BuildError as error:
        sys.exit(f"build.py: {error}")


if __name__ == "__main__":
    main()
