"""Clients that submit and remember every answer."""

import random
import threading
import time

from api import Api

CLIENTS = 6
#: Clients pause while so many submissions wait: there is always work, and its end is not far. `most_waiting` changes it.
MOST_WAITING = 24
#: Seconds between two looks at the queue, and the longest pause of a client between two submissions.
LOOK_EVERY, PAUSE = 0.5, 0.5


class Load:
    """Runs from its start until `stop`. `answers` has what became of every notebook."""

    def __init__(self, course, port, seed):
        self.course, self.port = course, port
        self.answers, self.most_waiting = [], MOST_WAITING
        self._over = threading.Event()
        self._room = threading.Event()
        self._room.set()
        rngs = [random.Random(f"{seed} client {n}") for n in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._submit, args=(rng,), daemon=True) for rng in rngs]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in self._threads:
            thread.start()

    def rush(self):
        """Those who pause submit now, however long the queue is."""
        self._room.set()

    def stop(self):
        self._over.set()
        self._room.set()
        for thread in self._threads:
            thread.join()

    def _submit(self, rng):
        api = Api(self.port)
        while not self._over.is_set():
            if not self._room.wait(1) or self._over.is_set():
                continue
            answer = api.submit(self.course.draw(rng))
            # Appending is atomic.
            self.answers.append(answer)
            time.sleep(rng.uniform(0, PAUSE))
        api.close()

    def _watch(self):
        api = Api(self.port, patience=2)
        while not self._over.wait(LOOK_EVERY):
            queue = api.queue()
            # While nobody tells how long the queue is, clients try: that is the moment to look for.
            if queue is None or queue[0] < self.most_waiting:
                self._room.set()
            else:
                self._room.clear()
        api.close()
