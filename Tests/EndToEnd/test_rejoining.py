"""The rooms of a login session, for those who come back without naming them (protocol, 4.5)."""

import time
import uuid

import pytest

from waiting import eventually

HOUR = 3_600


@pytest.fixture
def all_running(open_cluster):
    """Whatever a test has killed is started again."""
    yield
    for name, process in open_cluster.processes().items():
        if process["state"] != "running":
            open_cluster.start(name)
    open_cluster.await_ready()


@pytest.fixture
def alice(guest):
    """Somebody whose login session the test knows: `key` is where it stands in Redis."""
    session = uuid.uuid4().hex
    person = guest("alice", sid=session)
    person.key = f"{{u:{person.name}}}:s:{session}"
    return person


def joined_rooms(person, count=2, gateway=0):
    """New rooms, joined on a connection that ends; sorted."""
    client = person.connect(gateway)
    rooms = sorted(person.create_room() for _ in range(count))
    for room in reversed(rooms):
        client.join(room)
    client.close()
    return rooms


def told(person, gateway=1):
    """What `connected` tells of the session's rooms."""
    client = person.connect(gateway)
    client.close()
    return client.connected["data"]["rooms"]


def rejoined(person, gateway=1, **query):
    return person.connect(gateway, query={"rejoin": "true"} | query)


def test_another_gateway_tells_the_rooms_and_joins_none_unasked(alice):
    assert told(alice, 0) == []
    rooms = joined_rooms(alice)
    client = alice.connect(1)
    assert client.connected["data"]["rooms"] == rooms
    assert client.heard("joined") == []


def test_rejoining_joins_them_at_once_and_they_are_live(alice, guest):
    rooms = [*joined_rooms(alice), "dm:" + "_".join(sorted([alice.name, (bob := guest("bob")).name]))]
    bob.connect(0).say(rooms[-1], "hello")
    alice.connect(0).join(rooms[-1])
    client = rejoined(alice)
    assert client.connected["data"]["rooms"] == sorted(rooms)
    assert sorted(frame["room"] for frame in client.collect("joined", 3)) == sorted(rooms)
    for frame in client.pending:
        assert (frame["type"], frame.get("room")) == ("new_message", rooms[-1])
    other = bob.connect(0)
    for room in rooms[:-1]:
        other.join(room)
    for room in rooms:
        client.expect("new_message", id=other.say(room, "are you back?")["id"])


@pytest.mark.parametrize(("recent", "expected"), [(None, ["one", "two"]), ("1", ["two"]), ("0", [])])
def test_recent_messages_follow_as_after_a_join(alice, recent, expected):
    (room,) = joined_rooms(alice, 1)
    writer = alice.connect(0)
    writer.join(room)
    for text in ("one", "two"):
        writer.say(room, text)
    client = rejoined(alice, **({} if recent is None else {"recent": recent}))
    client.expect("joined", room=room)
    last = writer.say(room, "last")
    assert [frame["data"]["content"] for frame in client.until(last["id"])[:-1]] == expected


@pytest.mark.parametrize(("query", "field"), [({"rejoin": "1"}, "rejoin"), ({"rejoin": "true", "recent": "x"}, "recent")])
def test_a_malformed_wish_is_told_and_nothing_is_joined(alice, query, field):
    rooms = joined_rooms(alice, 1)
    client = alice.connect(1, query=query)
    assert client.connected["data"]["rooms"] == rooms
    assert client.expect("error")["data"]["field"] == field
    assert client.heard("joined") == []


def test_a_room_that_was_left_is_not_told(alice):
    first, second = joined_rooms(alice)
    client = alice.connect(0)
    # Left where it had not been joined: it is the session that leaves.
    client.ask("leave_room", "left", room=first)
    assert told(alice) == [second]


def test_it_survives_the_gateway_it_was_joined_on(alice, open_cluster, all_running):
    room = alice.create_room()
    client = alice.connect(0)
    client.join(room)
    open_cluster.kill("gateway-1")
    assert told(alice, 1) == [room]
    assert rejoined(alice, 1).expect("joined")["room"] == room


