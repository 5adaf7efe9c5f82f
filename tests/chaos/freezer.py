"""Workers that stand still for longer than their leases, and then go on as if nothing had happened."""

import signal
import threading

from stage import LEASE_S

#: Seconds between two of them in the mean, and how long one stands still.
EVERY, FOR = 20, (LEASE_S + 1, LEASE_S + 5)


class Freezer:
    """Freezes one worker after the other until it is stopped. One that is killed meanwhile is simply dead."""

    def __init__(self, fleet, rng):
        self.fleet, self.rng, self.times = fleet, rng, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._freeze, daemon=True)
        if fleet.workers:
            self._thread.start()

    def stop(self):
        self._over.set()
        if self.fleet.workers:
            self._thread.join()

    def _freeze(self):
        while not self._over.wait(self.rng.uniform(0, 2 * EVERY)):
            # A signal to one that has ended goes nowhere, even if its number belongs to somebody else by then.
            child = self.rng.choice(self.fleet.workers).child
            child.send_signal(signal.SIGSTOP)
            self.times += 1
            self._over.wait(self.rng.uniform(*FOR))
            child.send_signal(signal.SIGCONT)
