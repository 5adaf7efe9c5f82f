"""The sample course with many sections, which stand for many users: a grade is one for each section and assignment.

(Without sign-in all submissions are the one configured user's.)
"""

import dataclasses
import hashlib
import itertools
import json
import pathlib
import shutil

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "sample"
COURSES, SECTIONS = 2, 8


@dataclasses.dataclass(frozen=True)
class Notebook:
    """A notebook that is submitted once: no other has the same bytes."""

    content: bytes
    sha256: str
    #: Course, section, assignment.
    place: tuple
    #: What it earns and could earn.
    points: tuple

    @property
    def request(self):
        return b'{"nb":' + self.content + b"}"


class Course:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.courses = [f"data-{101 + n}" for n in range(COURSES)]
        self.sections = [f"s{n:02}" for n in range(SECTIONS)]
        self._numbers = itertools.count()
        self._samples = []
        expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
        for name, points in expected.items():
            notebook = json.loads((SAMPLE / "submissions" / name).read_text(encoding="utf-8"))
            self._samples.append((notebook, (points["score"], points["max_score"])))
        self._write()

    def _write(self):
        """The materials folder."""
        config = json.loads((SAMPLE / "course/course-config.json").read_text(encoding="utf-8"))
        section = config["data-101"]["fall26"]
        shutil.copytree(SAMPLE / "course" / section["subpath_to_zips"], self.folder / section["subpath_to_zips"])
        config = {course: {name: section for name in self.sections} for course in self.courses}
        (self.folder / "course-config.json").write_text(json.dumps(config), encoding="utf-8")

    def draw(self, rng):
        """A notebook of somebody's. Safe to call from several threads."""
        notebook, points = rng.choice(self._samples)
        address = dict(notebook["metadata"]["otter_service"])
        address |= {"course": rng.choice(self.courses), "section": rng.choice(self.sections)}
        metadata = notebook["metadata"] | {"otter_service": address, "chaos": next(self._numbers)}
        content = json.dumps(notebook | {"metadata": metadata}).encode()
        place = (address["course"], address["section"], address["assignment"])
        return Notebook(content, hashlib.sha256(content).hexdigest(), place, points)
