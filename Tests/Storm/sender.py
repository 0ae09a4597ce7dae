"""Somebody who writes to rooms and to others, pipelined, and gives nothing up before it is settled."""

import asyncio
from contextlib import suppress
from itertools import count

from careful import CarefulClient
from link import LOST, Link
from outbox import Outbox, Owed
from record import Frame, Wish

LOOK_SECONDS = 0.05
#: Beyond that a person would have stopped writing.
OUTBOX_MOST = 200
STORED_SHARE = 0.35
#: Now and then a message that is settled is sent once more, as a client does that has lost its memory of it.
AGAIN_SHARE = 0.02
WORDS = "wind rain hail thunder gust squall calm ebb flood spray naïve 気象 ☔".split()


class Sender(CarefulClient):
    """`rooms` are names of rooms, or of direct rooms (`dm:…`), which it writes to by handle."""

    def __init__(self, *arguments, rooms: list[str], rate: float):
        super().__init__(*arguments)
        self._rooms, self._rate = rooms, rate
        self.outbox = Outbox()
        self._keys = count(1)

    async def write(self) -> None:
        """Wishes messages at the sender's pace, whether there is a connection or not. Ends by being cancelled."""
        while True:
            await asyncio.sleep(self.chance.expovariate(self._rate))
            for _ in range(self.chance.choice((1, 1, 1, 4))):
                if len(self.outbox) < OUTBOX_MOST:
                    self._wish()

    async def post(self) -> None:
        """Hands on what is due. Ends by being cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.link:
                with suppress(*LOST):
                    await self._flush(self.link)

    def _wish(self) -> None:
        key = f"{self.name}-{next(self._keys)}"
        words = self.chance.choices(WORDS, k=self.chance.choice((3, 3, 12, 100)))
        ack = "stored" if self.chance.random() < STORED_SHARE else "accepted"
        wish = Wish(self._record.now(), self.name, self.chance.choice(self._rooms), key, " ".join([key, *words]), ack)
        self._record.add(wish)
        self.outbox.put(wish)

    async def _flush(self, link: Link) -> None:
        for owed in self.outbox.due(self._record.now()):
            await self._send(link, owed.wish, again=owed.must_retry)
        if self.outbox.settled and self.chance.random() < AGAIN_SHARE * LOOK_SECONDS * self._rate:
            await self._send(link, self.chance.choice(self.outbox.settled[-500:]), again=True)

    async def _send(self, link: Link, wish: Wish, again: bool) -> None:
        place = {"to": _other(wish.room, self.name)} if wish.room.startswith("dm:") else {"room": wish.room}
        more = {"retry": True} if again else {}
        await link.send(
            "send_message", id=wish.key, content=wish.content, client_msg_id=wish.key, ack=wish.ack, **place, **more
        )

    async def heard(self, link: Link, frame: Frame) -> None:
        key = frame.data.get("client_msg_id")
        match frame.type:
            case "message_sent":
                self.outbox.accepted(key)
            case "message_stored":
                self.outbox.stored(key)
            case "message_error" | "rate_limit_exceeded" if frame.data.get("retryable", True):
                pause = frame.data.get("retry_after_ms", self.chance.uniform(100, 1000)) / 1000
                self.outbox.refused(key, self._record.now() + pause)
            case "message_error":
                self.outbox.dismissed(key)

    async def lost(self) -> None:
        self.outbox.lost()


def _other(direct_room: str, name: str) -> str:
    one, other = direct_room.removeprefix("dm:").split("_")
    return other if one == name else one
