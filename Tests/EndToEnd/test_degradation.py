"""What people are told while a part of the service is away (protocol, 4.2; architecture, "When a part dies")."""

import time

import pytest

from outages import PATIENCE, degraded, mend
from rest import Service
from waiting import eventually


@pytest.fixture(autouse=True)
def all_well(open_cluster):
    """Before a test and after it everything runs, and nobody is told that something is missing."""
    mend(open_cluster)
    yield
    mend(open_cluster)


def told(client) -> list[tuple[str, str]]:
    """All notices that have arrived by now, in their order."""
    return [(frame["type"].removeprefix("service_"), frame["data"]["component"])
            for frame in client.settle() if frame["type"].startswith("service_")]


def newcomer(guest, number):
    """What somebody who connects now is told right after `connected`."""
    return told(guest("newcomer").connect(number))


def test_a_redis_that_dies_is_told_to_all_and_so_is_its_return(open_cluster, open_pair, guest):
    on_a, on_b, room = open_pair
    open_cluster.kill("redis")
    for client in (on_a, on_b):
        notice = client.expect("service_degraded", component="bus", patience=PATIENCE)
        assert notice["data"]["effect"].endswith(".") and "room" not in notice
        client.pending.append(notice)
    open_cluster.start("redis")
    for client in (on_a, on_b):
        client.expect("service_restored", component="bus", patience=PATIENCE)
    # Restored means that it works: no patience is needed any more, and nobody was told twice, or of others.
    said = on_a.say(room, "it works")
    on_b.expect("new_message", id=said["id"])
    assert told(on_a) == told(on_b) == [("degraded", "bus")]
    assert newcomer(guest, 0) == []


def test_a_blip_of_redis_tells_nobody_and_leaves_the_gateways_ready(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    # Connections that have held for a while come back within 50 ms; those that keep breaking wait longer each time.
    eventually(lambda: min(ages(open_cluster)) > 2, patience=PATIENCE)
    for kind in ("normal", "pubsub"):
        open_cluster.redis("CLIENT", "KILL", "TYPE", kind)
    for url in open_cluster.gateway_urls:
        assert Service(url).get("/readyz").status == 200
    said = on_a.say(room, "on we go")
    on_b.expect("new_message", id=said["id"])
    assert told(on_a) == told(on_b) == []


def ages(cluster) -> list[int]:
    """How many seconds each connection of a gateway to Redis has held."""
    listed = cluster.redis("CLIENT", "LIST").splitlines()
    fields = [dict(pair.split("=", 1) for pair in line.split()) for line in listed]
    return [int(client["age"]) for client in fields if client["name"].startswith("gateway")]


def test_a_redis_that_hangs_is_told_as_one_that_died(open_cluster, open_pair):
    on_a, _, room = open_pair
    open_cluster.pause("redis")
    try:
        on_a.expect("service_degraded", component="bus", patience=PATIENCE)
        gateway = Service(open_cluster.gateway_urls[0])
        eventually(lambda: gateway.get("/readyz").status == 503, patience=PATIENCE)
    finally:
        open_cluster.resume("redis")
    on_a.expect("service_restored", component="bus", patience=PATIENCE)
    eventually(lambda: gateway.get("/readyz").status == 200, patience=PATIENCE)
    on_a.say(room, "it works")


@pytest.mark.parametrize(
    ("process", "component"), [("postgres", "history"), ("history", "history"), ("presence", "presence")])
def test_a_part_that_is_away_is_told_to_all_and_to_those_who_come(open_cluster, open_pair, guest, process, component):
    on_a, on_b, room = open_pair
    open_cluster.stop(process) if process == "postgres" else open_cluster.kill(process)
    for client in (on_a, on_b):
        client.expect("service_degraded", component=component, patience=PATIENCE)
    eventually(lambda: degraded(open_cluster, 1)[component] == 1, patience=PATIENCE)
    assert newcomer(guest, 0) == newcomer(guest, 1) == [("degraded", component)]
    said = on_a.say(room, "chat goes on")
    on_b.expect("new_message", id=said["id"])
    open_cluster.start(process)
    for client in (on_a, on_b):
        client.expect("service_restored", component=component, patience=PATIENCE)
    assert told(on_a) == told(on_b) == []
    assert newcomer(guest, 0) == []


def test_without_postgres_the_newest_page_is_still_read(open_cluster, open_pair):
    on_a, _, room = open_pair
    said = [on_a.say(room, f"{number}")["id"] for number in range(5)]
    open_cluster.stop("postgres")
    on_a.expect("service_degraded", component="history", patience=PATIENCE)
    page = on_a.ask("get_history", "history", room=room, limit=3)["data"]
    assert [message["id"] for message in page["messages"]] == said[2:]


def test_without_history_a_question_for_it_is_answered_at_once(open_cluster, open_pair):
    on_a, _, room = open_pair
    open_cluster.kill("history")
    on_a.expect("service_degraded", component="history", patience=PATIENCE)
    # One that was waited for would take five seconds.
    began = time.monotonic()
    for _ in range(5):
        refused = on_a.ask("get_history", "error", room=room)["data"]
        assert (refused["code"], refused["retryable"]) == ("history_unavailable", True)
    assert time.monotonic() - began < 5
