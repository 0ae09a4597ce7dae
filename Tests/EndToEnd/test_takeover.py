"""Two instances of history: who writes which partition, and what the other does when one is gone (architecture, step 5)."""

import time

import pytest

from partition import tag
from rest import Service
from waiting import eventually

PATIENCE = 30
TAKE_OVER_SECONDS = 25


def metric(url: str, name: str) -> int:
    """The value that the instance at this address shows."""
    lines = Service(url).get("/metrics").body.decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"parley_history_{name} "))


def leases(url: str) -> int:
    """How many partitions the instance at this address writes."""
    return metric(url, "leases_held")


@pytest.fixture
def second(open_cluster):
    """A second instance, which has its share of the partitions."""
    instance = open_cluster.spawn("history")
    shared(open_cluster, instance)
    yield instance
    instance.stop()
    for name in ("history", "postgres"):
        open_cluster.resume(name)
    eventually(lambda: leases(open_cluster.history_url) == 64, PATIENCE)
    open_cluster.await_ready()


def shared(cluster, instance):
    urls = (cluster.history_url, instance.url)
    eventually(lambda: [leases(url) for url in urls] == [32, 32], PATIENCE, what="each has half")


class Rooms:
    """A sender and rooms of many partitions; what is sent asks to be stored."""

    def __init__(self, cluster, person, count: int = 24):
        self.cluster = cluster
        self.ids = [person.create_room() for _ in range(count)]
        self.client = person.connect(0)
        self.sent = 0
        self.dead = self.dead_letters()

    def say(self, each: int):
        """So many messages to each room, and does not wait for anything."""
        for number in range(each * len(self.ids)):
            room = self.ids[number % len(self.ids)]
            self.client.send("send_message", room=room, content=f"message {number}", ack="stored")
        self.sent += each

    def stored(self, each: int):
        """Returns when so many messages of each room are told to be stored."""
        self.client.collect("message_stored", each * len(self.ids), patience=PATIENCE)

    def are_whole(self):
        """Everything stands in the archive once and in order, and nothing was laid aside."""
        for room in self.ids:
            rows = self.cluster.sql(f"SELECT seq, dead FROM history.messages WHERE room = '{room}' ORDER BY seq")
            assert rows == [[str(number + 1), ""] for number in range(self.sent)], room
            assert self.cluster.redis("ZSCORE", f"{tag(room)}:unstored", room) == ""
        assert self.dead_letters() == self.dead

    def dead_letters(self) -> list[str]:
        return [self.cluster.redis("XLEN", f"{tag(room)}:log:dead") for room in self.ids]


@pytest.fixture
def rooms(open_cluster, guest):
    return Rooms(open_cluster, guest("writer"))


def test_partitions_are_handed_over_in_good_order(open_cluster, second, rooms):
    rooms.say(5)
    open_cluster.stop(second.name)
    start = time.monotonic()
    rooms.say(5)
    rooms.stored(10)
    # One renewal of the other, not the end of a lease.
    assert time.monotonic() - start < 8
    assert leases(open_cluster.history_url) == 64
    open_cluster.start(second.name)
    rooms.say(5)
    shared(open_cluster, second)
    rooms.say(5)
    rooms.stored(10)
    rooms.are_whole()


def test_when_a_history_is_killed_the_other_takes_over(open_cluster, second, rooms):
    rooms.say(10)
    open_cluster.kill(second.name)
    start = time.monotonic()
    rooms.say(10)
    rooms.stored(20)
    took = time.monotonic() - start
    print(f"taken over after {took:.1f} s")
    assert took < TAKE_OVER_SECONDS
    assert leases(open_cluster.history_url) == 64
    rooms.are_whole()


@pytest.mark.parametrize("victim", ["history", "the second"])
def test_a_history_that_is_held_still_and_wakes_up_changes_nothing(open_cluster, second, rooms, victim):
    victim = second.name if victim == "the second" else victim
    rooms.say(10)
    open_cluster.pause(victim)
    start = time.monotonic()
    rooms.say(10)
    rooms.stored(20)
    took = time.monotonic() - start
    print(f"taken over after {took:.1f} s")
    assert took < TAKE_OVER_SECONDS
    rooms.say(10)
    open_cluster.resume(victim)
    rooms.say(10)
    rooms.stored(20)
    rooms.are_whole()
    shared(open_cluster, second)


def test_a_history_outlives_a_redis_that_is_killed(open_cluster, second, rooms):
    rooms.say(5)
    rooms.stored(5)
    open_cluster.kill("redis")
    open_cluster.start("redis")
    open_cluster.await_ready()
    shared(open_cluster, second)
    rooms.client.say(rooms.ids[0], "in a new epoch", ack="stored")
    rooms.client.expect("message_stored", patience=PATIENCE)


def test_a_postgres_that_is_held_still_is_waited_for(open_cluster, second, rooms):
    """No answer is an outage too: the breaker opens, the leases are kept, and what waits is stored in the end."""
    rooms.say(3)
    rooms.stored(3)
    open_cluster.pause("postgres")
    rooms.say(3)
    eventually(lambda: metric(second.url, "postgres_breaker") == 2, PATIENCE, what="the breaker is open")
    assert [leases(url) for url in (open_cluster.history_url, second.url)] == [32, 32]
    assert Service(second.url).get("/readyz").status == 503
    open_cluster.resume("postgres")
    rooms.stored(3)
    rooms.are_whole()
