"""How long people felt a fault: until all that they wished meanwhile was acknowledged, stored and with everybody.

A message is disturbed if one of these took longer than a person would notice. A fault answers for the messages wished
from just before it until just before the next one; it is over when the last disturbed of them has arrived. So what
waits in an outbox counts from the wish, not from when there was somebody to send it to.
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import median

from checks.evidence import Evidence
from record import Fault, Wish

NOTICED_SECONDS = 1.0
#: A message that was wished so shortly before a fault may have been caught by it.
BEFORE_SECONDS = 0.5
#: And one that is wished so long after its end has other reasons to be late.
AFTER_SECONDS = 20.0
STEPS = ("acknowledged", "delivered", "stored")


@dataclass(frozen=True)
class Recovery:
    """Of one fault, each in seconds since it: None where nobody noticed anything."""

    kind: str
    at: float
    away: float
    acknowledged: float | None
    delivered: float | None
    stored: float | None

    @property
    def end(self) -> float:
        """When the part was there and nobody noticed anything any more."""
        return self.at + max(self.away, *(getattr(self, step) or 0.0 for step in STEPS))

    def since_return(self, step: str) -> float | None:
        """The same, counted from when the part was there again."""
        seconds = getattr(self, step)
        return None if seconds is None else max(0.0, seconds - self.away)


AT_ONCE = "two at once"


def kind_of(fault: Fault) -> str:
    """The fault without the number of the instance: gateways are like each other, histories too."""
    if fault.kind.startswith("cut"):
        return f"{fault.kind} connections of redis"
    return f"{fault.kind} {fault.targets[0].split('-')[0]}"


def recoveries(evidence: Evidence) -> list[Recovery]:
    """One for each fault."""
    faults = sorted(evidence.record.faults, key=lambda fault: fault.at)
    wishes = sorted(evidence.record.wishes, key=lambda wish: wish.at)
    times = [wish.at for wish in wishes]
    ends = {step: end for step, end in zip(STEPS, (_acknowledged(evidence), _delivered(evidence), _stored(evidence)))}
    found = []
    for fault, begin, end in _windows(faults):
        caught = wishes[bisect_left(times, begin) : bisect_left(times, end)]
        last = {step: _last_disturbed(caught, ends[step], fault.at) for step in STEPS}
        found.append(Recovery(kind_of(fault), fault.at, fault.returned - fault.at, **last))
    return [replace(each, kind=AT_ONCE) if _has_company(each, found) else each for each in found]


def table(found: list[Recovery]) -> list[dict]:
    """One row a kind: how many, how many were noticed, median and maximum of each step."""
    kinds = defaultdict(list)
    for recovery in found:
        kinds[recovery.kind].append(recovery)
    return [_row(kind, group) for kind, group in sorted(kinds.items())]


def _row(kind: str, group: list[Recovery]) -> dict:
    row: dict = {"kind": kind, "count": len(group), "away": _figures([each.away for each in group])}
    for step in STEPS:
        row[step] = _figures([getattr(each, step) or 0.0 for each in group])
        row[f"{step} since return"] = _figures([each.since_return(step) or 0.0 for each in group])
    return row


def _figures(seconds: list[float]) -> dict:
    return {"p50": round(median(seconds), 2), "max": round(max(seconds), 2)}


def _has_company(recovery: Recovery, all: list[Recovery]) -> bool:
    """Whether another fault was not over yet, or came before this one was: which is to blame then, nobody knows."""
    others = (other for other in all if other is not recovery)
    return any(other.at <= recovery.end and recovery.at <= other.end for other in others)


def _windows(faults: list[Fault]):
    """Faults at the same time share theirs."""
    starts = sorted({round(fault.at, 1) for fault in faults})
    for fault in faults:
        later = [start for start in starts if start > round(fault.at, 1) + BEFORE_SECONDS]
        end = min([fault.returned + AFTER_SECONDS, *(start - BEFORE_SECONDS for start in later)])
        yield fault, fault.at - BEFORE_SECONDS, end


def _last_disturbed(wishes: list[Wish], ends: dict[tuple[str, str], float], since: float) -> float | None:
    known = ((wish.at, ends.get((wish.person, wish.key))) for wish in wishes)
    late = [end - since for at, end in known if end is not None and end - at > NOTICED_SECONDS]
    return max(late, default=None)


def _acknowledged(evidence: Evidence) -> dict[tuple[str, str], float]:
    return _first_acks(evidence, "message_sent")


def _stored(evidence: Evidence) -> dict[tuple[str, str], float]:
    return _first_acks(evidence, "message_stored")


def _first_acks(evidence: Evidence, kind: str) -> dict[tuple[str, str], float]:
    first: dict[tuple[str, str], float] = {}
    for ack in evidence.acks:
        if ack.kind == kind:
            first.setdefault((ack.person, ack.key), ack.at)
    return first


def _delivered(evidence: Evidence) -> dict[tuple[str, str], float]:
    """When the last of those who stay in the room had it, by whatever way."""
    receivers = {person.name for person in evidence.record.people if person.role == "receiver"}
    first: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for seen in evidence.seen:
        if seen.person in receivers:
            first[(seen.sender, seen.key)].setdefault(seen.person, seen.at)
    return {message: max(times.values()) for message, times in first.items()}
