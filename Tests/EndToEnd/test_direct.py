"""Direct messages (protocol, 4.5)."""

from contextlib import contextmanager

from people import new_name
from waiting import eventually


def dm(*people):
    return "dm:" + "_".join(sorted(person.name for person in people))


@contextmanager
def recent_refused(cluster):
    """Redis refuses what a join that asks for `recent` reads: it is tried again, and fails in the end."""
    cluster.redis("ACL", "SETUSER", "default", "-xrevrange")
    try:
        yield
    finally:
        cluster.redis("ACL", "SETUSER", "default", "+xrevrange")


@contextmanager
def notices_refused(cluster):
    """Redis refuses what is told of direct messages: it is told again until it is taken."""
    cluster.redis("ACL", "SETUSER", "default", "resetkeys", "~*[^t]", "~*[^c]t")
    try:
        yield
    finally:
        cluster.redis("ACL", "SETUSER", "default", "allkeys")


def redis_milliseconds(cluster):
    seconds, microseconds = map(int, cluster.redis("TIME").split())
    return seconds * 1_000 + microseconds // 1_000


def contents(frames):
    return [(frame["seq"], frame["data"]["content"]) for frame in frames]


def join_and_hear(listener, writer, room):
    """Begins a join, `j`; two messages come while it is under way."""
    listener.send("join_room", id="j", room=room, recent=10)
    listener.ask("ping", "pong")
    for number in range(2):
        writer.ask("send_message", "message_sent", room=room, content=str(number))


def test_a_direct_message_reaches_every_device_of_both_without_joining(person):
    alice, bob = person("alice"), person("bob")
    writer, others = alice.connect(0), [alice.connect(1), bob.connect(0), bob.connect(1)]
    sent = writer.ask("send_message", "message_sent", to=bob.name, content="psst", client_msg_id="k")
    assert sent["room"] == dm(alice, bob)
    for client in (writer, *others):
        message = client.expect("new_message")
        assert (message["room"], message["user"]) == (sent["room"], alice.name)
        assert (message["id"], message["seq"]) == (sent["data"]["id"], 1)
    answer = others[1].ask("send_message", "message_sent", to=alice.name, content="yes")
    assert (answer["room"], answer["data"]["seq"]) == (sent["room"], 2)
    for client in (writer, *others):
        assert client.expect("new_message")["data"]["content"] == "yes"


def test_in_a_direct_room_those_count_as_online_who_have_joined_it(person):
    alice, bob = person("alice"), person("bob")
    on_a, on_b = alice.connect(0), bob.connect(1)
    room = on_a.ask("send_message", "message_sent", to=bob.name, content="psst")["room"]
    on_b.expect("new_message", content="psst")
    there = on_a.ask("get_presence", "presence_list", room=room)["data"]
    assert (there["users"], there["online"]) == ([], 0)
    (other,) = on_a.ask("get_presence", "presence_list", users=[bob.name])["data"]["users"]
    assert other["status"] == "online"
    on_b.join(room)
    there = on_a.ask("get_presence", "presence_list", room=room)["data"]
    assert ([user["user"] for user in there["users"]], there["online"]) == ([bob.name], 1)


