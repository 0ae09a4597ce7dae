"""Bounded waits. A test never sleeps for a fixed time: it asks again until something holds, or fails."""

import time

PATIENCE = 20.0


def eventually(condition, patience: float = PATIENCE, what: str = ""):
    """Asks until the answer is true and returns it; fails with the last answer after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what or condition.__name__}; last answer: {answer!r}")
        time.sleep(0.02)
