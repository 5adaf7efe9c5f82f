"""What must be true when the queue is empty, whatever happened before."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import subprocess
import tempfile
import threading

from api import Api

#: Problems of one kind that are shown.
SHOWN = 5
CHECKERS = 4


@dataclasses.dataclass
class Seen:
    """All that the service says of one submission."""

    view: dict
    notebook_sha256: str
    events: list

    def count(self, kind):
        return sum(event["event"] == kind for event in self.events)


class Verdict:
    """Looks at everything once. `problems` says what is wrong, by kind; `figures` counts."""

    def __init__(self, answers, course, fleet):
        self.course, self.fleet = course, fleet
        self._local = threading.local()
        self.problems = collections.defaultdict(list)
        self.accepted = {answer.id: answer for answer in answers if answer.outcome == "accepted"}
        self.sent = {answer.notebook.sha256: answer for answer in answers}
        self.stored = {line["id"]: line for line in self._list()}
        self.seen = {}
        self._look()

    @property
    def _api(self):
        if not hasattr(self._local, "api"):
            self._local.api = Api(self.fleet.port)
        return self._local.api

    def _list(self):
        page = self._api.json("api/v1/submissions?limit=100")
        while True:
            yield from page["submissions"]
            if "next_before" not in page:
                return
            page = self._api.json(f"api/v1/submissions?limit=100&before={page['next_before']}")

    def wrong(self, kind, what):
        self.problems[kind].append(what)

    def _look(self):
        for id in self.accepted.keys() - self.stored.keys():
            self.wrong("lost", f"{id} was accepted and is not there")
        with concurrent.futures.ThreadPoolExecutor(CHECKERS) as pool:
            self.seen = dict(zip(self.stored, pool.map(self._see, self.stored)))
            list(pool.map(self._receipt, self.accepted.items()))
        for id, seen in self.seen.items():
            self._origin(id, seen)
            self._grading(id, seen)
            self._events(id, seen.events)
        self._twice()
        self._grades()
        self._nothing_left()

    def _see(self, id):
        course = self.stored[id]["course"]
        status, notebook = self._api.get(f"api/v1/submissions/{id}/notebook")
        return Seen(
            view=self._api.json(f"api/v1/submissions/{id}"),
            notebook_sha256=hashlib.sha256(notebook).hexdigest() if status == 200 else f"status {status}",
            events=self._api.json(f"api/v1/courses/{course}/submissions/{id}/events")["events"],
        )

    def _receipt(self, accepted):
        """The service's own command must find the receipt good, for this notebook and this submission."""
        id, answer = accepted
        with tempfile.NamedTemporaryFile() as file:
            file.write(answer.notebook.content)
            file.flush()
            key = self.fleet.data / "receipt-key.pub.pem"
            command = [self.fleet.program, "receipt", "verify", answer.receipt, "--key", key, "--notebook", file.name]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0 or id not in done.stdout:
            self.wrong("receipt not honoured", f"{id}: {done.stdout}{done.stderr}")

    def _origin(self, id, seen):
        """What is stored is what somebody sent, byte for byte."""
        sha256 = seen.view["sha256"]
        answer = self.sent.get(sha256)
        if answer is None or (id in self.accepted and self.accepted[id] is not answer):
            self.wrong("not what was sent", f"{id} has the SHA-256 {sha256}")
        elif answer.notebook.place != tuple(seen.view[name] for name in ("course", "section", "assignment")):
            self.wrong("not what was sent", f"{id} is in the wrong place")
        if seen.notebook_sha256 != sha256:
            self.wrong("notebook does not read back", f"{id}: {seen.notebook_sha256}")

    def _grading(self, id, seen):
        answer, report = self.sent.get(seen.view["sha256"]), seen.view.get("grading", {}).get("report", {})
        if seen.view["status"] != "graded":
            self.wrong("not graded", f"{id} is {seen.view['status']}")
        elif answer and (report["score"], report["max_score"]) != answer.notebook.points:
            self.wrong("wrong score", f"{id}: {report['score']} of {report['max_score']}, not {answer.notebook.points}")

    def _events(self, id, events):
        kinds = [event["event"] for event in events]
        if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
            self.wrong("events with gaps", f"{id}: {[event['seq'] for event in events]}")
        if kinds[:2] != ["received", "queued"] or kinds.count("queued") != 1:
            self.wrong("events in disorder", f"{id}: {kinds}")
        if kinds.count("graded") != 1 or kinds[-1] != "graded":
            self.wrong("graded more than once, or not last", f"{id}: {kinds}")

    def _twice(self):
        """No request was kept twice."""
        count = collections.Counter(line["sha256"] for line in self.stored.values())
        for sha256, times in count.items():
            if times > 1:
                self.wrong("doubled", f"{times} submissions have the SHA-256 {sha256}")

    def _grades(self):
        """The grade is the latest submission's: ids are in the order of receipt."""
        latest = {}
        for id, seen in self.seen.items():
            place = tuple(seen.view[name] for name in ("course", "section", "assignment"))
            latest[place] = max(id, latest.get(place, ""))
        for place, id in latest.items():
            grade, answer = self.seen[id].view.get("grade"), self.sent.get(self.stored[id]["sha256"])
            if grade is None or grade["submission"] != id:
                self.wrong("wrong grade", f"{place}: {grade}, and the latest is {id}")
            elif answer and (grade["score"], grade["max_score"]) != answer.notebook.points:
                self.wrong("wrong grade", f"{place}: {grade}, not {answer.notebook.points}")

    def _nothing_left(self):
        if (queue := self._api.queue()) != (0, 0):
            self.wrong("jobs left", f"waiting and being graded: {queue}")
        for course in self.course.courses:
            for line in self._api.json(f"api/v1/courses/{course}/failed")["submissions"]:
                self.wrong("failed for good", f"{line['id']}: {line.get('fault')}")

    def behind(self, engine):
        """The same question to the engine itself, when the service has ended."""
        reports = engine.reports()
        for id in self.stored:
            if reports.get(id, 0) != 1:
                self.wrong("not exactly one grading with a report", f"{id} has {reports.get(id, 0)}")
        for id in reports.keys() - self.stored.keys():
            self.wrong("not exactly one grading with a report", f"{id} has a report and is not listed")
        for id, state in engine.open_jobs().items():
            self.wrong("jobs left", f"{id} is {state} in the store")

    @property
    def figures(self):
        outcomes = collections.Counter(answer.outcome for answer in self.sent.values())
        kinds = collections.Counter(event["event"] for seen in self.seen.values() for event in seen.events)
        unsure = collections.Counter(
            self.sent[line["sha256"]].outcome for id, line in self.stored.items()
            if id not in self.accepted and line["sha256"] in self.sent
        )
        return {
            "accepted (202)": outcomes["accepted"],
            "refused (503)": outcomes["refused"],
            "nobody listened": outcomes["unreached"],
            "connection broke": outcomes["broken"],
            "strange answers": outcomes["strange"],
            "kept though the connection broke": unsure["broken"],
            "kept though answered 503": unsure["refused"],
            "graded": kinds["graded"],
            "claimed again": sum(max(0, seen.count("started") - 1) for seen in self.seen.values()),
            "given back": kinds["released"],
            "faults, tried again": kinds["delayed"],
            "lost": len(self.problems["lost"]),
            "doubled": len(self.problems["doubled"]),
            "receipts that fail": len(self.problems["receipt not honoured"]),
        }

    def lines(self):
        """What is wrong, for people."""
        for kind, found in self.problems.items():
            for what in found[:SHOWN]:
                yield f"{kind}: {what}"
            if len(found) > SHOWN:
                yield f"{kind}: and {len(found) - SHOWN} more"
