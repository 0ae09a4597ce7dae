"""The promises, each proven or refuted from a record. Pure: the same record gives the same answer."""

from checks import acknowledged, agreement, closing, order, processes, refusals, resuming, senders, union, unique
from checks.evidence import Evidence
from record import Record

#: What is promised, and who looks: each yields one sentence per violation.
CHECKS = {
    "nothing acknowledged is missing": acknowledged.violations,
    "nothing is there twice": unique.violations,
    "acks, live envelopes, recent and archive agree": agreement.violations,
    "seq rises by one on every connection, or a gap says so first": order.violations,
    "every receiver has everything": union.violations,
    "who comes back is given what was missed": resuming.violations,
    "what a sender pipelines keeps its order": senders.violations,
    "nobody is refused for good": refusals.violations,
    "nobody dies by himself or tells secrets": processes.violations,
    "all streams are drained": closing.violations,
}


def check(record: Record) -> dict[str, list[str]]:
    """Each promise, with what speaks against it."""
    evidence = Evidence(record)
    return {promise: list(violations(evidence)) for promise, violations in CHECKS.items()}
