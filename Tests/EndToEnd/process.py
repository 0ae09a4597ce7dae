"""Holding processes still: SIGSTOP and SIGCONT, with all that they have started (PostgreSQL's backends, nginx' workers)."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def pause(pid: int) -> None:
    """The parent first, so that it starts no more."""
    for each in family(pid):
        _send(each, signal.SIGSTOP)


def resume(pid: int) -> None:
    """The parent last, as it may have to answer for the others."""
    for each in reversed(family(pid)):
        _send(each, signal.SIGCONT)


def family(pid: int) -> list[int]:
    """The process and all below it, parents before children."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text().split())
    return found


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
