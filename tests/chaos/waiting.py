"""Waiting for what must come."""

import time

PATIENCE = 120


def wait_until(what, happened, patience=PATIENCE):
    deadline = time.time() + patience
    while not happened():
        if time.time() > deadline:
            raise RuntimeError(f"it never happened: {what}")
        time.sleep(0.1)
