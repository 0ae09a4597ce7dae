"""What was seen from outside: every frame, raw and in order, and what was done to the cluster meanwhile.

The record is all that the checks look at. It is kept line by line as JSON too, so that a failed storm can be read, and
checked again, without its cluster.
"""

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from time import monotonic


@dataclass
class Person:
    """Somebody with an account; `rooms` are those that are followed to the end.

    A `sender` follows none, a `receiver` stays, a `roamer` loses its connection now and then on purpose.
    """

    name: str
    role: str
    rooms: list[str] = field(default_factory=list)


@dataclass
class Wish:
    """A message that a sender wants to be in a room, from this moment on."""

    at: float
    person: str
    room: str
    key: str
    content: str
    ack: str = "accepted"


@dataclass
class Opened:
    """A connection, and by which way."""

    at: float
    connection: int
    person: str
    place: str


@dataclass
class Frame:
    """One frame of a connection, as it went over the wire."""

    at: float
    connection: int
    sent: bool
    text: str

    @cached_property
    def body(self) -> dict:
        return json.loads(self.text)

    @property
    def type(self) -> str:
        return self.body["type"]

    @property
    def data(self) -> dict:
        return self.body.get("data") or {}


@dataclass
class Closed:
    """The end of a connection; no code where it was lost."""

    at: float
    connection: int
    code: int | None = None
    reason: str = ""


@dataclass
class Fault:
    """Something done to processes; `returned` is when they were there again."""

    at: float
    kind: str
    targets: list[str]
    returned: float


@dataclass
class Death:
    """A process that ended though nobody had touched it."""

    at: float
    process: str


@dataclass
class Remark:
    """Something in a log that must not be there."""

    process: str
    text: str


@dataclass
class Row:
    """One message of the archive, with its envelope as text."""

    room: str
    epoch: str
    seq: int
    id: str
    sender: str
    key: str | None
    content: str | None
    envelope: str


@dataclass
class Recent:
    """One envelope of a room's recent log, at the end."""

    room: str
    envelope: str


@dataclass
class Leftover:
    """A key that is not empty after all has been healed and drained."""

    key: str
    length: int


Entry = Person | Wish | Opened | Frame | Closed | Fault | Death | Remark | Row | Recent | Leftover
KINDS = {kind.__name__: kind for kind in Entry.__args__}


class Record:
    """Everything, by kind and in order; with a folder, in a file there as well."""

    def __init__(self, entries: list[Entry] = (), folder: Path | None = None):
        self._began = monotonic()
        self._by_kind: dict[type, list] = {kind: [] for kind in KINDS.values()}
        self._file = (folder / "record.jsonl").open("w") if folder else None
        for entry in entries:
            self.add(entry)

    def now(self) -> float:
        """Seconds since the record was begun: the clock of all its entries."""
        return monotonic() - self._began

    def add(self, entry: Entry) -> None:
        self._by_kind[type(entry)].append(entry)
        if self._file:
            self._file.write(json.dumps({"entry": type(entry).__name__} | asdict(entry)) + "\n")

    def close(self) -> None:
        if self._file:
            self._file.close()

    @classmethod
    def load(cls, folder: Path) -> "Record":
        with (folder / "record.jsonl").open() as lines:
            return cls([_entry(json.loads(line)) for line in lines])

    @property
    def people(self) -> list[Person]:
        return self._by_kind[Person]

    @property
    def wishes(self) -> list[Wish]:
        return self._by_kind[Wish]

    @property
    def opened(self) -> list[Opened]:
        return self._by_kind[Opened]

    @property
    def frames(self) -> list[Frame]:
        return self._by_kind[Frame]

    @property
    def closed(self) -> list[Closed]:
        return self._by_kind[Closed]

    @property
    def faults(self) -> list[Fault]:
        return self._by_kind[Fault]

    @property
    def deaths(self) -> list[Death]:
        return self._by_kind[Death]

    @property
    def remarks(self) -> list[Remark]:
        return self._by_kind[Remark]

    @property
    def rows(self) -> list[Row]:
        return self._by_kind[Row]

    @property
    def recent(self) -> list[Recent]:
        return self._by_kind[Recent]

    @property
    def leftovers(self) -> list[Leftover]:
        return self._by_kind[Leftover]


def _entry(values: dict) -> Entry:
    return KINDS[values.pop("entry")](**values)
