"""Each message has one place, and each place one message; no connection is given one twice."""

from collections import Counter
from collections.abc import Iterator

from checks.evidence import Evidence


def violations(evidence: Evidence) -> Iterator[str]:
    rows = evidence.record.rows
    yield from _more_than_once("id in the archive", (row.id for row in rows))
    yield from _more_than_once("key in the archive", ((row.room, row.sender, row.key) for row in rows if row.key))
    # Not even in another epoch: seq never goes down.
    yield from _more_than_once("seq in the archive", ((row.room, row.seq) for row in rows))
    yield from _places_given_twice(evidence)
    yield from _accepted_twice(evidence)


def _more_than_once(what: str, values) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what}, {count} times: {value}"


def _places_given_twice(evidence: Evidence) -> Iterator[str]:
    """Whoever has told of a place: acks, live envelopes, history, recent, the archive."""
    holders: dict[tuple[str, str, int], str] = {}
    told = [seen.place for seen in evidence.seen] + [ack.place for ack in evidence.acks] + list(evidence.rows)
    for place in dict.fromkeys(told):
        holder = holders.setdefault((place.room, place.epoch, place.seq), place.id)
        if holder != place.id:
            yield f"two messages at one place: {place} and {holder}"


def _accepted_twice(evidence: Evidence) -> Iterator[str]:
    """The first acceptance of a key is told once without `duplicate`."""
    first: Counter = Counter()
    for ack in evidence.acks:
        if ack.kind == "message_sent" and not ack.duplicate:
            first[(ack.place.room, ack.person, ack.key)] += 1
    for key, count in first.items():
        if count > 1:
            yield f"accepted as new {count} times: {key}"