def test_several_direct_messages_arrive_once_each_and_in_order(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    writer, listener = alice.connect(0), bob.connect(1)
    for number in range(50):
        writer.send("send_message", to=bob.name, content=str(number))
    heard = listener.collect("new_message", 50)
    assert [frame["seq"] for frame in heard] == list(range(1, 51))
    assert [frame["data"]["content"] for frame in heard] == [str(number) for number in range(50)]
    assert listener.heard("new_message") == []


def test_who_was_lost_is_heard_for_a_while_and_no_longer(cluster, person):
    alice, bob = person("alice"), person("bob")
    channel = f"{{u:{alice.name}}}"

    def listeners():
        return int(cluster.redis("PUBSUB", "SHARDNUMSUB", channel).splitlines()[1])

    writer = bob.connect(1)
    for number in range(4):
        client = alice.connect(0)
        writer.ask("send_message", "message_sent", to=alice.name, content=f"welcome back {number}")
        client.expect("new_message", content=f"welcome back {number}")
        client.drop()
        # Whoever comes back now is heard of without another subscription.
        assert listeners() == 1
    eventually(lambda: listeners() == 0, patience=30)
    client = alice.connect(0)
    eventually(lambda: listeners() == 1)
    client.close()
    eventually(lambda: listeners() == 0)


def test_a_direct_room_may_be_joined_before_the_first_message(person):
    alice, bob = person("alice"), person("bob")
    client = alice.connect(0)
    assert client.join(dm(alice, bob))["seq"] == 0
    bob.connect(1).say(dm(alice, bob), "hello")
    assert client.expect("new_message")["seq"] == 1
    assert client.heard("new_message") == []


def test_who_looks_for_a_direct_room_of_others_makes_none(cluster, person):
    alice, bob, eve = person("alice"), person("bob"), person("eve")
    room = dm(alice, bob)
    for path in (f"/history/rooms/{room}/messages", f"/presence/rooms/{room}", f"/rooms/{room}", f"/rooms/{room}/members"):
        assert cluster.web.get(path, eve.token).status == 404, path
    assert all(room != each["id"] for each in cluster.web.get("/rooms", alice.token).json["rooms"])
    assert cluster.redis("--scan", "--pattern", f"*{room}*") == ""


def test_who_looks_into_a_direct_room_that_nobody_has_used_makes_none(cluster, person):
    alice, bob = person("alice"), person("bob")
    room = dm(alice, bob)
    page = cluster.web.get(f"/history/rooms/{room}/messages", alice.token).json
    assert (page["messages"], page["complete"]) == ([], True)
    people = cluster.web.get(f"/presence/rooms/{room}", bob.token).json
    assert (people["users"], people["online"]) == ([], 0)
    client = alice.connect(0)
    assert client.ask("get_history", "history", room=room)["data"]["messages"] == []
    assert client.ask("get_presence", "presence_list", room=room)["data"]["users"] == []
    absent = "dm:" + "_".join(sorted((alice.name, new_name("nobody"))))
    assert cluster.web.get(f"/history/rooms/{absent}/messages", alice.token).status == 404
    assert client.ask("get_history", "error", room=absent)["data"]["code"] == "room_denied"
    assert all(room != each["id"] for each in cluster.web.get("/rooms", alice.token).json["rooms"])
    assert cluster.redis("--scan", "--pattern", f"*{room}*") == ""
    client.ask("send_message", "message_sent", to=bob.name, content="hello")
    assert len(client.ask("get_history", "history", room=room)["data"]["messages"]) == 1


def test_one_may_write_to_oneself(person):
    alice = person("alice")
    client, other = alice.connect(0), alice.connect(1)
    sent = client.ask("send_message", "message_sent", to=alice.name, content="note")
    assert sent["room"] == f"dm:{alice.name}_{alice.name}"
    for device in (client, other):
        assert device.expect("new_message")["data"]["content"] == "note"


def test_nobody_cannot_be_written_to(person):
    client = person("alice").connect(0)
    for name in (new_name("nobody"), "No Handle"):
        refused = client.ask("send_message", "message_error", to=name, content="x", client_msg_id="k")["data"]
        assert (refused["code"], refused["retryable"], refused["client_msg_id"]) == ("user_not_found", False, "k")


def test_a_direct_room_is_for_its_two_only(person):
    alice, bob, eve = person("alice"), person("bob"), person("eve")
    alice.connect(0).ask("send_message", "message_sent", to=bob.name, content="secret")
    client = eve.connect(1)
    assert client.ask("join_room", "error", room=dm(alice, bob))["data"]["code"] == "room_denied"
    assert client.ask("get_history", "error", room=dm(alice, bob))["data"]["code"] == "room_denied"
    refused = client.ask("send_message", "message_error", room=dm(alice, bob), content="x")
    assert refused["data"]["code"] == "room_denied"
    assert client.heard("new_message") == []


def test_who_was_away_finds_direct_messages_in_the_history(person):
    alice, bob = person("alice"), person("bob")
    alice.connect(0).ask("send_message", "message_sent", to=bob.name, content="for later")
    page = bob.connect(1).ask("get_history", "history", room=dm(alice, bob))["data"]
    assert [message["data"]["content"] for message in page["messages"]] == ["for later"]


def test_a_direct_message_reaches_a_device_whose_gateway_does_not_hear_just_now(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    writer, _ = alice.connect(0), bob.connect(0)
    # Auth has loaded the room; of it the other gateway knows nothing.
    writer.ask("send_message", "message_sent", to=bob.name, content="before")
    listener = bob.connect(1)
    open_cluster.redis("ACL", "SETUSER", "default", "-ssubscribe")
    try:
        open_cluster.redis("CLIENT", "KILL", "TYPE", "pubsub")
        for number in range(2):
            writer.ask("send_message", "message_sent", to=bob.name, content=f"unheard {number}")
    finally:
        open_cluster.redis("ACL", "SETUSER", "default", "+ssubscribe")
    heard = []
    while "unheard 1" not in heard:
        heard.append(listener.expect("new_message")["data"]["content"])
    # What was said a few milliseconds before it came may be among them.
    assert [text for text in heard if text != "before"] == ["unheard 0", "unheard 1"]
    writer.ask("send_message", "message_sent", to=bob.name, content="after")
    assert listener.expect("new_message")["data"]["content"] == "after"


def test_a_join_that_fails_leaves_a_direct_room_followed(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    writer, listener = alice.connect(0), bob.connect(1)
    room = writer.ask("send_message", "message_sent", to=bob.name, content="before")["room"]
    assert listener.expect("new_message")["data"]["content"] == "before"
    writer.join(room, recent=0)
    with recent_refused(open_cluster):
        refused = listener.ask("join_room", "error", room=room, recent=1)["data"]
    assert (refused["code"], refused["retryable"]) == ("bus_unavailable", True)
    # Of typing tells no notice: it comes to those who follow.
    writer.ask("typing_start", "ok", room=room)
    assert listener.expect("user_typing")["user"] == alice.name


def test_what_comes_during_a_join_that_fails_is_heard_all_the_same(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    writer, listener = alice.connect(0), bob.connect(1)
    room = dm(alice, bob)
    writer.join(room, recent=0)
    # Nothing of it can be followed before the join has failed: nobody told this connection of anything yet.
    with recent_refused(open_cluster):
        join_and_hear(listener, writer, room)
        refused = listener.expect("error", reply_to_id="j")["data"]
    assert refused["code"] == "bus_unavailable"
    heard = listener.collect("new_message", 2)
    assert [(frame["seq"], frame["data"]["content"]) for frame in heard] == [(1, "0"), (2, "1")]
    writer.ask("typing_start", "ok", room=room)
    assert listener.expect("user_typing")["user"] == alice.name


def test_what_comes_during_a_join_comes_once(open_cluster, guest):
    """The join is held up until the messages are there; then the room gives them, and nobody else."""
    alice, bob = guest("alice"), guest("bob")
    writer, listener = alice.connect(0), bob.connect(1)
    room = dm(alice, bob)
    writer.join(room, recent=0)
    with recent_refused(open_cluster):
        join_and_hear(listener, writer, room)
    listener.expect("joined", reply_to_id="j")
    writer.ask("send_message", "message_sent", room=room, content="2")
    heard = listener.collect("new_message", 3)
    assert [(frame["seq"], frame["data"]["content"]) for frame in heard] == [(1, "0"), (2, "1"), (3, "2")]
    assert listener.heard("new_message") == []


def test_direct_messages_come_in_order_where_the_first_is_told_of_last(open_cluster, guest):
    """Each was accepted by another gateway; the one that has to tell of the first stands still for a while."""
    alice, bob = guest("alice"), guest("bob")
    first, second, listener = alice.connect(0), bob.connect(1), bob.connect(1)
    with notices_refused(open_cluster):
        first.ask("send_message", "message_sent", to=bob.name, content="first")
        second.ask("send_message", "message_sent", to=alice.name, content="second")
        open_cluster.pause("gateway-1")
    try:
        heard = listener.collect("new_message", 2)
    finally:
        open_cluster.resume("gateway-1")
    assert contents(heard) == [(1, "first"), (2, "second")]
    # Its own notices come through now, and tell nobody anything new.
    heard_by_the_first = first.collect("new_message", 2)
    assert contents(heard_by_the_first) == contents(heard)
    eventually(lambda: open_cluster.redis("XLEN", f"{{u:{bob.name}}}:direct") == "2")
    first.ask("send_message", "message_sent", to=bob.name, content="third")
    assert contents([listener.expect("new_message")]) == [(3, "third")]
    assert listener.heard("new_message") == []


def test_who_has_left_a_direct_room_is_not_given_a_message_again(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    writer, listener = alice.connect(0), bob.connect(1)
    room = dm(alice, bob)
    listener.join(room)
    writer.ask("send_message", "message_sent", to=bob.name, content="once", client_msg_id="k")
    assert contents([listener.expect("new_message")]) == [(1, "once")]
    listener.ask("leave_room", "left", room=room)
    again = writer.ask("send_message", "message_sent", to=bob.name, content="once", client_msg_id="k")
    assert again["data"]["duplicate"] is True
    writer.ask("send_message", "message_sent", to=bob.name, content="next")
    assert contents([listener.expect("new_message")]) == [(2, "next")]
    assert listener.heard("new_message") == []


def test_what_was_said_before_a_device_came_is_not_given_to_it(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    writer, _ = alice.connect(0), bob.connect(0)
    early = writer.ask("send_message", "message_sent", to=bob.name, content="early")
    # What was said within a second before somebody came may be told to them.
    eventually(lambda: redis_milliseconds(open_cluster) > early["data"]["ts"] + 2_000)
    listener = bob.connect(1)
    writer.ask("send_message", "message_sent", to=bob.name, content="late")
    assert contents([listener.expect("new_message")]) == [(2, "late")]
    assert listener.heard("new_message") == []
