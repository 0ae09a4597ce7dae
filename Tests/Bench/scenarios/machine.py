"""Which processor does what: the servers on one core, the generator on another, so that neither takes from the other."""

import mmap
import os
import time
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
    return {
        "cores": len(CORES), "processor": model, "kernel": os.uname().release, "load": os.getloadavg(),
        "fresh_page_microseconds": round(fresh_page_microseconds(), 2),
    }


def fresh_page_microseconds(count: int = 32_768) -> float:
    """What the first byte written into a page of memory takes: a virtual machine may have to be given the page first."""
    with mmap.mmap(-1, count * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        began = time.perf_counter()
        for position in range(0, len(memory), mmap.PAGESIZE):
            memory[position] = 1
        return (time.perf_counter() - began) / count * 1e6
