"""Promise 1: on one connection and room seq rises by exactly 1; a `gap` or a `room_epoch` says first where not."""

from collections.abc import Iterator
from dataclasses import dataclass

from checks.evidence import Evidence
from record import Frame


@dataclass
class Cursor:
    """Where a connection stands in a room; without an epoch it has been given nothing yet."""

    epoch: str | None = None
    seq: int = 0
    #: A fresh join may be followed by `recent` envelopes, up to where it says that the room stands. They may begin
    #: anywhere and reach over epochs.
    takes_recent: bool = False
    recent: tuple[str, int] | None = None


def violations(evidence: Evidence) -> Iterator[str]:
    for connection, frames in evidence.frames_of.items():
        cursors: dict[str, Cursor] = {}
        since: dict[str, dict | None] = {}
        for frame in frames:
            if frame.sent and frame.type == "join_room":
                since[frame.data["room"]] = frame.data.get("since")
            if frame.sent or "room" not in frame.body:
                continue
            room = frame.body["room"]
            if frame.type == "joined":
                cursors[room] = _joined(frame, since.get(room))
            else:
                where = f"connection {connection} of {evidence.person_of[connection]}, {room}, {frame.at:.3f}"
                for complaint in _step(cursors.setdefault(room, Cursor()), frame):
                    yield f"{where}: {complaint}"


def _joined(frame: Frame, since: dict | None) -> Cursor:
    if frame.data.get("recovered"):
        return Cursor(since["epoch"], since["seq"]) if since else Cursor()
    return Cursor(frame.data["epoch"], frame.data["seq"], takes_recent=True)


def _step(cursor: Cursor, frame: Frame) -> Iterator[str]:
    match frame.type:
        case "new_message":
            yield from _envelope(cursor, frame.body["epoch"], frame.body["seq"])
        case "gap":
            yield from _gap(cursor, frame.data)
        case "room_epoch":
            yield from _room_epoch(cursor, frame.data)


def _envelope(cursor: Cursor, epoch: str, seq: int) -> Iterator[str]:
    if cursor.takes_recent and seq <= cursor.seq:
        if cursor.recent and not _follows(cursor.recent, epoch, seq):
            yield f"recent {epoch}:{seq} after {cursor.recent[0]}:{cursor.recent[1]}"
        cursor.recent = (epoch, seq)
        return
    yield from _end_recent(cursor)
    if cursor.epoch is not None and (epoch, seq) != (cursor.epoch, cursor.seq + 1):
        yield f"{epoch}:{seq} after {cursor.epoch}:{cursor.seq}"
    cursor.epoch, cursor.seq = epoch, seq


def _follows(before: tuple[str, int], epoch: str, seq: int) -> bool:
    return seq == before[1] + 1 if epoch == before[0] else seq > before[1]


def _end_recent(cursor: Cursor) -> Iterator[str]:
    """In a new epoch nothing may have been said yet: then they end in the one before."""
    if cursor.recent and cursor.recent[0] == cursor.epoch and cursor.recent[1] != cursor.seq:
        yield f"recent envelopes end at {cursor.recent[1]}, and the room stood at {cursor.seq}"
    cursor.takes_recent, cursor.recent = False, None


def _epoch_after_recent(cursor: Cursor, data: dict) -> Iterator[str]:
    """Between two of the recent envelopes, or after the last where nothing has been said in the new epoch.

    After a last one at which the room stood, it is a new epoch like any other.
    """
    if data["first_seq"] <= cursor.seq:
        cursor.recent = (data["epoch"], data["first_seq"] - 1)
    elif (data["epoch"], data["first_seq"] - 1) == (cursor.epoch, cursor.seq):
        cursor.takes_recent, cursor.recent = False, None
    else:
        yield f"room_epoch to {data['epoch']}:{data['first_seq']}, and the room stood at {cursor.epoch}:{cursor.seq}"


def _gap(cursor: Cursor, data: dict) -> Iterator[str]:
    yield from _end_recent(cursor)
    if cursor.epoch is not None and (data["epoch"], data["from_seq"]) != (cursor.epoch, cursor.seq + 1):
        yield f"gap {data['epoch']}:{data['from_seq']}-{data['to_seq']} after {cursor.epoch}:{cursor.seq}"
    if data["to_seq"] < data["from_seq"]:
        yield f"gap from {data['from_seq']} to {data['to_seq']}"
    cursor.epoch, cursor.seq = data["epoch"], data["to_seq"]


def _room_epoch(cursor: Cursor, data: dict) -> Iterator[str]:
    previous = (data["previous_epoch"], data["previous_seq"])
    in_recent = cursor.takes_recent and previous == cursor.recent and previous != (cursor.epoch, cursor.seq)
    if in_recent and data["first_seq"] > previous[1]:
        yield from _epoch_after_recent(cursor, data)
        return
    yield from _end_recent(cursor)
    if cursor.epoch is not None and previous != (cursor.epoch, cursor.seq):
        yield f"room_epoch after {previous[0]}:{previous[1]}, and the connection stands at {cursor.epoch}:{cursor.seq}"
    if data["first_seq"] <= cursor.seq:
        yield f"room_epoch begins at {data['first_seq']}, and {cursor.seq} has been given"
    cursor.epoch, cursor.seq = data["epoch"], data["first_seq"] - 1
