"""Joining, leaving and coming back (protocol, 4.1 and 4.5)."""

import json
import re

import pytest

from client import Client, Closed

DENIED = Closed(1008, "room_denied")


def heard(client, pair):
    """What a client has heard of the room up to a message that is sent now, that one left out."""
    last = pair.on_a.say(pair.room, "the last one")
    frames = client.until(last["id"])
    assert [frame["type"] for frame in frames] == ["new_message"] * len(frames)
    return [frame["data"]["content"] for frame in frames[:-1]]


def filled(pair, count=5):
    """Messages 1 to `count`; returns what `message_sent` told of each."""
    return [pair.on_a.say(pair.room, f"message {number + 1}") for number in range(count)]


def test_joined_tells_where_the_room_stands(person):
    alice = person("alice")
    room = alice.create_room()
    joined = alice.connect(0).ask("join_room", "joined", room=room)
    assert joined["room"] == room
    data = joined["data"]
    assert set(data) - {"room"} == {"epoch", "seq", "role", "online", "read_seq", "unread"}
    assert re.fullmatch("[a-z0-9]{6,12}", data["epoch"])
    assert (data["seq"], data["role"], data["online"]) == (0, "owner", 1)
    assert (data["read_seq"], data["unread"]) == (None, None)


def test_joining_a_public_room_makes_one_a_member(cluster, person):
    alice, bob = person("alice"), person("bob")
    room = alice.create_room()
    assert bob.connect(1).join(room)["role"] == "member"
    members = cluster.web.get(f"/rooms/{room}/members", bob.token).json
    assert {member["user"]: member["role"] for member in members["members"]} == {
        alice.name: "owner", bob.name: "member",
    }


@pytest.mark.parametrize(("recent", "expected"), [(0, []), (2, [4, 5]), (None, [1, 2, 3, 4, 5])])
def test_recent_messages_follow_joined_in_order(pair, recent, expected):
    filled(pair)
    bob = pair.bob.connect(0)
    options = {} if recent is None else {"recent": recent}
    assert bob.join(pair.room, **options)["seq"] == 5
    assert heard(bob, pair) == [f"message {number}" for number in expected]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"recent": 101}, "recent"), ({"recent": -1}, "recent"), ({"recent": "5"}, "recent"), ({"recent": 1.5}, "recent"),
        ({"since": 5}, "since"), ({"since": {"epoch": "abc"}}, "since"), ({"since": {"epoch": 1, "seq": 1}}, "since"),
        ({"room": None}, "room"), ({"room": 7}, "room"),
    ],
)
def test_a_join_with_a_wrong_field_names_it(pair, data, field):
    answer = pair.on_a.ask("join_room", "error", **({"room": pair.room} | data))["data"]
    assert (answer["code"], answer["retryable"]) == ("invalid_field", False)
    assert answer["field"].split(".")[0] == field


def test_a_private_room_answers_outsiders_as_one_that_does_not_exist(person):
    alice, bob = person("alice"), person("bob")
    secret = alice.create_room("private")
    client = bob.connect(0)
    answers = [client.ask("join_room", "error", room=room)["data"] for room in (secret, "no-such-room", "NO ROOM")]
    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["code"], answers[0]["retryable"]) == ("room_denied", False)
    client.ask("ping", "pong")
    alice.admit(bob, secret)
    assert client.join(secret)["role"] == "member"


def test_a_member_list_that_stays_behind_what_was_told_is_believed_after_a_while(open_cluster, open_pair, guest):
    change = {"room": open_pair.room, "user": "nobody-known", "role": "member", "mv": 1_000, "reason": None}
    carol = guest("carol").connect(0)
    open_cluster.redis("XADD", "control:log", "*", "type", "member", "data", json.dumps(change))
    carol.join(open_pair.room, recent=0)
    # Those who were in are in, and what is decided from now on counts.
    open_pair.on_b.say(open_pair.room, "here")
    for client in (open_pair.on_a, carol):
        client.expect("new_message", content="here")
    guest("dave").connect(0).join(open_pair.room, recent=0)


def test_a_room_in_the_address_that_is_denied_closes(person):
    alice, bob = person("alice"), person("bob")
    secret = alice.create_room("private")
    for room in (secret, "no-such-room", "NO"):
        assert Client(bob.cluster.url, f"/ws/{room}", token=bob.token).greeted().closed() == DENIED


def test_a_room_in_the_address_is_joined_and_may_be_left_out(pair):
    client = pair.bob.connect(path=f"/ws/{pair.room}")
    assert client.expect("joined")["room"] == pair.room
    sent = client.ask("send_message", "message_sent", content="short")
    assert sent["room"] == pair.room
    assert client.expect("new_message", content="short")["seq"] == sent["data"]["seq"]
    assert client.ask("get_history", "history")["room"] == pair.room


def test_a_room_in_the_address_takes_since_and_recent(pair):
    sent = filled(pair)
    client = pair.bob.connect(path=f"/ws/{pair.room}", query={"since": f"{sent[1]['epoch']}:{sent[1]['seq']}"})
    assert client.expect("joined")["data"]["recovered"] is True
    assert heard(client, pair) == ["message 3", "message 4", "message 5"]
    client = pair.bob.connect(path=f"/ws/{pair.room}", query={"recent": "1"})
    assert "recovered" not in client.expect("joined")["data"]
    assert heard(client, pair) == ["the last one"]


@pytest.mark.parametrize(("name", "value"), [("recent", "101"), ("recent", "x"), ("since", "8h2k00"), ("since", "a:-1")])
def test_an_address_with_a_bad_parameter_names_it(pair, name, value):
    client = pair.bob.connect(path=f"/ws/{pair.room}", query={name: value})
    assert client.expect("error")["data"]["field"] == name
    # As after a bad frame, the connection stays, and its room may be left out.
    client.send("join_room")
    assert client.expect("joined")["room"] == pair.room



