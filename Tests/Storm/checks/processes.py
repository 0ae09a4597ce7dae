"""A process ends because it was told or killed, never by itself; logs hold neither secrets nor what people wrote."""

from collections.abc import Iterator

from checks.evidence import Evidence


def violations(evidence: Evidence) -> Iterator[str]:
    for death in evidence.record.deaths:
        yield f"{death.process} ended by itself, or did not come back, at {death.at:.3f}"
    for remark in evidence.record.remarks:
        yield f"the log of {remark.process}: {remark.text}"
