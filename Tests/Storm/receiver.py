"""Somebody who wants to have read everything in some rooms: resumes where it was, loads what it was told is missing."""

import asyncio
from dataclasses import dataclass, field

from careful import CarefulClient
from link import Link
from record import Frame

LOOK_SECONDS = 0.2
#: A page or a join that has not been answered by then is asked for again.
PATIENCE_SECONDS = 10.0
PAGE = 100
#: Seconds between connections lost on purpose, and how long it stays away then.
LINK_LIFE = (8.0, 40.0)
AWAY = (0.0, 0.0, 0.5, 3.0, 12.0, 35.0)
#: Now and then somebody comes back with a place of which no room knows, and loads by `get_history` what was missed.
LOST_SHARE = 0.1
LOST_EPOCH = "nowhere"


@dataclass
class Place:
    """How far a room has been read."""

    epoch: str = ""
    seq: int = 0
    is_known: bool = False
    is_joined: bool = False
    asked_at: float | None = None
    #: Ranges of seq, both ends in them, that are to be loaded.
    holes: list[list[int]] = field(default_factory=list)
    page_asked_at: float | None = None
    page_not_before: float = 0.0

    def ask_anew(self) -> None:
        """The connection is another one: nothing is under way."""
        self.is_joined, self.asked_at, self.page_asked_at = False, None, None


class Receiver(CarefulClient):
    """Follows `rooms` from its first join on."""

    def __init__(self, *arguments, rooms: list[str]):
        super().__init__(*arguments)
        self.places = {room: Place() for room in rooms}
        self.is_restless = True
        self._away = 0.0

    def has_read(self, room: str, seq: int) -> bool:
        """Whether it has come up to there, and lacks nothing that it knows of."""
        place = self.places[room]
        return place.is_joined and not place.holes and place.seq >= seq

    async def roam(self) -> None:
        """Loses its connection now and then, as phones do. Ends by being cancelled."""
        while self.is_restless:
            await asyncio.sleep(self.chance.uniform(*LINK_LIFE))
            if self.link and self.is_restless:
                self.come_back_after(self.chance.choice(AWAY))
                self.link.drop()

    async def ask(self) -> None:
        """Joins and loads, and asks again where no answer came. Ends by being cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.link:
                self.spawn(self._ask(self.link))

    async def connected(self, link: Link) -> None:
        for place in self.places.values():
            place.ask_anew()
        self.spawn(self._ask(link))

    async def _ask(self, link: Link) -> None:
        now = self._record.now()
        for room, place in self.places.items():
            if not place.is_joined and _is_due(place.asked_at, now):
                place.asked_at = now
                await self._join(link, room, place)
            if place.holes and _is_due(place.page_asked_at, now) and place.page_not_before <= now:
                place.page_asked_at = now
                await link.send("get_history", id=f"page {room}", room=room, after=place.holes[0][0] - 1, limit=PAGE)

    async def _join(self, link: Link, room: str, place: Place) -> None:
        epoch = LOST_EPOCH if self.chance.random() < LOST_SHARE else place.epoch
        since = {"since": {"epoch": epoch, "seq": place.seq}} if place.is_known else {}
        recent = self.chance.choice((0, 0, 20)) if place.is_known else 0
        await link.send("join_room", id=f"join {room}", room=room, recent=recent, **since)

    async def heard(self, link: Link, frame: Frame) -> None:
        place = self.places.get(frame.body.get("room"))
        if frame.type == "error":
            self._refused(frame)
        if place is None:
            return
        match frame.type:
            case "joined":
                self._joined(place, frame.data)
            case "history":
                self._loaded(place, frame.data)
            # A direct message reaches those too who have not joined yet: it says nothing of what came before it.
            case _ if place.is_joined:
                self._moved(place, frame)

    def _moved(self, place: Place, frame: Frame) -> None:
        match frame.type:
            case "new_message":
                place.epoch, place.seq = frame.body["epoch"], frame.body["seq"]
            case "gap":
                place.holes.append([frame.data["from_seq"], frame.data["to_seq"]])
                place.epoch, place.seq = frame.data["epoch"], frame.data["to_seq"]
            case "room_epoch":
                place.epoch, place.seq = frame.data["epoch"], frame.data["first_seq"] - 1

    def _joined(self, place: Place, data: dict) -> None:
        place.is_joined = True
        if place.is_known and data.get("recovered"):
            return
        if place.is_known and data["seq"] > place.seq:
            place.holes.append([place.seq + 1, data["seq"]])
        place.epoch, place.seq, place.is_known = data["epoch"], data["seq"], True

    def _loaded(self, place: Place, data: dict) -> None:
        place.page_asked_at = None
        if not place.holes:
            return
        start, end = place.holes[0]
        read = data["messages"][-1]["seq"] if data["messages"] else start
        if read >= end or data["next_after"] is None:
            place.holes.pop(0)
        else:
            place.holes[0][0] = read + 1

    def _refused(self, frame: Frame) -> None:
        """Errors are retryable here, or the checks will say so."""
        what, _, room = str(frame.body.get("reply_to_id", "")).partition(" ")
        if place := self.places.get(room):
            if what == "page":
                place.page_asked_at = None
                place.page_not_before = self._record.now() + self.chance.uniform(0.2, 1.0)
            else:
                place.asked_at = self._record.now() + self.chance.uniform(0.2, 1.0) - PATIENCE_SECONDS


def _is_due(asked_at: float | None, now: float) -> bool:
    return asked_at is None or now - asked_at > PATIENCE_SECONDS
