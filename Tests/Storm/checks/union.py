"""What a receiver was given over all its connections, pages of history included, is what the archive holds."""

from collections import defaultdict
from collections.abc import Iterator

from checks.evidence import Evidence, Place


def violations(evidence: Evidence) -> Iterator[str]:
    given: dict[tuple[str, str], set[Place]] = defaultdict(set)
    for seen in evidence.seen:
        given[(seen.person, seen.place.room)].add(seen.place)
    first = _first_joins(evidence)
    for person in evidence.record.people:
        for room in person.rooms:
            base = first.get((person.name, room))
            if base is None:
                yield f"{person.name} never came to be in {room}"
            else:
                yield from _missing(evidence, person.name, room, base, given[(person.name, room)])
    yield from _broken_pages(evidence)


def _first_joins(evidence: Evidence) -> dict[tuple[str, str], int]:
    """The newest seq when somebody first joined a room."""
    first: dict[tuple[str, str], int] = {}
    for frame in evidence.record.frames:
        if not frame.sent and frame.type == "joined":
            first.setdefault((evidence.person_of[frame.connection], frame.body["room"]), frame.data["seq"])
    return first


def _missing(evidence: Evidence, person: str, room: str, base: int, given: set[Place]) -> Iterator[str]:
    for row in evidence.rows_by_room[room]:
        place = Place(row.room, row.epoch, row.seq, row.id)
        if row.seq > base and place not in given:
            yield f"{person} was never given {place}"


def _broken_pages(evidence: Evidence) -> Iterator[str]:
    """A page of history is ascending and without holes within each epoch."""
    for frame in evidence.record.frames:
        if frame.sent or frame.type != "history":
            continue
        messages = frame.data["messages"]
        for before, after in zip(messages, messages[1:]):
            step = after["seq"] - before["seq"]
            if step < 1 or (before["epoch"] == after["epoch"] and step != 1):
                yield (
                    f"page of {frame.body['room']} at {frame.at:.3f}:"
                    f" {after['epoch']}:{after['seq']} after {before['epoch']}:{before['seq']}"
                )
