"""A record, sorted so that the checks find what they look for."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from record import Frame, Record, Row


@dataclass(frozen=True)
class Place:
    """Where a message stands."""

    room: str
    epoch: str
    seq: int
    id: str

    def __str__(self) -> str:
        return f"{self.room} {self.epoch}:{self.seq} ({self.id})"


@dataclass(frozen=True)
class Ack:
    """A `message_sent` or `message_stored`."""

    at: float
    kind: str
    person: str
    connection: int
    key: str | None
    place: Place
    duplicate: bool


@dataclass(frozen=True)
class Seen:
    """An envelope that somebody was given: live, as part of a recovery, or in a page of history."""

    at: float
    person: str
    connection: int
    place: Place
    sender: str
    key: str | None
    content: str | None
    live: bool
    text: str | None


class Evidence:
    """What the checks share."""

    def __init__(self, record: Record):
        self.record = record

    @cached_property
    def person_of(self) -> dict[int, str]:
        return {opened.connection: opened.person for opened in self.record.opened}

    @cached_property
    def frames_of(self) -> dict[int, list[Frame]]:
        frames = defaultdict(list)
        for frame in self.record.frames:
            frames[frame.connection].append(frame)
        return frames

    @cached_property
    def wishes(self) -> dict[tuple[str, str, str], str]:
        """Room, sender and key to the content."""
        return {(wish.room, wish.person, wish.key): wish.content for wish in self.record.wishes}

    @cached_property
    def rows_by_room(self) -> dict[str, list[Row]]:
        """In the order of seq."""
        rows = defaultdict(list)
        for row in sorted(self.record.rows, key=lambda row: (row.room, row.seq)):
            rows[row.room].append(row)
        return rows

    @cached_property
    def rows(self) -> dict[Place, Row]:
        return {Place(row.room, row.epoch, row.seq, row.id): row for row in self.record.rows}

    @cached_property
    def acks(self) -> list[Ack]:
        return [
            Ack(
                frame.at, frame.type, self.person_of[frame.connection], frame.connection, frame.data["client_msg_id"],
                Place(frame.body["room"], frame.data["epoch"], frame.data["seq"], frame.data["id"]),
                frame.data["duplicate"],
            )
            for frame in self.record.frames
            if not frame.sent and frame.type in ("message_sent", "message_stored")
        ]

    @cached_property
    def seen(self) -> list[Seen]:
        return [seen for frame in self.record.frames if not frame.sent for seen in self._seen_in(frame)]

    def _seen_in(self, frame: Frame) -> list[Seen]:
        if frame.type == "new_message":
            return [self._seen(frame, frame.body, frame.text)]
        if frame.type == "history":
            return [self._seen(frame, body, None) for body in frame.data["messages"]]
        return []

    def _seen(self, frame: Frame, body: dict, text: str | None) -> Seen:
        person = self.person_of[frame.connection]
        return seen_in_envelope(body, frame.at, person, frame.connection, text)


def seen_in_envelope(body: dict | str, at=0.0, person="", connection=0, text: str | None = None) -> Seen:
    """What an envelope says."""
    body = json.loads(body) if isinstance(body, str) else body
    place = Place(body["room"], body["epoch"], body["seq"], body["id"])
    data = body["data"]
    return Seen(
        at, person, connection, place, body["user"], data["client_msg_id"], data["content"], text is not None, text
    )
