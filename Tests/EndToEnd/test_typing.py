"""Who is typing (protocol, 4.1)."""

import time


def test_typing_is_told_to_the_others_and_not_to_oneself(pair):
    on_a, on_b, room = pair
    other_device = pair.alice.connect(1)
    other_device.join(room)
    assert on_a.ask("typing_start", "ok", room=room)
    typing = on_b.expect("user_typing")
    assert (typing["room"], typing["user"]) == (room, pair.alice.name)
    assert "seq" not in typing and "id" not in typing
    on_a.send("typing_stop", room=room)
    assert on_b.expect("user_stopped_typing")["user"] == pair.alice.name
    on_b.say(room, "behind")
    for client in (on_a, other_device):
        client.expect("new_message", content="behind")
        assert client.heard("user_typing") == client.heard("user_stopped_typing") == []


def test_typing_ends_by_itself_after_six_seconds(pair):
    on_a, on_b, room = pair
    on_a.send("typing_start", room=room)
    on_b.expect("user_typing")
    began = time.monotonic()
    on_b.expect("user_stopped_typing")
    assert 5 < time.monotonic() - began < 12


def test_typing_takes_no_place_in_the_log(pair):
    on_a, on_b, room = pair
    on_a.send("typing_start", room=room)
    on_b.expect("user_typing")
    assert on_a.say(room, "first")["seq"] == 1
    page = on_b.ask("get_history", "history", room=room)["data"]
    assert [message["type"] for message in page["messages"]] == ["new_message"]


def test_typing_in_a_room_that_is_not_ones_own_is_denied(pair, person):
    stranger = person("eve").connect(0)
    private = pair.alice.create_room("private")
    assert stranger.ask("typing_start", "error", room=private)["data"]["code"] == "room_denied"
