"""What the tests have in common."""

import atexit
import unittest

from harness import LIBRARY, Run, Zygote

_zygote = []


def zygote():
    """One for all tests."""
    if not _zygote:
        _zygote.append(Zygote())
        atexit.register(_zygote[0].close)
    return _zygote[0]


@unittest.skipUnless(LIBRARY, "OTTER_RUNNER_LIBRARY does not name the native library; `cargo test -p runner` does")
class Case(unittest.TestCase):
    """A test that runs submissions."""

    def run_cells(self, *cells, **job):
        run = Run(zygote(), *cells, **job)
        self.addCleanup(run.close)
        return run

    def snapshot(self, *cells, **job):
        """The last state."""
        return self.run_cells(*cells, **job).snapshots[None]
