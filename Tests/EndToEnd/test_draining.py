"""A gateway that is told to end sends its clients elsewhere, and nobody sees an error (protocol, 4.2 and 4.4)."""

import json
import threading
import time
import uuid

import pytest
from websockets.exceptions import ConnectionClosed

from client import Client
from raw import RawSocket
from rest import Service
from waiting import eventually

PATIENCE = 30
SERVICES = ["gateway", "auth", "history", "presence"]


@pytest.fixture
def gateway(open_cluster):
    """A gateway of the test's own, which may end as it likes."""
    return open_cluster.spawn("gateway")


@pytest.fixture
def on_it(gateway, guest):
    """Connects somebody new to that gateway."""
    return lambda: Client(gateway.url, token=guest().token).greeted()


def ended(gateway) -> int:
    """Its exit code."""
    eventually(lambda: gateway.exit_code is not None, patience=PATIENCE, what="the gateway has ended")
    return gateway.exit_code


def test_everybody_is_told_another_moment_to_come_back(gateway, on_it):
    clients = [on_it() for _ in range(20)]
    gateway.tell_to_end()
    moments = [client.expect("server_draining")["data"]["reconnect_after_ms"] for client in clients]
    assert all(0 <= moment <= 10_000 for moment in moments) and len(set(moments)) > 10
    for client in clients:
        closed = client.closed()
        assert (closed.code, closed.reason) == (1012, "draining")
        assert client.heard_of("server_draining") == []
    assert ended(gateway) == 0


def test_what_was_sent_before_the_close_is_carried_out(open_cluster, open_pair):
    # The close comes 200 ms after the notice: where that is too soon to say something in between, once more.
    assert any(is_heard_after_the_notice(open_cluster, open_pair) for _ in range(8))


def is_heard_after_the_notice(cluster, pair):
    """Whether what was sent after the notice came before the close; all else is carried out in any case."""
    room, gateway = pair.alice.create_room(), cluster.spawn("gateway")
    pair.on_b.join(room)
    sender = Client(gateway.url, token=pair.alice.token).greeted()
    sender.join(room, recent=0)
    before = {f"before-{number}" for number in range(100)}
    for key in before:
        sender.send("send_message", room=room, content="before", client_msg_id=key)
    gateway.tell_to_end()
    sender.expect("server_draining")
    sender.send("send_message", room=room, content="after the notice", client_msg_id="after")
    assert (sender.closed().code, ended(gateway)) == (1012, 0)
    acknowledged = {frame["data"]["client_msg_id"] for frame in sender.heard_of("message_sent")}
    assert acknowledged - {"after"} == before
    # On the other side nothing is missing and nothing is more than that.
    page = pair.on_b.ask("get_history", "history", room=room, limit=200)["data"]["messages"]
    assert {message["data"]["client_msg_id"] for message in page} == acknowledged and len(page) == len(acknowledged)
    return "after" in acknowledged


def test_who_waits_for_an_answer_gets_it_before_the_close(open_cluster, open_pair, gateway):
    room, sender = open_pair.room, Client(gateway.url, token=open_pair.alice.token).greeted()
    open_cluster.pause("redis")
    try:
        sender.send("send_message", room=room, content="on its way", client_msg_id="k")
        sender.ask("ping", "pong")
        gateway.tell_to_end()
        sender.expect("server_draining")
        # Meanwhile, longer than it would take to close those who wait for nothing: not ready, no place for anybody new.
        noticed = time.monotonic()
        while time.monotonic() < noticed + 1:
            ready = Service(gateway.url).get("/readyz")
            assert (ready.status, ready.json["draining"]) == (503, True)
            refused = RawSocket(gateway.url, Authorization=f"Bearer {open_pair.bob.token}")
            assert refused.status == 503 and refused.headers["connection"] == "close"
    finally:
        open_cluster.resume("redis")
    sender.expect("message_sent", client_msg_id="k")
    assert (sender.closed().code, ended(gateway)) == (1012, 0)


def test_a_second_signal_ends_a_drain_at_once(open_cluster, open_pair, gateway):
    sender = Client(gateway.url, token=open_pair.alice.token).greeted()
    open_cluster.pause("redis")
    try:
        sender.send("send_message", room=open_pair.room, content="on its way")
        sender.ask("ping", "pong")
        gateway.tell_to_end()
        sender.expect("server_draining")
        assert gateway.is_running
        gateway.tell_to_end()
        assert ended(gateway) == 1
    finally:
        open_cluster.resume("redis")