@pytest.mark.parametrize(
    ("last_seen", "recovered", "numbers"),
    [(3, True, [4, 5]), (5, True, []), (0, True, [1, 2, 3, 4, 5]), (6, False, [4, 5]), (10**15, False, [4, 5])],
)
def test_who_comes_back_gets_what_was_missed(pair, last_seen, recovered, numbers):
    epoch = filled(pair)[0]["epoch"]
    client = pair.bob.connect(0)
    joined = client.join(pair.room, since={"epoch": epoch, "seq": last_seen}, recent=2)
    assert (joined["recovered"], joined["seq"]) == (recovered, 5)
    assert heard(client, pair) == [f"message {number}" for number in numbers]


def test_an_unknown_epoch_is_not_recovered(pair):
    filled(pair)
    client = pair.bob.connect(0)
    assert client.join(pair.room, since={"epoch": "zzzzzz", "seq": 3}, recent=1)["recovered"] is False
    assert heard(client, pair) == ["message 5"]


def test_joining_again_is_answered_again(pair):
    epoch = filled(pair, 3)[0]["epoch"]
    client = pair.bob.connect(0)
    assert client.join(pair.room, recent=1)["seq"] == 3
    client.send("join_room", room=pair.room, since={"epoch": epoch, "seq": 1})
    again = client.expect("joined")["data"]
    assert (again["seq"], again["recovered"]) == (3, True)
    assert heard(client, pair) == ["message 3", "message 2", "message 3"]


def test_who_has_left_hears_nothing_and_may_still_write(pair):
    on_a, on_b, room = pair
    left = on_b.ask("leave_room", "left", room=room)
    assert left["room"] == room and left.get("user", pair.bob.name) == pair.bob.name
    other = pair.bob.connect(1)
    other.join(room)
    on_a.say(room, "unheard")
    other.expect("new_message", content="unheard")  # it has passed this gateway
    assert on_b.heard("new_message") == []
    assert on_b.say(room, "still a member")["seq"] == 2
    assert on_a.expect("new_message", content="still a member")
    assert on_b.heard("new_message") == []


def test_one_need_not_wait_for_joined(person):
    room = person("alice").create_room()
    client = person("bob").connect(1)
    client.send("join_room", id="join", room=room)
    client.send("send_message", id="send", room=room, content="already")
    client.send("typing_start", id="typing", room=room)
    client.send("get_history", id="history", room=room)
    client.send("get_presence", id="presence", room=room)
    client.send("leave_room", id="leave", room=room)
    answers = ("joined", "join"), ("message_sent", "send"), ("ok", "typing"), ("history", "history"), (
        "presence_list", "presence"), ("left", "leave")
    for kind, tag in answers:
        client.expect(kind, reply_to_id=tag)


def test_a_room_in_the_address_may_be_written_to_at_once(person):
    room = person("alice").create_room()
    bob = person("bob")
    client = Client(bob.cluster.url, f"/ws/{room}", token=bob.token)
    client.send("send_message", content="already")
    assert client.expect("message_sent")["data"]["seq"] == 1
    assert client.expect("new_message")["data"]["content"] == "already"


def test_leaving_at_once_ends_the_joining(pair):
    client = pair.bob.connect(0)
    client.send("join_room", room=pair.room)
    client.ask("leave_room", "left", room=pair.room)
    last = pair.on_a.say(pair.room, "unheard")
    pair.on_b.until(last["id"])
    assert client.heard("new_message") == []


def test_one_connection_may_be_in_many_rooms(person):
    alice = person("alice")
    rooms = [alice.create_room() for _ in range(4)]
    client, writer = alice.connect(0), alice.connect(1)
    for room in rooms:
        client.join(room)
    for number, room in enumerate(rooms):
        writer.say(room, f"for {number}")
    for number, room in enumerate(rooms):
        assert client.expect("new_message", room=room)["data"]["content"] == f"for {number}"


LARGE = "\N{PILE OF POO}" * 4_000  # 16 KB: a hundred of them are more than may wait for a reader


def test_recent_messages_may_be_more_than_the_queue_holds(open_pair):
    filled_with(open_pair, LARGE, 100)
    bob = open_pair.bob.connect(0)
    bob.join(open_pair.room, recent=100)
    assert [frame["seq"] for frame in bob.collect("new_message", 100)] == list(range(1, 101))
    assert open_pair.on_a.say(open_pair.room, "live again")["seq"] == 101
    bob.expect("new_message", content="live again")


@pytest.mark.parametrize(("content", "count"), [("x" * 1_800, 400), (LARGE, 150)], ids=["many", "large"])
def test_what_was_missed_may_be_more_than_the_queue_holds(open_pair, content, count):
    since = {"epoch": open_pair.on_a.say(open_pair.room, "seen")["epoch"], "seq": 1}
    filled_with(open_pair, content, count)
    bob = open_pair.bob.connect(0)
    assert bob.join(open_pair.room, since=since)["recovered"] is True
    assert [frame["seq"] for frame in bob.collect("new_message", count)] == list(range(2, count + 2))
    open_pair.on_a.say(open_pair.room, "live again")
    assert bob.expect("new_message", content="live again")["seq"] == count + 2


def filled_with(pair, content, count):
    """Sends so many, no more of them at once than may wait on one connection."""
    for start in range(0, count, 25):
        for _ in range(start, min(start + 25, count)):
            pair.on_a.send("send_message", room=pair.room, content=content)
        pair.on_a.collect("message_sent", min(25, count - start))
