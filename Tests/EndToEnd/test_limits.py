"""How much one may send (protocol, 4.2 and 4.5)."""

import pytest

from client import Client, Closed
from waiting import eventually

LIMIT = 10
ANSWERS = {"get_history": "history", "get_presence": "presence_list"}
TOO_MANY = Closed(1008, "too_many_connections")


def test_ten_messages_pass_and_the_eleventh_is_told_when(pair):
    on_a, on_b, room = pair
    for number in range(LIMIT):
        on_a.say(room, f"{number}", client_msg_id=f"k-{number}")
    refused = pair.alice.connect(1).ask("send_message", "rate_limit_exceeded", room=room, content="x", client_msg_id="k")
    assert refused["room"] == room
    data = refused["data"]
    assert set(data) == {"error", "scope", "rate_limit_info", "retry_after_ms", "client_msg_id"}
    assert (data["scope"], data["client_msg_id"]) == ("user", "k")
    info = data["rate_limit_info"]
    assert set(info) == {"messages_sent", "max_messages", "time_until_reset"}
    assert (info["messages_sent"], info["max_messages"]) == (LIMIT, LIMIT)
    assert 40 < info["time_until_reset"] <= 60
    assert 40_000 < data["retry_after_ms"] <= 60_000
    # Others are not held up, and what was refused is nowhere.
    assert on_b.say(room, "unaffected")["seq"] == LIMIT + 1
    # A duplicate of what was accepted costs nothing and is answered still.
    assert on_a.say(room, "3", client_msg_id="k-3")["duplicate"] is True
    # Direct messages count for the same limit.
    assert on_a.ask("send_message", "rate_limit_exceeded", to=pair.bob.name, content="x")["data"]["scope"] == "user"


def test_duplicates_and_refusals_cost_nothing(pair):
    on_a, _, room = pair
    on_a.say(room, "same", client_msg_id="k")
    for _ in range(LIMIT + 5):
        assert on_a.say(room, "same", client_msg_id="k")["duplicate"] is True
        on_a.ask("send_message", "message_error", room="no-such-room", content="x")
        on_a.ask("send_message", "message_error", room=room, content="other", client_msg_id="k")
    for number in range(LIMIT - 1):
        on_a.say(room, f"{number}")
    on_a.ask("send_message", "rate_limit_exceeded", room=room, content="one too many")


def test_a_burst_of_many_devices_passes_the_limit_nowhere(pair):
    room = pair.room
    devices = [pair.alice.connect(number % 2) for number in range(4)]
    for number in range(8):
        for device in devices:
            device.send("send_message", room=room, content=f"{number}")
    for device in devices:
        eventually(lambda device=device: len(device.heard("message_sent") + device.heard("rate_limit_exceeded")) == 8)
    assert sum(len(device.heard("message_sent")) for device in devices) == LIMIT
    assert len(pair.on_b.heard("new_message")) == LIMIT


def test_a_user_may_have_sixteen_connections(person):
    alice = person("alice")
    held = [alice.connect(0) for _ in range(16)]
    assert Client(alice.cluster.gateway_urls[0], token=alice.token).closed() == TOO_MANY
    held[0].close()
    alice.connect(0)


def test_a_connection_may_be_in_a_hundred_rooms(person):
    alice = person("alice")
    rooms = [alice.create_room() for _ in range(101)]
    client = alice.connect(0)
    for room in rooms[:100]:
        client.send("join_room", room=room, recent=0)
    client.collect("joined", 100)
    refused = client.ask("join_room", "error", room=rooms[100])["data"]
    assert (refused["code"], refused["retryable"]) == ("too_many_rooms", False)
    client.ask("leave_room", "left", room=rooms[0])
    client.join(rooms[100])


@pytest.mark.parametrize("kind", ["get_history", "get_presence"])
def test_who_asks_without_end_does_not_hold_up_others(pair, kind):
    on_a, on_b, room = pair
    count = 5_000
    for number in range(count):
        on_a.send(kind, id=number, room=room)
    assert on_b.ask("get_history", "history", room=room)["data"]["messages"] == []
    refused = on_a.expect("error")["data"]
    assert (refused["code"], refused["retryable"]) == ("overloaded", True)
    # Each is answered, one way or the other, and then it may ask again.
    eventually(lambda: len(on_a.heard("error")) + len(on_a.heard(ANSWERS[kind])) == count - 1)
    on_a.ask(kind, ANSWERS[kind], room=room)


def test_limits_can_be_lifted(open_pair):
    on_a, _, room = open_pair
    for number in range(LIMIT * 4):
        on_a.send("send_message", room=room, content=f"{number}")
    on_a.collect("message_sent", LIMIT * 4)
    assert on_a.heard("rate_limit_exceeded") == []


def test_thousands_refused_at_once_are_each_answered(pair):
    on_a, on_b, room = pair
    count = 2_000
    for number in range(count):
        on_a.send("send_message", room=room, content="x")
    assert len(on_a.collect("rate_limit_exceeded", count - LIMIT)) == count - LIMIT
    assert len(on_a.collect("message_sent", LIMIT)) == LIMIT
    on_b.ask("ping", "pong")