def test_a_client_that_does_not_read_is_not_waited_for_without_end(open_cluster, guest, open_pair):
    gateway = open_cluster.spawn("gateway", DRAIN_SECONDS="1")
    stalled = RawSocket(gateway.url, Authorization=f"Bearer {guest().token}")
    assert stalled.status == 101
    gateway.tell_to_end()
    assert ended(gateway) == 0
    assert stalled.closed() == (1012, "draining")


def test_who_is_sent_elsewhere_has_not_left(open_cluster, open_pair, gateway, guest):
    on_a, _, room = open_pair
    carol = guest("carol")
    away = Client(gateway.url, token=carol.token).greeted()
    away.join(room, recent=0)
    on_a.expect("user_joined", user=carol.name)
    gateway.tell_to_end()
    away.closed()
    carol.connect(1).join(room, recent=0)
    assert ended(gateway) == 0
    # Presence has taken back what the gateway had stated by the time that nothing of it is left.
    eventually(lambda: gateway.name not in open_cluster.redis("SMEMBERS", "gateways"), patience=PATIENCE)
    assert on_a.heard("user_left", user=carol.name) == []
    assert carol.name in [user["user"] for user in on_a.ask("get_presence", "presence_list", room=room)["data"]["users"]]


def test_through_the_load_balancer_nobody_sees_a_gateway_go_and_come(open_cluster, guest, open_pair):
    room, over = open_pair.room, threading.Event()
    callers = [Caller(guest(), room, over) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(2):
            eventually(lambda: all(caller.turns >= 3 for caller in callers), patience=PATIENCE)
            open_cluster.stop("gateway-2")
            told = [caller.turns for caller in callers]
            eventually(lambda: all(c.turns > t + 2 for c, t in zip(callers, told)), patience=PATIENCE)
            open_cluster.start("gateway-2")
    finally:
        over.set()
        for caller in callers:
            caller.join(PATIENCE)
    assert [caller.failure for caller in callers if caller.failure] == []
    assert sum(caller.turns for caller in callers) > 20
    lines = [json.loads(line) for line in open_cluster.logs()["gateway-2"].splitlines()]
    ends = [line["msg"] for line in lines if line["msg"] in ("stopped", "did not stop in time")]
    assert ends[-2:] == ["stopped", "stopped"]


class Caller(threading.Thread):
    """Connects again and again, and says something each time, until it is told to stop."""

    def __init__(self, person, room, over):
        super().__init__(daemon=True)
        self.turns, self.failure = 0, None
        self._person, self._room, self._over = person, room, over

    def run(self):
        try:
            while not self._over.is_set():
                self._say(uuid.uuid4().hex)
                self.turns += 1
        except Exception as error:
            self.failure = repr(error)

    def _say(self, key):
        """Says one thing, on as many connections as it takes; that a connection can be had is never in doubt."""
        while True:
            client = self._person.connect()
            try:
                client.join(self._room, recent=0)
                client.send("send_message", room=self._room, content=key, client_msg_id=key)
                client.expect("message_sent", client_msg_id=key)
                return client.close()
            except AssertionError as error:
                if not isinstance(error.__context__, ConnectionClosed) or error.__context__.rcvd.code != 1012:
                    raise


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_ends_in_order(open_cluster, service):
    instance = open_cluster.spawn(service)
    instance.stop()
    assert instance.exit_code == 0


def test_history_stores_what_it_has_begun_before_it_ends(open_cluster, open_pair):
    on_a, _, room = open_pair
    for number in range(300):
        on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"{number}")
    on_a.expect("message_sent", client_msg_id="0")
    open_cluster.restart("history")
    on_a.collect("message_sent", 299)

    def archived():
        return open_cluster.sql(f"SELECT count(*), max(seq) FROM history.messages WHERE room = '{room}'") == [["300", "300"]]

    eventually(archived, patience=PATIENCE)
    lines = [json.loads(line) for line in open_cluster.logs()["history"].splitlines()]
    assert "stopped" in [line["msg"] for line in lines] and "did not stop in time" not in [line["msg"] for line in lines]
