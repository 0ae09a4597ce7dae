"""What is there while Redis is away, full, or cannot write (protocol, 4.3): rows of "What happens when a part dies", as in test_deaths.py."""

import contextlib
import itertools
from pathlib import Path

import pytest

from client import Client
from outages import PATIENCE, answer_to, mend, metric, say_stored, status_of
from replica import replica
from waiting import eventually


@pytest.fixture(autouse=True)
def all_running(open_cluster):
    """Whatever a test has killed or stopped is started again, and nobody is told of it who comes for the next."""
    mend(open_cluster)
    yield
    mend(open_cluster)


def test_redis_dies(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    old = say_stored(on_a, on_b, room)
    open_cluster.kill("redis")
    on_a.expect("service_degraded", component="bus")
    refused = on_a.ask("send_message", "message_error", room=room, content="lost", client_msg_id="k")["data"]
    assert (refused["retryable"], refused["client_msg_id"]) == (True, "k")
    assert refused["code"] in ("bus_unavailable", "timeout")
    on_b.ask("ping", "pong")
    for url in [*open_cluster.gateway_urls, open_cluster.auth_url, open_cluster.history_url, open_cluster.presence_url]:
        eventually(lambda url=url: status_of(url, "/readyz") == 503, what=f"{url} is not ready")
        assert status_of(url, "/healthz") == 200
    assert metric(open_cluster.gateway_urls[0], 'parley_gateway_degraded{component="bus"}') == 1
    # Who comes now is told so.
    open_pair.bob.connect(1).expect("service_degraded", component="bus")
    # What is archived can be read.
    page = open_cluster.web.get(f"/history/rooms/{room}/messages", open_pair.bob.token)
    assert page.status == 200, page
    assert [message["id"] for message in page.json["messages"]] == [old["id"]]

    open_cluster.start("redis")
    on_a.expect("service_restored", component="bus", patience=PATIENCE)
    sent = eventually(lambda: sent_or_none(on_a, room), patience=PATIENCE)
    epoch = on_b.expect("room_epoch", patience=PATIENCE)["data"]
    assert (epoch["previous_epoch"], epoch["previous_seq"]) == (old["epoch"], old["seq"])
    assert (epoch["epoch"], epoch["first_seq"]) == (sent["epoch"], sent["seq"])
    assert on_b.expect("new_message")["id"] == sent["id"]
    assert on_b.heard("new_message") == []
    open_cluster.await_ready()


def sent_or_none(client, room):
    """The data of `message_sent`, or None where it is to be tried again."""
    answer = answer_to(client, room, "after", patience=PATIENCE)
    assert answer["type"] == "message_sent" or answer["data"]["retryable"] is True, answer
    return answer["data"] if answer["type"] == "message_sent" else None


def test_redis_dies_for_a_moment(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    on_a.say(room, "before")
    for round in range(2):
        open_cluster.kill("redis")
        open_cluster.start("redis")
        # Within the patience of a send: the answer is no refusal, retryable or not.
        assert answer_to(on_a, room, f"after {round}", patience=PATIENCE)["type"] == "message_sent"
        on_b.expect("new_message", content=f"after {round}", patience=PATIENCE)


def test_redis_cannot_write_its_file(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    old = say_stored(on_a, on_b, room)
    with unwritable(open_cluster):
        for client in (on_a, on_b):
            client.expect("service_degraded", component="bus", patience=PATIENCE)
        for url in [*open_cluster.gateway_urls, open_cluster.auth_url, open_cluster.history_url, open_cluster.presence_url]:
            eventually(lambda url=url: status_of(url, "/readyz") == 503, what=f"{url} is not ready")
        # Nobody can say that they are there, so that nobody is said to be away either.
        eventually(lambda: open_cluster.redis("EXISTS", "alive:history", "alive:presence") == "0", patience=PATIENCE)
        refused = answer_to(on_a, room, "meanwhile")
        assert (refused["type"], refused["data"]["code"]) == ("message_error", "bus_unavailable")
        assert refused["data"]["retryable"] is True
        page = open_cluster.web.get(f"/history/rooms/{room}/messages", open_pair.bob.token)
        assert page.status == 200, page
        assert [message["id"] for message in page.json["messages"]] == [old["id"]]
    for client in (on_a, on_b):
        client.expect("service_restored", component="bus", patience=PATIENCE)
    said = on_a.say(room, "it works")
    on_b.expect("new_message", id=said["id"])
    assert on_b.heard("new_message") == []
    for client in (on_a, on_b):
        assert client.heard("service_degraded") == client.heard("service_restored") == []


@contextlib.contextmanager
def unwritable(cluster):
    """Has Redis fail at writing a snapshot, and refuse writes for it (`stop-writes-on-bgsave-error`)."""
    def saved(status):
        return f"rdb_last_bgsave_status:{status}" in cluster.redis("INFO", "persistence")

    def save():
        if "rdb_bgsave_in_progress:0" in cluster.redis("INFO", "persistence"):
            cluster.redis("BGSAVE")

    obstacle = Path(cluster.redis("CONFIG", "GET", "dir").splitlines()[1]) / "dump.rdb"
    obstacle.mkdir()
    try:
        cluster.redis("CONFIG", "SET", "save", "3600 1000000")
        eventually(lambda: save() or saved("err"), PATIENCE)
        yield
    finally:
        obstacle.rmdir()
        cluster.redis("CONFIG", "SET", "save", "")
        eventually(lambda: save() or saved("ok"), PATIENCE)


@pytest.fixture
def full_redis(open_cluster):
    """Fills Redis beyond nine tenths of a bound, which it gives back."""
    bound = open_cluster.redis("CONFIG", "GET", "maxmemory").splitlines()[1]

    def fill():
        # Far more than what comes and goes by itself.
        open_cluster.redis("EVAL", "return redis.call('SET', 'ballast', string.rep('x', 20000000))", "0")
        used = next(
            int(line.split(":")[1]) for line in open_cluster.redis("INFO", "memory").splitlines()
            if line.startswith("used_memory:"))
        open_cluster.redis("CONFIG", "SET", "maxmemory", str(int(used / 0.95)))

    yield fill
    open_cluster.redis("CONFIG", "SET", "maxmemory", bound)
    open_cluster.redis("DEL", "ballast")


def test_redis_is_full(open_cluster, open_pair, guest, full_redis):
    on_a, on_b, room = open_pair
    open_cluster.pause("history")
    before = on_a.say(room, "before", client_msg_id="k", ack="stored")
    full_redis()
    numbers = itertools.count()
    for url, client in zip(open_cluster.gateway_urls, (on_a, on_b), strict=True):
        # Another key each time: what was accepted before the gateway looked is known again.
        eventually(
            lambda client=client: answer_to(client, room, f"more {next(numbers)}")["data"].get("code") == "overloaded",
            what=f"{url} refuses")
        assert metric(url, "parley_gateway_redis_memory_bytes") > 20_000_000
    refused = answer_to(on_a, room, "refused")["data"]
    assert (refused["code"], refused["retryable"]) == ("overloaded", True)
    # What was accepted is known again, and goes its way.
    for retry in (False, True):
        again = on_a.ask(
            "send_message", "message_sent", room=room, content="before", client_msg_id="k", retry=retry)["data"]
        assert (again["id"], again["duplicate"]) == (before["id"], True)
    open_cluster.resume("history")
    on_a.expect("message_stored", id=before["id"], patience=PATIENCE)
    # Nothing else is held up: who comes is let in, seen, and heard typing.
    carol = guest("carol")
    on_c = carol.connect(1)
    assert on_c.join(room)["seq"] >= before["seq"]
    on_a.expect("user_joined", user=carol.name)
    on_c.send("typing_start", room=room)
    on_a.expect("user_typing", user=carol.name)
    for url in [*open_cluster.gateway_urls, open_cluster.auth_url, open_cluster.history_url, open_cluster.presence_url]:
        assert status_of(url, "/readyz") == 200
    # Whoever gives it room need not restart anything.
    open_cluster.redis("DEL", "ballast")
    eventually(lambda: answer_to(on_a, room, "after")["type"] == "message_sent", what="messages are taken again")
    on_c.expect("new_message", content="after")


@pytest.fixture
def replicated(open_cluster):
    """A gateway that acknowledges only what one replica has."""
    gateway = open_cluster.spawn("gateway", REDIS_ACK_REPLICAS="1")
    yield gateway
    gateway.stop()


def test_a_replica_dies(open_cluster, open_pair, replicated, tmp_path):
    on_a, on_b, room = open_pair
    client = Client(replicated.url, token=open_pair.alice.token).greeted()
    with replica(open_cluster, tmp_path):
        assert client.say(room, "one", client_msg_id="k-1")["seq"] == 1
    # Others hear of a message before its sender is told anything; what will become of it is not known.
    open_cluster.pause("history")
    try:
        client.send("send_message", room=room, content="two", client_msg_id="k-2", ack="stored")
        assert [frame["seq"] for frame in on_b.collect("new_message", 2)] == [1, 2]
        refused = client.expect("message_error")["data"]
        assert (refused["code"], refused["retryable"], refused["client_msg_id"]) == ("timeout", True, "k-2")
        assert metric(replicated.url, "parley_gateway_replica_waits_short_total") > 0
        assert client.heard("message_stored") == []
        assert on_a.say(room, "where no replica is asked for")["seq"] == 3
        # Known again once a replica is there.
        with replica(open_cluster, tmp_path):
            again = client.say(room, "two", client_msg_id="k-2")
        assert (again["duplicate"], again["seq"]) == (True, 2)
    finally:
        open_cluster.resume("history")
