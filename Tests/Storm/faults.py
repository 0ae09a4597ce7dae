"""Does to the cluster what the schedule says, tells when the part was there again, and notices who died by itself."""

import asyncio
import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from cluster import Cluster
from record import Death, Fault, Record
from schedule import CUTS, Planned

#: How long compose/local waits for one that was started: it cannot be ready while what it needs is away itself.
START_SECONDS = "3"
READY_SECONDS = 45.0
WATCH_SECONDS = 0.5


class Faults:
    """`say` tells the operator of each."""

    def __init__(self, cluster: Cluster, record: Record, names: list[str], say):
        self._cluster, self._record, self._say = cluster, record, say
        self._pids = {name: cluster.pid(name) for name in names}
        self._away: set[str] = set()
        #: On a machine that is slow one fault may be due while that before it is still being undone.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def perform(self, planned: list[Planned], began: float) -> None:
        """Each at its time; returns when all are undone."""
        async with asyncio.TaskGroup() as group:
            for fault in planned:
                group.create_task(self._perform(fault, began))

    async def watch(self) -> None:
        """Whoever ends though nobody has touched it, is noted once. Ends by being cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for name in [name for name in self._pids if name not in self._away]:
                if _has_ended(self._pids[name]):
                    self._record.add(Death(self._record.now(), name))
                    self._say(f"{name} HAS DIED BY ITSELF")
                    self._away.add(name)

    async def _perform(self, fault: Planned, began: float) -> None:
        await asyncio.sleep(max(0.0, began + fault.at - self._record.now()))
        async with self._turns[fault.target]:
            await self._do(fault)

    async def _do(self, fault: Planned) -> None:
        at = self._record.now()
        self._say(f"{fault.action} {fault.target}" + (f", for {fault.away:.1f} s" if fault.away else ""))
        if fault.action in CUTS:
            await self._cut(fault.action.removeprefix("cut "))
        else:
            self._away.add(fault.target)
            await getattr(self, f"_{fault.action}")(fault.target, fault.away)
            self._away.discard(fault.target)
        self._record.add(Fault(at, fault.action, [fault.target], self._record.now()))

    async def _kill(self, name: str, away: float) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pids[name], 9)
        await asyncio.sleep(away)
        await self._start(name)

    async def _pause(self, name: str, away: float) -> None:
        await asyncio.to_thread(self._cluster.pause, name)
        try:
            await asyncio.sleep(away)
        finally:
            await asyncio.to_thread(self._cluster.resume, name)

    async def _restart(self, name: str, _: float) -> None:
        await asyncio.to_thread(self._cluster.stop, name)
        await self._start(name)

    async def _cut(self, kind: str) -> None:
        with suppress(RuntimeError):  # it may be away itself
            await asyncio.to_thread(self._cluster.redis, "CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

    async def _start(self, name: str) -> None:
        """Again and again: one that lacks what it needs is not ready yet."""
        deadline = self._record.now() + READY_SECONDS
        while True:
            try:
                await asyncio.to_thread(self._cluster.start, name, START_SECONDS=START_SECONDS)
                self._pids[name] = await asyncio.to_thread(self._cluster.pid, name)
                return
            except (RuntimeError, AssertionError) as failure:
                if self._record.now() > deadline:
                    self._say(f"{name} does not come back: {failure}")
                    self._record.add(Death(self._record.now(), name))
                    return
                await asyncio.sleep(0.2)


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except OSError:
        return True
