"""Which processor does what: the servers on one core, the generator on another, so that neither takes from the other."""

import os
from contextlib import contextmanager

CORES = sorted(os.sched_getaffinity(0))
SERVER = {CORES[0]}
GENERATOR = {CORES[1]} if len(CORES) > 1 else {CORES[0]}
ALL = set(CORES)


@contextmanager
def on(cores: set[int]):
    """What is started meanwhile, and all that it starts, stays on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def state() -> dict:
    """What a reader of the figures has to know of the machine."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {"cores": len(CORES), "processor": model, "kernel": os.uname().release, "load": os.getloadavg()}
