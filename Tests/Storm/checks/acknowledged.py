"""`message_sent`: it is in the log for good; `message_stored`: PostgreSQL has it; and every wish is settled."""

from collections.abc import Iterator

from checks.evidence import Evidence


def violations(evidence: Evidence) -> Iterator[str]:
    for ack in evidence.acks:
        if ack.place not in evidence.rows:
            yield f"{ack.kind} to {ack.person} for {ack.key} at {ack.at:.3f}, and the archive lacks {ack.place}"
    yield from _never_settled(evidence)


def _never_settled(evidence: Evidence) -> Iterator[str]:
    settled = {(ack.person, ack.key, ack.kind) for ack in evidence.acks}
    for wish in evidence.record.wishes:
        kinds = ["message_sent"] + (["message_stored"] if wish.ack == "stored" else [])
        for kind in kinds:
            if (wish.person, wish.key, kind) not in settled:
                yield f"no {kind} to {wish.person} for {wish.key} (to {wish.room}, wished at {wish.at:.3f})"
