"""A client that does not read costs little, and the others nothing (protocol, 4.4; traps, "unbounded send buffers")."""

import json
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from client import Client
from outages import metric
from raw import PING, TEXT, RawSocket
from waiting import eventually

PATIENCE = 60
MIB = 1 << 20


@pytest.fixture
def gateway(open_cluster):
    """A gateway of the test's own, whose memory is nobody else's."""
    return open_cluster.spawn("gateway")


class Stalled(RawSocket):
    """Joins a room and reads no more, until it is told to."""

    def __init__(self, gateway, person, room):
        #: How many bytes of frames have reached it.
        self.taken = 0
        super().__init__(gateway.url, Authorization=f"Bearer {person.token}")
        assert self.status == 101
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.send(TEXT, json.dumps({"type": "join_room", "data": {"room": room, "recent": 0}}).encode())
        while self.frame()["type"] != "joined":
            pass

    def receive(self):
        opcode, payload = super().receive()
        self.taken += len(payload)
        return opcode, payload

    def frame(self) -> dict:
        """The next text frame; the heartbeat is none."""
        while True:
            opcode, payload = self.receive()
            if opcode == TEXT:
                return json.loads(payload)


def resident(gateway) -> int:
    """What the gateway has in RAM, as the kernel counts it."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{gateway.pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024


def talk(speaker, room, count, prefix):
    """Says so much, in steps, each acknowledged before the next; returns the ids."""
    ids = []
    for step in range(0, count, 25):
        for number in range(step, step + 25):
            speaker.send("send_message", room=room, content="x" * 4_000, client_msg_id=f"{prefix}-{number}")
        ids += [frame["data"]["id"] for frame in speaker.collect("message_sent", 25, patience=PATIENCE)]
    return ids


def test_a_stalled_reader_in_a_busy_room_costs_little_and_others_nothing(gateway, open_pair, guest):
    room, speaker = open_pair.room, open_pair.on_a
    listeners = [Client(gateway.url, token=guest("listener").token).greeted() for _ in range(2)]
    for listener in listeners:
        listener.join(room, recent=0)
    hear = [Listening(listener) for listener in listeners]
    # First without a stalled reader: what the process needs for such traffic at all, it has by then.
    said = talk(speaker, room, 1_000, "warm")
    eventually(lambda: all(len(each.ids) == 1_000 for each in hear), patience=PATIENCE)
    before = resident(gateway)
    stalled = Stalled(gateway, guest("stalled"), room)
    most = 0
    for round in range(12):
        said += talk(speaker, room, 100, f"busy-{round}")
        most = max(most, resident(gateway) - before)
    eventually(lambda: all(len(each.ids) == len(said) for each in hear), patience=PATIENCE)
    assert [each.ids for each in hear] == [said, said]
    # It was given 4.8 MB to read; the gateway has kept the first part of it for a while, and then closed.
    assert metric(gateway.url, "parley_gateway_slow_consumers_total") == 1
    assert stalled.closed() == (1013, "slow_consumer")
    # What the kernel had for it; all else was dropped. By itself the kernel would hold megabytes.
    assert stalled.taken < MIB // 2
    assert most < 2 * MIB, f"a stalled reader cost {most / MIB:.1f} MiB"
    assert metric(gateway.url, "parley_gateway_queued_bytes") < MIB


def test_many_pages_at_once_come_as_fast_as_they_are_read(gateway, open_pair):
    room, speaker = open_pair.room, open_pair.on_a
    # As much as a page may hold: a hundred of them are 25 MB, and the kernel takes less than that.
    talk(speaker, room, 75, "page")
    other = Client(gateway.url, token=open_pair.bob.token).greeted()
    eventually(lambda: len(other.ask("get_history", "history", room=room, limit=200)["data"]["messages"]) > 50)
    reader = RawSocket(gateway.url, Authorization=f"Bearer {open_pair.bob.token}")
    for number in range(100):
        question = {"type": "get_history", "id": number, "data": {"room": room, "limit": 200}}
        reader.send(TEXT, json.dumps(question).encode())
    # Whoever asks later is answered meanwhile.
    for _ in range(10):
        other.ask("get_history", "history", room=room, limit=200)
    answers = []
    while len(answers) < 100:
        opcode, payload = reader.receive()
        assert opcode in (TEXT, PING), payload[:100]
        frame = json.loads(payload) if opcode == TEXT else {}
        if frame.get("type") == "history":
            answers.append(frame["reply_to_id"])
    assert sorted(answers) == list(range(100))


def test_pages_that_nobody_reads_take_no_more_than_there_is_room_for(open_cluster, open_pair, guest):
    gateway = open_cluster.spawn("gateway", MEMORY_BYTES=str(4 * MIB))
    room, speaker = open_pair.room, open_pair.on_a
    talk(speaker, room, 75, "page")
    asker = Client(gateway.url, token=open_pair.bob.token).greeted()

    def answer() -> dict:
        return asker.ask("get_history", None, room=room, limit=200)

    eventually(lambda: len(answer()["data"]["messages"]) > 50)
    stalled = [Stalled(gateway, guest("stalled"), room) for _ in range(16)]
    question = json.dumps({"type": "get_history", "data": {"room": room, "limit": 200}}).encode()

    def refusal() -> dict | None:
        for each in stalled:
            each.send(TEXT, question)
        frame = answer()
        return frame["data"] if frame["type"] == "error" else None

    # Four for each would wait besides what is in its queue, 16 MB that nobody has counted.
    refused = eventually(refusal, patience=PATIENCE)
    assert (refused["code"], refused["retryable"]) == ("overloaded", True)
    assert metric(gateway.url, "parley_gateway_queued_bytes") <= 4 * MIB + MIB // 4
    assert metric(gateway.url, 'parley_gateway_refused_total{reason="memory"}') > 0
    for each in stalled:
        each.close()
    eventually(lambda: answer()["type"] == "history", patience=PATIENCE)


class Listening(threading.Thread):
    """Reads what is said as it comes."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.ids, self._client = [], client
        self.start()

    def run(self):
        with suppress(AssertionError):  # the connection ends when the test does
            while True:
                self.ids.append(self._client.expect("new_message", patience=4 * PATIENCE)["id"])


