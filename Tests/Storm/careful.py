"""A client that comes back: with backoff and jitter, on any gateway, when it was told to."""

import asyncio
import random
from contextlib import suppress

from link import LOST, Link
from record import Frame, Record, Remark

BACKOFF_SECONDS = 0.2
BACKOFF_MOST = 3.0


class CarefulClient:
    """Keeps one connection; what it is for is told by those who inherit."""

    def __init__(self, name: str, token: str, places: list[str], record: Record, seed: str):
        self.name, self._token, self._places, self._record = name, token, places, record
        self.chance = random.Random(seed)
        self.link: Link | None = None
        self.reconnects = -1
        self._tries = 0
        self._not_before: float | None = None
        self._recalled = asyncio.Event()
        self._tasks: set[asyncio.Task] = set()

    # ---- what those who inherit do ----

    async def connected(self, link: Link) -> None:
        """A connection is there, and has been greeted."""

    async def heard(self, link: Link, frame: Frame) -> None:
        """A frame has come."""

    async def lost(self) -> None:
        """The connection has ended."""

    # ---- the loop ----

    async def run(self) -> None:
        """Comes back for ever; ends by being cancelled."""
        while True:
            await self._one_connection()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._recalled.wait(), self._backoff())
            self._recalled.clear()

    async def _one_connection(self) -> None:
        place = self.chance.choice(self._places)
        try:
            link = await Link.open(place, self._token, self.name, self._record, self.chance.random() < 0.5)
        except LOST:
            return
        try:
            async for frame in link.frames():
                await self._take(link, frame)
        except LOST:
            pass  # while sending; the frames have ended too
        finally:
            link.drop()
            if self.link is link:
                self.link = None
                await self.lost()

    async def _take(self, link: Link, frame: Frame) -> None:
        match frame.type:
            case "connected":
                self.link, self._tries = link, 0
                self.reconnects += 1
                await self.connected(link)
            case "server_draining":
                self.come_back_after(frame.data["reconnect_after_ms"] / 1000)
            case _:
                await self.heard(link, frame)

    def come_back_now(self) -> None:
        """Whoever waits to come back need not wait any longer."""
        self._recalled.set()

    def come_back_after(self, seconds: float) -> None:
        """Not before so many seconds from now."""
        self._not_before = self._record.now() + seconds

    def _backoff(self) -> float:
        """Full jitter; what a draining server has asked for goes first."""
        if self._not_before is not None:
            pause, self._not_before = self._not_before - self._record.now(), None
            return max(0.0, pause)
        self._tries += 1
        return self.chance.uniform(0, min(BACKOFF_MOST, BACKOFF_SECONDS * 2 ** min(self._tries, 6)))

    def spawn(self, work) -> None:
        """Runs beside the frames; losing the connection ends it."""

        async def guarded():
            with suppress(*LOST):
                await work

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task) -> None:
        """A mistake of this client must not pass for one of the server, nor in silence."""
        self._tasks.discard(task)
        if not task.cancelled() and (mistake := task.exception()):
            self._record.add(Remark(self.name, f"the client failed: {mistake!r}"))
