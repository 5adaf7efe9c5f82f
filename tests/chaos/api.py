"""The service's HTTP API, as a client sees it that must reckon with everything."""

import dataclasses
import http.client
import json
import time

PREFIX = "/services/otter_grade/"
#: A submission that is not answered after this many seconds hangs; the client waits longer, to say how long.
HANGS_AFTER, GIVES_UP_AFTER = 15, 90


@dataclasses.dataclass
class Answer:
    """What became of sending a notebook. `status` is 0 if there was no answer."""

    notebook: object
    began: float
    seconds: float
    #: accepted, refused, unreached (nobody listened), broken (the connection broke: nobody knows), or strange.
    outcome: str
    status: int = 0
    retry_after: str = ""
    id: str = ""
    receipt: str = ""
    words: str = ""

    @property
    def ended(self):
        return self.began + self.seconds


class Api:
    """One connection, made anew when it broke. For one thread."""

    def __init__(self, port, patience=GIVES_UP_AFTER):
        self.port, self.patience, self.connection = port, patience, None

    def submit(self, notebook):
        began = time.time()
        answer = Answer(notebook, began, 0, "strange")
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            status, fields, text = self._ask("POST", PREFIX, notebook.request, headers)
            answer.status, answer.retry_after = status, fields.get("Retry-After", "")
            answer.words = text.decode(errors="replace")
            if status == 202:
                said = json.loads(text)
                answer.outcome, answer.id, answer.receipt = "accepted", said["id"], said["receipt"]
            elif status == 503:
                answer.outcome = "refused"
        except ConnectionRefusedError:
            answer.outcome = "unreached"
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer.outcome, answer.words = "broken", repr(error)
        answer.seconds = time.time() - began
        return answer

    def get(self, path):
        """Status and body of what is below the prefix. Fails as a connection does."""
        status, _, text = self._ask("GET", PREFIX + path, None, {})
        return status, text

    def json(self, path):
        status, text = self.get(path)
        if status != 200:
            raise RuntimeError(f"GET {path} says {status}: {text[:300]!r}")
        return json.loads(text)

    def queue(self):
        """How many submissions wait and how many are being graded; `None` while the service cannot tell."""
        try:
            status, text = self.get("readyz")
            queue = json.loads(text).get("queue") if status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        return (queue["waiting"], queue["grading"]) if queue else None

    def _ask(self, method, path, body, headers):
        try:
            if self.connection is None:
                # Connected here, so that a refusal is told from a connection that broke later.
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
                connection.connect()
                self.connection = connection
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            text = response.read()
            if response.will_close:
                self.close()
            return response.status, response.headers, text
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
