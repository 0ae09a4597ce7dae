"""Records made by hand, for the tests of the checks: a short conversation in which nothing is wrong."""

import json

from record import Closed, Entry, Fault, Frame, Opened, Person, Recent, Record, Row, Wish

ROOM = "harbour"


class Conversation:
    """Ann writes on connection 1, Bob reads on connection 2.

    A test bends what it is about, then asks for the record.
    """

    def __init__(self, count: int = 4):
        self.entries: list[Entry] = [Person("ann", "sender"), Person("bob", "receiver", [ROOM])]
        self.entries += [Opened(0.0, 1, "ann", "a"), Opened(0.0, 2, "bob", "b")]
        self.at = 0.0
        self.ask_to_join()
        self.joined(seq=0)
        for seq in range(1, count + 1):
            self.say(seq)
        self.rows = {seq: row(seq) for seq in range(1, count + 1)}

    # ---- frames ----

    def frame(self, connection: int, sent: bool, body: dict | str) -> None:
        self.at += 0.05
        text = body if isinstance(body, str) else json.dumps(body)
        self.entries.append(Frame(self.at, connection, sent, text))

    def say(self, seq: int) -> None:
        """Wished, sent, acknowledged, stored, delivered."""
        self.wish(seq)
        self.send(seq)
        self.ack("message_sent", seq)
        self.ack("message_stored", seq)
        self.deliver(seq)

    def wish(self, number: int) -> None:
        self.entries.append(Wish(self.at, "ann", ROOM, f"k{number}", f"text {number}", "stored"))

    def send(self, number: int, **more) -> None:
        data = {"room": ROOM, "content": f"text {number}", "client_msg_id": f"k{number}"} | more
        self.frame(1, True, {"type": "send_message", "data": data})

    def ack(self, kind: str, seq: int, key: str | None = None, **more) -> None:
        place = {"id": f"id{seq}", "epoch": "e1", "seq": seq}
        data = {"client_msg_id": key or f"k{seq}", "duplicate": False, "ts": 1} | place | more
        self.frame(1, False, {"type": kind, "room": ROOM, "data": data})

    def deliver(self, seq: int, connection: int = 2, **more) -> None:
        self.frame(connection, False, envelope(seq, **more))

    def ask_to_join(self, connection: int = 2, **data) -> None:
        self.frame(connection, True, {"type": "join_room", "data": {"room": ROOM} | data})

    def joined(self, seq: int, connection: int = 2, **data) -> None:
        self.frame(connection, False, {"type": "joined", "room": ROOM, "data": {"epoch": "e1", "seq": seq} | data})

    def tell(self, kind: str, connection: int = 2, **data) -> None:
        self.frame(connection, False, {"type": kind, "room": ROOM, "data": data})

    def reconnect(self, connection: int) -> None:
        self.entries.append(Opened(self.at, connection, "bob", "c"))

    def close(self, connection: int, code: int, reason: str) -> None:
        self.entries.append(Closed(self.at, connection, code, reason))

    def fault(self, kind: str, target: str, at: float, returned: float) -> None:
        self.entries.append(Fault(at, kind, [target], returned))

    def recent(self, seq: int, **more) -> None:
        self.entries.append(Recent(ROOM, envelope(seq, **more)))

    # ---- the end ----

    def record(self) -> Record:
        return Record([*self.entries, *self.rows.values()])


def envelope(seq: int, epoch: str = "e1", id: str | None = None, content: str | None = None) -> str:
    data = {"client_msg_id": f"k{seq}", "content": content or f"text {seq}"}
    head = {"v": 1, "epoch": epoch, "seq": seq, "type": "new_message", "room": ROOM}
    return json.dumps(head | {"id": id or f"id{seq}", "user": "ann", "data": data})


def row(seq: int, epoch: str = "e1", **more) -> Row:
    values = {"id": f"id{seq}", "sender": "ann", "key": f"k{seq}", "content": f"text {seq}"} | more
    kept = envelope(seq, epoch, values["id"], values["content"])
    return Row(ROOM, epoch, seq, envelope=kept, **values)
