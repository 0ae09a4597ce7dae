"""The same numbers and the same text, whoever tells of a message."""

from collections.abc import Iterator

from checks.evidence import Ack, Evidence, Seen, seen_in_envelope


def violations(evidence: Evidence) -> Iterator[str]:
    yield from _acks_of_one_key(evidence)
    for seen in evidence.seen:
        yield from _against_archive(evidence, seen, "given to " + seen.person)
    for recent in evidence.record.recent:
        seen = seen_in_envelope(recent.envelope, text=recent.envelope)
        yield from _against_archive(evidence, seen, "in the recent log")
    yield from _columns(evidence)


def _acks_of_one_key(evidence: Evidence) -> Iterator[str]:
    first: dict[tuple, Ack] = {}
    for ack in evidence.acks:
        known = first.setdefault((ack.place.room, ack.person, ack.key), ack)
        if known.place != ack.place:
            yield f"{ack.kind} to {ack.person} for {ack.key} says {ack.place}, {known.kind} before said {known.place}"


def _against_archive(evidence: Evidence, seen: Seen, where: str) -> Iterator[str]:
    row = evidence.rows.get(seen.place)
    if row is None:
        yield f"{where}, and not in the archive: {seen.place}"
        return
    if (row.sender, row.key, row.content) != (seen.sender, seen.key, seen.content):
        yield f"{where} with another sender, key or content than in the archive: {seen.place}"
    if seen.text is not None and seen.text != row.envelope:
        yield f"{where} with other bytes than in the archive: {seen.place}"


def _columns(evidence: Evidence) -> Iterator[str]:
    """A row's columns say what its envelope says, and its content is what was wished."""
    for place, row in evidence.rows.items():
        kept = seen_in_envelope(row.envelope)
        if (kept.place, kept.sender, kept.key, kept.content) != (place, row.sender, row.key, row.content):
            yield f"columns and envelope of a row differ: {place}"
        if row.content != evidence.wishes.get((row.room, row.sender, row.key)):
            yield f"nobody wished this content: {place}"
