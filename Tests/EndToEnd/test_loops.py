"""Two loops of one gateway: for its clients one gateway, for Redis two."""

import re

import pytest

from client import Client, Closed
from outages import metric
from partition import tag
from waiting import eventually

TOO_MANY = Closed(1008, "too_many_connections")


@pytest.fixture(scope="module")
def gateway(open_cluster):
    instance = open_cluster.spawn("gateway", LOOPS="2")
    yield instance
    open_cluster.kill(instance.name)


def loops_of(cluster, gateway, name):
    """The loops of this gateway on which somebody has connections, and how many on each."""
    fields = cluster.redis("HGETALL", f"{{u:{name}}}:devices").splitlines()
    counts = dict(zip(fields[::2], fields[1::2], strict=True))
    found = {re.fullmatch(rf"{re.escape(gateway.name)}(?::(\d+))?\.\w{{8}}", field): int(count) for field, count in counts.items()}
    return {int(match[1] or 0): count for match, count in found.items() if match and count > 0}


def connect_to_both(cluster, gateway, person, most=12):
    """Connections of one person, until both loops have some: the kernel spreads them."""
    clients = []
    while len(clients) < most:
        clients.append(Client(gateway.url, token=person.token).greeted())
        if set(loops_of(cluster, gateway, person.name)) == {0, 1}:
            return clients
    pytest.skip(f"all {most} connections are on one loop, as happens once in {2 ** (most - 1)} times")


def test_clients_see_one_gateway_and_redis_two(open_cluster, gateway, guest):
    alice = guest("alice")
    clients = connect_to_both(open_cluster, gateway, alice)
    assert {client.connected["data"]["gateway"] for client in clients} == {gateway.name}
    for name in (gateway.name, f"{gateway.name}:1"):
        assert open_cluster.redis("GET", f"gw:{name}").startswith(f"{name}.")
    eventually(lambda: metric(gateway.url, "parley_gateway_connections") == len(clients))
    for client in clients:
        client.close()
    eventually(lambda: metric(gateway.url, "parley_gateway_connections") == 0)
    eventually(lambda: not loops_of(open_cluster, gateway, alice.name))


def test_each_connection_hears_each_message_once_and_in_order(open_cluster, gateway, guest):
    alice, bob = guest("alice"), guest("bob")
    room = alice.create_room()
    clients = connect_to_both(open_cluster, gateway, alice) + connect_to_both(open_cluster, gateway, bob)
    for client in clients:
        client.join(room)
    channel = f"{tag(room)}:room:{room}"
    assert open_cluster.redis("PUBSUB", "SHARDNUMSUB", channel).splitlines() == [channel, "1"]
    for number in range(30):
        clients[number % len(clients)].send("send_message", room=room, content=str(number))
        clients[number % len(clients)].expect("message_sent")
    for client in clients:
        seqs = [frame["seq"] for frame in client.collect("new_message", 30)]
        assert seqs == list(range(seqs[0], seqs[0] + 30))
    for client in clients:
        assert client.heard("new_message") == []
        client.close()
    eventually(lambda: open_cluster.redis("PUBSUB", "SHARDNUMSUB", channel).splitlines() == [channel, "0"])


def test_what_others_do_shows_on_both_loops(open_cluster, gateway, guest):
    alice, bob = guest("alice"), guest("bob")
    room = alice.create_room()
    clients = connect_to_both(open_cluster, gateway, alice)
    for client in clients:
        client.join(room)
    on_b = bob.connect(0)
    on_b.join(room)
    on_b.send("typing_start", room=room)
    for client in clients:
        client.expect("user_joined", user=bob.name)
        client.expect("user_typing", user=bob.name)
    direct = "dm:" + "_".join(sorted((alice.name, bob.name)))
    on_b.say(direct, "hello")
    for client in clients:
        assert client.expect("new_message", room=direct)["data"]["content"] == "hello"
    for client in [*clients, on_b]:
        client.close()


def test_connections_of_a_user_count_on_both_loops_together(open_cluster, guest):
    gateway = open_cluster.spawn("gateway", LOOPS="2", LIMITS="on", MAX_CONNECTIONS_PER_USER="12")
    alice = guest("alice")
    clients = [Client(gateway.url, token=alice.token).greeted() for _ in range(12)]
    assert Client(gateway.url, token=alice.token).closed() == TOO_MANY
    clients.pop().close()
    eventually(lambda: metric(gateway.url, "parley_gateway_connections") == 11)
    clients.append(Client(gateway.url, token=alice.token).greeted())
    for client in clients:
        client.close()
    open_cluster.kill(gateway.name)


def test_the_end_of_a_gateway_is_that_of_both_loops(open_cluster, guest):
    gateway = open_cluster.spawn("gateway", LOOPS="2", DRAIN_SECONDS="2")
    alice = guest("alice")
    clients = connect_to_both(open_cluster, gateway, alice)
    open_cluster.stop(gateway.name)
    for client in clients:
        client.expect("server_draining")
        assert client.closed().reason == "draining"
    for name in (gateway.name, f"{gateway.name}:1"):
        assert open_cluster.redis("EXISTS", f"gw:{name}") == "0"