def test_what_is_forgotten_anyway_is_given_up_first(gateway, open_pair, guest):
    room, speaker = open_pair.room, open_pair.on_a
    stalled = Stalled(gateway, guest("stalled"), room)
    # More than a quarter of its bound waits: from here on only the newest word on each matter is kept.
    talk(speaker, room, 150, "long")
    typing = open_pair.bob.connect(0)
    typing.join(room, recent=0)
    for _ in range(5):
        typing.ask("typing_start", "ok", room=room)
        speaker.expect("user_typing")
        typing.ask("typing_stop", "ok", room=room)
        speaker.expect("user_stopped_typing")
    typing.ask("typing_start", "ok", room=room)
    speaker.expect("user_typing")
    last = speaker.say(room, "the end")
    assert metric(gateway.url, "parley_gateway_frames_conflated_total") >= 8
    # It wakes up, and has missed nothing of the log. Of typing it hears the newest word, and what is told from then on.
    heard, words = [], []
    while not words or not heard or heard[-1]["id"] != last["id"]:
        frame = stalled.frame()
        if frame["type"] == "new_message":
            heard.append(frame)
        elif frame["type"] in ("user_typing", "user_stopped_typing"):
            words.append(frame["user"])
    assert [frame["seq"] for frame in heard] == list(range(1, 152))
    assert set(words) == {open_pair.bob.name} and len(words) <= 3


def test_a_gateway_that_holds_too_much_lets_nobody_else_in(open_cluster, open_pair, guest):
    gateway = open_cluster.spawn("gateway", MEMORY_BYTES=str(MIB), SEND_QUEUE_BYTES=str(16 * MIB))
    room, speaker = open_pair.room, open_pair.on_a
    known = Client(gateway.url, token=guest("known").token).greeted()
    stalled = Stalled(gateway, guest("stalled"), room)
    talk(speaker, room, 400, "long")
    eventually(lambda: metric(gateway.url, "parley_gateway_overloaded") == 1, patience=PATIENCE)
    closed = Client(gateway.url, token=guest("late").token).closed()
    assert (closed.code, closed.reason) == (1013, "overloaded")
    assert metric(gateway.url, "parley_gateway_overloaded_connections_total") == 1
    # Whoever is in goes on; and when it has been read, others may come.
    known.join(room, recent=0)
    said = speaker.say(room, "still here")
    known.expect("new_message", id=said["id"])
    while stalled.frame().get("id") != said["id"]:
        pass
    eventually(lambda: metric(gateway.url, "parley_gateway_overloaded") == 0, patience=PATIENCE)
    Client(gateway.url, token=guest("later").token).greeted()


def test_who_cannot_decide_whether_to_type_is_told_of_four_times_a_second(open_pair):
    on_a, on_b, room = open_pair
    began = time.monotonic()
    for _ in range(1_000):
        on_a.send("typing_start", room=room)
        on_a.send("typing_stop", room=room)
    on_a.settle()
    spent = time.monotonic() - began
    on_b.settle()
    told = [frame for frame in on_b.pending if frame["type"] in ("user_typing", "user_stopped_typing")]
    assert 1 <= len(told) <= 4 * spent + 3
    # The last word is told, late where it has to be.
    if told[-1]["type"] == "user_typing":
        on_b.pending = [frame for frame in on_b.pending if frame not in told]
        on_b.expect("user_stopped_typing")


def test_who_is_removed_while_they_do_not_read_gets_no_page_more(gateway, open_pair):
    room, speaker = open_pair.room, open_pair.on_a
    talk(speaker, room, 75, "page")
    other = Client(gateway.url, token=open_pair.bob.token).greeted()
    eventually(lambda: len(other.ask("get_history", "history", room=room, limit=200)["data"]["messages"]) > 50)
    stalled = Stalled(gateway, open_pair.bob, room)
    for number in range(100):
        stalled.send(TEXT, json.dumps({"type": "get_history", "id": number, "data": {"room": room, "limit": 200}}).encode())
    eventually(lambda: metric(gateway.url, "parley_gateway_queued_bytes") > MIB // 4)
    open_pair.alice.expel(open_pair.bob, room)
    removed = time.monotonic()
    # Within a second nothing of the room reaches them any more (protocol, 1).
    eventually(lambda: time.monotonic() > removed + 1)
    answers, was_told = {}, False
    while len(answers) < 100:
        frame = stalled.frame()
        was_told = was_told or frame["type"] == "left"
        if "reply_to_id" in frame:
            assert not (was_told and frame["type"] == "history"), "a page of a room that one has left"
            answers[frame["reply_to_id"]] = frame
    assert was_told
    assert {frame["data"]["code"] for frame in answers.values() if frame["type"] == "error"} == {"room_denied"}
