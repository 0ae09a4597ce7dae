"""What a sender still owes: each message until it is settled, in the order of wishing. Pure: time is told to it."""

from dataclasses import dataclass

from record import Wish

#: How many may be under way at once: sends are pipelined.
WINDOW = 8
#: Without an answer for so long, the outcome is unknown.
PATIENCE_SECONDS = 12.0
#: A commit may take as long as PostgreSQL is away; then ask again.
STORED_PATIENCE_SECONDS = 30.0


@dataclass
class Owed:
    """One message, and how far it has come."""

    wish: Wish
    tries: int = 0
    sent_at: float | None = None  # None: not under way
    not_before: float = 0.0
    accepted: bool = False

    @property
    def must_retry(self) -> bool:
        """It may have been accepted before."""
        return self.tries > 1


class Outbox:
    """Messages leave in order; what has to be sent again leaves before what is new."""

    def __init__(self):
        self._owed: dict[str, Owed] = {}
        self.settled: list[Wish] = []

    def __len__(self) -> int:
        return len(self._owed)

    def put(self, wish: Wish) -> None:
        self._owed[wish.key] = Owed(wish)

    def due(self, now: float) -> list[Owed]:
        """What to send now; it counts as sent. In each room nothing overtakes what waits to be sent again."""
        self._give_up_waiting(now)
        under_way = sum(owed.sent_at is not None and not owed.accepted for owed in self._owed.values())
        due, blocked = [], set()
        for owed in self._owed.values():
            if owed.sent_at is not None or owed.wish.room in blocked:
                continue
            if owed.not_before > now or under_way + len(due) >= WINDOW:
                blocked.add(owed.wish.room)
                continue
            owed.sent_at, owed.tries = now, owed.tries + 1
            due.append(owed)
        return due

    def accepted(self, key: str) -> None:
        if owed := self._owed.get(key):
            owed.accepted = True
            if owed.wish.ack == "accepted":
                self._settle(key)

    def stored(self, key: str) -> None:
        if key in self._owed:
            self._settle(key)

    def refused(self, key: str, until: float) -> None:
        """To be tried again at that time."""
        if owed := self._owed.get(key):
            owed.sent_at, owed.not_before = None, until

    def dismissed(self, key: str) -> None:
        """Refused for good: the checks will say so."""
        if key in self._owed:
            self._settle(key)

    def lost(self) -> None:
        """The connection has ended: of all that was under way nothing is known."""
        for owed in self._owed.values():
            owed.sent_at, owed.not_before, owed.accepted = None, 0.0, False

    def _give_up_waiting(self, now: float) -> None:
        for owed in self._owed.values():
            patience = STORED_PATIENCE_SECONDS if owed.accepted else PATIENCE_SECONDS
            if owed.sent_at is not None and now - owed.sent_at > patience:
                owed.sent_at, owed.accepted = None, False

    def _settle(self, key: str) -> None:
        self.settled.append(self._owed.pop(key).wish)
