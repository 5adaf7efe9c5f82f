"""A time without the store: what clients and processes have to say about it."""

import calendar
import http.client
import statistics
import threading
import time

from api import HANGS_AFTER, Api
from stage import say
from waiting import wait_until

#: Seconds of load before the store goes, and the time by which it must be noticed.
BEFORE, NOTICED_IN = 10, 1
#: Seconds by which submissions must be accepted again, and work must have begun again, after the store is back.
BACK_IN = 30
EVERYBODY = 10**6
#: What the service says of itself without a store: it lives, and is not ready.
EXPECTED = {"healthz": 200, "readyz": 503}


class Absence:
    """From `gone` to `back`, in seconds since 1970."""

    def __init__(self, stage, needs_room):
        self.stage, self.needs_room = stage, needs_room
        self.gone = self.back = self.accepts = None
        self.processes = {process.name: process.pid for process in stage.fleet.all}
        self.health = {"healthz": [], "readyz": []}

    def judge(self):
        """Adds to what is wrong with the run."""
        wrong = self.stage.wrong.append
        for answer in self._during:
            if answer.status == 202 and not self.needs_room:
                wrong(f"{answer.id} was accepted without a store")
            elif answer.status == 503 and not answer.retry_after.isdigit():
                wrong("a 503 without Retry-After")
        for answer in self.stage.load.answers:
            if answer.status not in (202, 503):
                wrong(f"the answer was {answer.outcome} {answer.status}: {answer.words[:200]}")
            if answer.seconds > HANGS_AFTER:
                wrong(f"a submission hung for {answer.seconds:.1f} s, and was then {answer.outcome} {answer.status}")
        if not any(answer.status == 503 for answer in self._during):
            wrong("nobody was told that the store is away")
        for process in self.stage.fleet.all:
            if process.pid != self.processes[process.name]:
                wrong(f"{process.name} was started again")
        for path, told in self.health.items():
            for status, began, ended in told:
                # A full disk can be read.
                if ended < self.back and status not in ((200, 503) if path == "readyz" and self.needs_room else (EXPECTED[path],)):
                    wrong(f"{path} without a store says {status}")
                if ended - began > HANGS_AFTER:
                    wrong(f"{path} hung for {ended - began:.1f} s")
        self._work()

    def _work(self):
        idle = set(self._workers) - {actor for actor, _ in self._begun}
        if idle:
            self.stage.wrong.append(f"took up no work after the outage: {', '.join(sorted(idle))}")
        if self.accepts is None:
            self.stage.wrong.append(f"nothing was accepted within {BACK_IN} s of the store's return")

    @property
    def _workers(self):
        """Those who grade, by the process id that is the second part of a worker's name."""
        return {str(process.pid) for process in self.stage.fleet.workers or [self.stage.fleet.server]}

    @property
    def _begun(self):
        """Gradings that began after the return: by whom, and how many seconds after it."""
        for seen in self.stage.verdict.seen.values():
            for event in seen.events:
                at = _seconds(event["at"])
                if event["event"] == "started" and at >= self.back:
                    yield event["actor"].split("/")[1], at - self.back

    @property
    def _during(self):
        """What was asked and answered while the store was away, and it could be known."""
        return [
            answer for answer in self.stage.load.answers
            if answer.began >= self.gone + NOTICED_IN and answer.ended <= self.back
        ]

    @property
    def figures(self):
        during = self._during
        refusals = [answer.seconds for answer in self.stage.load.answers if answer.status == 503] or [0]
        begun = min((seconds for _, seconds in self._begun), default=None)
        return {
            "store away, seconds": round(self.back - self.gone),
            "answers meanwhile": len(during),
            "503 with Retry-After meanwhile": sum(answer.status == 503 and answer.retry_after.isdigit() for answer in during),
            "median 503, seconds": f"{statistics.median(refusals):.2f}",
            "slowest 503, seconds": f"{max(refusals):.2f}",
            "slowest answer, seconds": f"{max(answer.seconds for answer in self.stage.load.answers):.2f}",
            "slowest readyz, seconds": f"{max((ended - began for _, began, ended in self.health['readyz']), default=0):.2f}",
            "back: accepted after, seconds": _shown(self.accepts),
            "back: grading began after, seconds": _shown(begun),
        }


def away(stage, seconds, go, come, needs_room):
    """Lets clients submit, takes the store away for so long, and waits until submissions are accepted again."""
    absence = Absence(stage, needs_room)
    time.sleep(BEFORE)
    # However many wait: nobody may be able to take from the queue.
    usually, stage.load.most_waiting = stage.load.most_waiting, EVERYBODY
    say(f"{stage.engine.name}: the store goes")
    go()
    absence.gone = time.time()
    over = threading.Event()
    doctor = threading.Thread(target=_ask_for_health, args=(absence, over), daemon=True)
    doctor.start()
    time.sleep(seconds)
    over.set()
    absence.back = time.time()
    come()
    say(f"{stage.engine.name}: the store is back after {absence.back - absence.gone:.0f} s")
    doctor.join()
    accepted = lambda: [answer.ended for answer in stage.load.answers if answer.status == 202 and answer.began > absence.back]
    try:
        wait_until("a submission is accepted", accepted, BACK_IN)
        absence.accepts = min(accepted()) - absence.back
    except RuntimeError as error:
        say(str(error))
    stage.load.most_waiting = usually
    time.sleep(BEFORE)
    return absence


def _ask_for_health(absence, over):
    api = Api(absence.stage.fleet.port)
    while not over.wait(1):
        for path, told in absence.health.items():
            began = time.time()
            try:
                status, _ = api.get(path)
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
            told.append((status, began, time.time()))
    api.close()


def _seconds(text):
    """Seconds since 1970 of an RFC 3339 time in UTC."""
    whole, _, part = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{part or 0}")


def _shown(seconds):
    return "never" if seconds is None else f"{seconds:.1f}"
