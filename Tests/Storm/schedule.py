"""Which part dies when and how: drawn from a seed, so that a storm can be had again."""

import random
from dataclasses import dataclass

GATEWAYS = ("gateway-1", "gateway-2", "gateway-3")
HISTORIES = ("history", "history-2")
SERVICES = (*GATEWAYS, *HISTORIES, "presence", "auth")
STORES = ("redis", "postgres")

#: How likely each is; what everybody stands on is hit as often as each of the others.
TARGETS = {name: 1.0 for name in (*SERVICES, *STORES)} | {"redis": 1.6, "postgres": 1.3}
ACTIONS = {"kill": 0.45, "pause": 0.3, "restart": 0.25}
#: What only Redis has: its clients lose their connections, while it runs on.
CUTS = ("cut pubsub", "cut normal")
CUT_SHARE = 0.5

#: Seconds that a part stays away after a kill, or held still: shorter and longer than leases and patience.
AWAY = {"kill": (0.0, 5.0), "pause": (1.0, 7.0), "restart": (0.0, 0.0)}
#: A history instance is sometimes held still for longer than its lease: the other must have taken over.
LONG_PAUSE = (11.0, 16.0)
LONG_SHARE = 0.4
DOUBLE_SHARE = 0.2
AT_ONCE = 2
#: What a fault may take beyond its time away: drain, start, recovery of a log.
ALLOWANCE = 4.0


@dataclass(frozen=True)
class Planned:
    """At this second of the storm something is done to a process, and undone `away` seconds later."""

    at: float
    action: str
    target: str
    away: float = 0.0

    @property
    def end(self) -> float:
        return self.at + self.away + ALLOWANCE


def plan(seed: int, seconds: float, count: int) -> list[Planned]:
    """`count` faults or a little more, evenly spread with jitter; never more than two processes away at once.

    The first second is calm; in the last tenth nothing begins, so that all faults are seen to their end.
    """
    chance = random.Random(seed)
    kinds = _deck(chance, count)
    step = (seconds * 0.9 - 1) / count
    planned: list[Planned] = []
    for number in range(count):
        at = _room_for_one(planned, 1 + step * (number + chance.uniform(0, 0.8)))
        planned.append(_fault(chance, at, planned, kinds))
        if chance.random() < DOUBLE_SHARE and len(_under_way(planned, at)) < AT_ONCE:
            planned.append(_fault(chance, at, planned, kinds))
    return planned


def _deck(chance: random.Random, count: int) -> list[tuple[str, str]]:
    """Every pair of action and target once in random order, then more by their weights: a short storm has variety."""
    every = [(action, target) for target in TARGETS for action in ACTIONS] + [(cut, "redis") for cut in CUTS]
    first = chance.sample(every, len(every))
    weights = [
        TARGETS[target] * (ACTIONS[action] if action in ACTIONS else CUT_SHARE / len(CUTS)) for action, target in every
    ]
    return (first + chance.choices(every, weights, k=2 * count))[::-1]


def _fault(chance: random.Random, at: float, planned: list[Planned], kinds: list[tuple[str, str]]) -> Planned:
    busy = {fault.target for fault in _under_way(planned, at)}
    allowed = [index for index, (_, target) in enumerate(kinds) if target not in busy]
    action, target = kinds.pop(allowed[-1])
    return Planned(at, action, target, round(_away(chance, action, target), 2))


def _away(chance: random.Random, action: str, target: str) -> float:
    if action in CUTS:
        return 0.0
    if action == "pause" and target in HISTORIES and chance.random() < LONG_SHARE:
        return chance.uniform(*LONG_PAUSE)
    return chance.uniform(*AWAY[action])


def _room_for_one(planned: list[Planned], at: float) -> float:
    """The first moment from then on, and after all that is planned, when fewer than two are away."""
    at = round(max([at, *(fault.at for fault in planned)]), 2)
    ends = sorted(fault.end for fault in _under_way(planned, at))
    return at if len(ends) < AT_ONCE else ends[-AT_ONCE]


def _under_way(planned: list[Planned], at: float) -> list[Planned]:
    return [fault for fault in planned if fault.at <= at < fault.end]
