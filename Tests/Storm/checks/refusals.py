"""Who does nothing wrong is told to try again at worst: no lasting error, no close that forbids to come back."""

from collections.abc import Iterator

from checks.evidence import Evidence

#: Mend the client, or log in again: nobody here had to.
FORBIDDING = {1002, 1003, 1007, 1008, 1009}


def violations(evidence: Evidence) -> Iterator[str]:
    for frame in evidence.record.frames:
        if frame.sent or frame.type not in ("message_error", "error"):
            continue
        if not frame.data["retryable"]:
            person = evidence.person_of[frame.connection]
            yield f"{person} at {frame.at:.3f}: {frame.text}"
    for closed in evidence.record.closed:
        if closed.code in FORBIDDING:
            person = evidence.person_of[closed.connection]
            yield f"{person} at {closed.at:.3f}: closed with {closed.code} {closed.reason}"
