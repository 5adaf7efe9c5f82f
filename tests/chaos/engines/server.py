"""What engines have in common that are processes of their own."""

import contextlib
import os
import pathlib
import signal


class Server:
    """An engine that is a process of its own, in a folder of its own."""

    workers = 3
    child = None

    def end(self):
        if self.child is not None:
            self.thaw()
            # Engines take it as: at once, but in order.
            self.child.send_signal(signal.SIGINT)
            self.child.wait()
            self.child = None

    def freeze(self):
        """It answers nothing any more, and refuses nothing: a network that swallows everything."""
        self.tell(signal.SIGSTOP)

    def thaw(self):
        self.tell(signal.SIGCONT)

    def tell(self, what):
        for pid in self.family():
            # Those that serve a connection end when it does.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)

    def family(self):
        found = [self.child.pid]
        for pid in found:
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    found += map(int, task.read_text().split())
        return found