def test_it_is_kept_for_an_hour(alice, open_cluster):
    joined_rooms(alice, 1)
    # A live connection states its rooms each ten minutes: whenever it ends, an hour is left.
    assert HOUR < int(open_cluster.redis("TTL", alice.key)) <= HOUR + 600
    open_cluster.redis("PEXPIRE", alice.key, "1")
    eventually(lambda: told(alice) == [])


def test_two_sessions_of_one_user_do_not_mix(alice, guest):
    rooms = joined_rooms(alice)
    other = guest("alice", sub=alice.name)
    assert told(other) == []
    assert joined_rooms(other, 1) == told(other)
    assert told(alice) == rooms


def test_a_token_without_a_session_has_no_rooms_to_come_back_to(guest):
    person = guest("carol", sid=None)
    joined_rooms(person)
    assert told(person) == []


def test_a_token_for_some_rooms_is_told_of_those_only(alice, guest):
    first, second = joined_rooms(alice)
    narrow = guest("alice", sub=alice.name, sid=alice.key.rsplit(":", 1)[1], rooms=[second])
    assert told(narrow) == [second]
    client = rejoined(narrow)
    assert client.expect("joined")["room"] == second
    assert client.heard("joined") == client.heard("error") == []
    assert told(alice) == [first, second]


def test_one_who_was_removed_while_away_is_told_once(alice, guest):
    owner = guest("owner")
    assert told(alice) == []
    private = owner.create_room("private", (alice,))
    watch = owner.connect(0)
    watch.join(private)
    client = alice.connect(0)
    client.join(private)
    client.close()
    watch.expect("user_left", user=alice.name)
    owner.expel(alice, private)
    client = rejoined(alice)
    assert client.connected["data"]["rooms"] == [private]
    refused = client.expect("error")
    assert (refused["room"], refused["data"]["code"]) == (private, "room_denied")
    assert told(alice) == []


def test_one_who_is_put_out_does_not_come_back(alice, guest):
    owner = guest("owner")
    assert told(alice) == []
    private = owner.create_room("private", (alice,))
    client = alice.connect(0)
    client.join(private)
    owner.expel(alice, private)
    assert client.expect("left", room=private)["data"]["reason"] == "removed"
    eventually(lambda: told(alice) == [])


def test_the_rooms_are_as_many_as_one_connection_may_join(alice, open_cluster):
    """Redis is filled by hand: joining takes its time."""
    names = [f"room-{number:03}" for number in range(150)]
    open_cluster.redis("HSET", alice.key, *(word for age, name in enumerate(names) for word in (name, str(age))))
    assert told(alice) == names[50:]
    eventually(lambda: int(open_cluster.redis("HLEN", alice.key)) == 100)


def test_without_redis_one_is_let_in_at_once_and_told_of_no_rooms(alice, open_cluster, all_running):
    joined_rooms(alice, gateway=0)
    open_cluster.pause("redis")
    try:
        began = time.monotonic()
        assert told(alice, 0) == []
        # Who waited for Redis would wait five seconds.
        assert time.monotonic() - began < 4.5
    finally:
        open_cluster.resume("redis")
    eventually(lambda: len(told(alice)) == 2)


def test_what_was_left_while_redis_was_away_is_not_joined_again(alice, open_cluster, all_running):
    first, second = sorted(alice.create_room() for _ in range(2))
    client = alice.connect(0)
    for room in (first, second):
        client.join(room)
    open_cluster.kill("redis")
    client.ask("leave_room", "left", room=first)
    open_cluster.start("redis")
    open_cluster.await_ready()
    eventually(lambda: told(alice) == [second])


def test_a_live_connection_states_its_rooms_to_a_redis_that_has_lost_them(alice, open_cluster, all_running):
    room = alice.create_room()
    client = alice.connect(0)
    client.join(room)
    open_cluster.redis("DEL", alice.key)
    assert told(alice) == []
    open_cluster.restart("redis")
    eventually(lambda: told(alice) == [room], 20)
