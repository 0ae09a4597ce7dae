"""What a piece of work may take: figures that were measured once, and whether those of today are still like them."""

import json
import platform
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "baseline.json"
#: How far a figure may move, up or down.
TOLERANCE = 0.10


class Verdict(Enum):
    STEADY = "as before"
    RISEN = "RISEN"
    FALLEN = "fallen"
    NEW = "NOT IN THE BASELINE"
    GONE = "NOT MEASURED"


@dataclass(frozen=True)
class Comparison:
    """One figure, then and now."""

    name: str
    before: float | None
    now: float | None

    @property
    def change(self) -> float | None:
        """0.1 is a tenth more."""
        return self.now / self.before - 1 if self.before and self.now is not None else None

    @property
    def verdict(self) -> Verdict:
        if self.before is None:
            return Verdict.NEW
        if self.now is None:
            return Verdict.GONE
        if self.now > self.before * (1 + TOLERANCE):
            return Verdict.RISEN
        return Verdict.FALLEN if self.now < self.before * (1 - TOLERANCE) else Verdict.STEADY

    @property
    def is_good(self) -> bool:
        """Less than before is good, and a reason to renew the baseline."""
        return self.verdict in (Verdict.STEADY, Verdict.FALLEN)


def compare(before: dict[str, float], now: dict[str, float]) -> list[Comparison]:
    """Every figure that is in either."""
    return [Comparison(name, before.get(name), now.get(name)) for name in dict.fromkeys([*before, *now])]


def known(file: Path = FILE) -> dict[str, float] | None:
    """The figures to hold to; None where those are of another sort of processor, which has other instructions."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    if kept and kept["architecture"] != platform.machine():
        return None
    return kept.get("instructions", {})


def renew(now: dict[str, float], file: Path = FILE) -> None:
    """From now on these are the figures."""
    kept = {"architecture": platform.machine(), "instructions": {name: round(figure) for name, figure in now.items()}}
    file.write_text(json.dumps(kept, indent=2) + "\n")
