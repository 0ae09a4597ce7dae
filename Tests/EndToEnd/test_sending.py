"""What becomes of sends while Redis does not answer (protocol, 4.3, promises 2 and 3)."""

import time
from contextlib import contextmanager

from client import Client
from outages import metric
from waiting import eventually

PATIENCE = 30
ANSWERED = 12.0  # five seconds, and what a busy machine adds


@contextmanager
def held(cluster, name):
    """The process stands still."""
    cluster.pause(name)
    try:
        yield
    finally:
        cluster.resume(name)


def test_sends_wait_for_redis_and_keep_their_order(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    gateway = open_cluster.gateway_urls[0]
    on_a.say(room, "before")
    with held(open_cluster, "redis"):
        for number in range(50):
            on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}")
        eventually(lambda: metric(gateway, "parley_gateway_messages_waiting") == 50)
        assert metric(gateway, "parley_gateway_messages_waiting_bytes") > 50 * 500
    sent = [frame["data"] for frame in on_a.collect("message_sent", 50)]
    assert [data["client_msg_id"] for data in sent] == [f"k-{number}" for number in range(50)]
    assert [data["seq"] for data in sent] == list(range(2, 52))
    assert not any(data["duplicate"] for data in sent)
    assert [frame["data"]["content"] for frame in on_b.collect("new_message", 51)[1:]] == [f"{n}" for n in range(50)]
    eventually(lambda: metric(gateway, "parley_gateway_messages_waiting") == 0)
    assert metric(gateway, "parley_gateway_messages_waiting_bytes") == 0


def test_nothing_appears_after_a_timeout_was_told(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    on_a.say(room, "before")
    with held(open_cluster, "redis"):
        began = time.monotonic()
        for number in range(20):
            on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}")
        refused = [frame["data"] for frame in on_a.collect("message_error", 20, patience=ANSWERED)]
        assert 4.5 < time.monotonic() - began < ANSWERED
    assert [data["client_msg_id"] for data in refused] == [f"k-{number}" for number in range(20)]
    # Of the first it is not known what became of it; those behind it were hardly tried.
    assert refused[0]["code"] == "timeout"
    assert {data["code"] for data in refused[1:]} <= {"bus_unavailable", "timeout"}
    assert all(data["retryable"] for data in refused)

    def again():
        on_a.send("send_message", id="again", room=room, content="0", client_msg_id="k-0")
        frame = on_a.expect(None, reply_to_id="again")
        return frame["data"] if frame["type"] == "message_sent" else None

    # None had its place before, none has it now.
    sent = eventually(again, patience=PATIENCE)
    assert sent["duplicate"] is False
    assert [frame["data"]["content"] for frame in on_b.collect("new_message", 2, patience=PATIENCE)] == ["before", "0"]
    assert on_b.heard("new_message") == []


def test_what_one_connection_may_have_waiting_is_bounded(open_cluster, open_pair):
    on_a, _, room = open_pair
    with held(open_cluster, "redis"):
        for number in range(400):
            on_a.send("send_message", room=room, content="x" * 4_000, client_msg_id=f"k-{number}")
        refused = on_a.expect("message_error")["data"]
        assert (refused["code"], refused["retryable"]) == ("overloaded", True)
    on_a.collect("message_sent", int(refused["client_msg_id"][2:]), patience=PATIENCE)


def test_what_all_connections_may_have_waiting_is_bounded(open_cluster, guest):
    gateway = open_cluster.spawn("gateway", SEND_BACKLOG="100")
    room = guest().create_room()
    clients = []
    for _ in range(3):
        client = Client(gateway.url, token=guest().token).greeted()
        client.join(room, recent=0)
        clients.append(client)
    with held(open_cluster, "redis"):
        for number in range(60):
            for client in clients:
                client.send("send_message", room=room, content="x", client_msg_id=f"k-{number}")
        # At once, while the others wait: who may try again knows it before five seconds are over.
        eventually(lambda: sum(len(client.heard("message_error")) for client in clients) == 80)
        assert metric(gateway.url, "parley_gateway_messages_waiting") == 100
    for client in clients:
        refused = client.heard("message_error")
        assert all((error["data"]["code"], error["data"]["retryable"]) == ("overloaded", True) for error in refused)
        client.collect("message_sent", 60 - len(refused), patience=PATIENCE)
    open_cluster.kill(gateway.name)
