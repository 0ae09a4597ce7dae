"""After all has been healed nothing waits to be stored, and there are no dead letters."""

from collections.abc import Iterator

from checks.evidence import Evidence


def violations(evidence: Evidence) -> Iterator[str]:
    for leftover in evidence.record.leftovers:
        yield f"{leftover.key} still holds {leftover.length} entries"
