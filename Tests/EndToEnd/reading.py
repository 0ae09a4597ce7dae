"""A room's log as one connection is given it, checked frame by frame (protocol, 4.3, promise 1)."""

LOGGED = ("gap", "room_epoch")


class Reading:
    """Takes frames in their order and fails on a silent hole, a duplicate, another order, an epoch without a word."""

    def __init__(self, room: str, epoch: str, seq: int):
        self.room, self.epoch, self.seq = room, epoch, seq
        self.contents: list[str] = []
        self.gaps: list[tuple[str, int, int]] = []
        self.epochs: list[dict] = []

    def take(self, frame: dict) -> None:
        if frame.get("room") != self.room:
            return
        if frame["type"] == "gap":
            self._gap(frame["data"])
        elif frame["type"] == "room_epoch":
            self._new_epoch(frame["data"])
        elif "seq" in frame:
            assert (frame["epoch"], frame["seq"]) == (self.epoch, self.seq + 1), f"after {self.epoch}:{self.seq}: {frame}"
            self.seq += 1
            self.contents.append(frame["data"]["content"])

    def _gap(self, data: dict) -> None:
        assert (data["epoch"], data["from_seq"]) == (self.epoch, self.seq + 1), f"after {self.epoch}:{self.seq}: {data}"
        assert data["to_seq"] >= data["from_seq"]
        self.seq = data["to_seq"]
        self.gaps.append((data["epoch"], data["from_seq"], data["to_seq"]))

    def _new_epoch(self, data: dict) -> None:
        assert (data["previous_epoch"], data["previous_seq"]) == (self.epoch, self.seq), data
        assert data["epoch"] != self.epoch and data["first_seq"] > self.seq
        self.epoch, self.seq = data["epoch"], data["first_seq"] - 1
        self.epochs.append(data)

    def read(self, client, until: str, patience: float = 20) -> "Reading":
        """Reads on to the message with this content."""
        while until not in self.contents:
            self.take(client.expect(None, patience))
        return self


def resume(client, room: str, since: dict, **options) -> tuple[dict, Reading]:
    """Joins with `since`; returns the data of `joined` and a reading that goes on after `since`."""
    joined = client.join(room, since=since, **options)
    return joined, Reading(room, since["epoch"], since["seq"])
