"""What was told to clients, held against the archive and Redis: the promises of protocol 4.3 that a broken Redis must not break."""

import json
from collections import defaultdict

from client import Client
from waiting import eventually

PATIENCE = 20


class Ledger:
    """Watches connections; a room's numbers are compared over all of them."""

    def __init__(self, cluster, room: str):
        self.cluster, self.room = cluster, room
        self.clients: list[Client] = []

    def watch(self, client: Client) -> Client:
        self.clients.append(client)
        return client

    # ---- what was told ----

    def frames(self, kind: str) -> list[dict]:
        return [frame for client in self.clients for frame in client.received if frame["type"] == kind]

    def acknowledged(self) -> dict[tuple[str, int], str]:
        """Place to id of all that was accepted."""
        return {_place(frame["data"]): frame["data"]["id"] for frame in self.frames("message_sent") if self._is_here(frame)}

    def epochs(self) -> list[str]:
        """The epochs in which anything was delivered or acknowledged, in their order."""
        first: dict[str, int] = {}
        for epoch, seq in [*self._delivered(), *self.acknowledged()]:
            first[epoch] = min(seq, first.get(epoch, seq))
        return sorted(first, key=first.get)

    def newest(self) -> int:
        """The highest seq that anybody was told of."""
        return max((seq for _, seq in [*self._delivered(), *self.acknowledged()]), default=0)

    # ---- the checks ----

    def check(self) -> None:
        """All of them, once the archive has all that it was said to have."""
        self.no_place_twice()
        self.what_was_stored_is_archived()
        for client in self.clients:
            in_order(client, self.room)
        assert self.cluster.redis("--scan", "--pattern", "*:log:dead") == ""

    def no_place_twice(self) -> None:
        ids: dict[tuple[str, int], set[str]] = defaultdict(set)
        for place, id in [*self._delivered().items(), *self.acknowledged().items(), *self.archived().items(), *self._recent()]:
            ids[place].add(id)
        assert {place: found for place, found in ids.items() if len(found) > 1} == {}
        # Nor does a seq ever go down from epoch to epoch.
        spans: dict[str, list[int]] = defaultdict(list)
        for epoch, seq in ids:
            spans[epoch].append(seq)
        ordered = sorted((min(seqs), max(seqs)) for seqs in spans.values())
        assert all(last < first for (_, last), (first, _) in zip(ordered, ordered[1:], strict=False)), ordered

    def what_was_stored_is_archived(self) -> None:
        archived = self.archived()
        for frame in self.frames("message_stored"):
            if self._is_here(frame):
                assert archived.get(_place(frame["data"])) == frame["data"]["id"], frame

    def archived(self) -> dict[tuple[str, int], str]:
        rows = self.cluster.sql(f"SELECT epoch, seq, id FROM history.messages WHERE room = '{self.room}'")
        return {(epoch, int(seq)): id for epoch, seq, id in rows}

    def await_stored(self, places) -> None:
        """Waits until these places are in the archive."""
        wanted = set(places)
        eventually(lambda: wanted <= set(self.archived()), PATIENCE, "all is archived")

    def _delivered(self) -> dict[tuple[str, int], str]:
        return {_place(frame): frame["id"] for frame in self.frames("new_message") if frame["room"] == self.room}

    def _recent(self):
        key = next(key for key in self.cluster.redis("--scan", "--pattern", f"*:room:{self.room}").splitlines())
        for line in self.cluster.redis("XRANGE", f"{key}:recent", "-", "+").splitlines():
            if line.startswith("{"):
                envelope = json.loads(line)
                yield _place(envelope), envelope["id"]

    def _is_here(self, frame) -> bool:
        return frame["room"] == self.room


def in_order(client: Client, room: str) -> None:
    """On one connection seq rises by one, or `gap` or `room_epoch` has come first, and each of these fits what was before."""
    last = None
    for frame in client.received:
        if frame.get("room") != room:
            continue
        data = frame["data"]
        match frame["type"]:
            case "joined":
                last = None if data.get("recovered") else _place(data)
            case "gap":
                assert last in (None, (data["epoch"], data["from_seq"] - 1)), (last, frame)
                last = (data["epoch"], data["to_seq"])
            case "room_epoch":
                assert last in (None, (data["previous_epoch"], data["previous_seq"])), (last, frame)
                last = (data["epoch"], data["first_seq"] - 1)
            case "new_message":
                epoch, seq = _place(frame)
                assert last in (None, (epoch, seq - 1)), (last, frame)
                last = (epoch, seq)


def _place(holder: dict) -> tuple[str, int]:
    return holder["epoch"], holder["seq"]
