"""What one connection sends to a room one after another gets rising seq in that order, where nothing was sent again."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from checks.evidence import Evidence, Place


def violations(evidence: Evidence) -> Iterator[str]:
    places = {(ack.person, ack.key): ack.place for ack in evidence.acks}
    tries = Counter((evidence.person_of[frame.connection], frame.data["client_msg_id"]) for frame in _sends(evidence))
    last: dict[tuple[int, str], tuple[str, Place]] = {}
    for frame in _sends(evidence):
        who = (evidence.person_of[frame.connection], frame.data["client_msg_id"])
        place = places.get(who)
        if place is None or tries[who] > 1:
            continue
        before = last.get((frame.connection, place.room))
        if before and before[1].seq > place.seq:
            yield f"{who[0]} sent {before[0]} before {who[1]}, and they stand at {before[1]} and {place}"
        last[(frame.connection, place.room)] = (who[1], place)


def _sends(evidence: Evidence):
    return (frame for frame in evidence.record.frames if frame.sent and frame.type == "send_message")
