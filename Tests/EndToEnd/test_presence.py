"""Who is there (protocol, 4.2 and 4.5)."""

import json
import time

from waiting import eventually

OFFLINE = {"status": "offline", "last_seen": None, "text": None}


def users(answer):
    return {entry["user"]: entry for entry in answer["data"]["users"]}


def test_a_user_joins_and_leaves_once_whatever_the_number_of_devices(person):
    alice, bob = person("alice"), person("bob")
    room = alice.create_room()
    watcher = alice.connect(0)
    assert watcher.join(room)["online"] == 1
    phone, laptop = bob.connect(0), bob.connect(1)
    assert phone.join(room)["online"] == 2
    joined = watcher.expect("user_joined")
    assert (joined["room"], joined["user"]) == (room, bob.name) and "seq" not in joined
    assert laptop.join(room)["online"] == 2
    phone.ask("leave_room", "left", room=room)
    laptop.say(room, "behind")
    watcher.expect("new_message", content="behind")
    assert watcher.heard("user_joined") == watcher.heard("user_left") == []
    laptop.ask("leave_room", "left", room=room)
    assert watcher.expect("user_left")["user"] == bob.name
    assert watcher.ask("get_presence", "presence_list", room=room)["data"]["online"] == 1


def test_one_does_not_get_ones_own_joining(pair):
    on_a, on_b, room = pair
    assert on_a.expect("user_joined")["user"] == pair.bob.name
    other = pair.bob.connect(0)
    other.join(room)
    on_a.say(room, "behind")
    for client in (on_b, other):
        client.expect("new_message", content="behind")
        assert client.heard("user_joined", user=pair.bob.name) == []


def test_who_closes_has_left_at_once(pair):
    on_a, on_b, room = pair
    began = time.monotonic()
    on_b.close()
    assert on_a.expect("user_left")["room"] == room
    # Not as who was lost.
    assert time.monotonic() - began < 4.5


def test_who_was_lost_has_left_after_five_seconds(pair):
    on_a, on_b, room = pair
    began = time.monotonic()
    on_b.drop()
    assert on_a.expect("user_left", patience=30)["user"] == pair.bob.name
    assert 4 < time.monotonic() - began < 15


def test_who_is_back_within_five_seconds_never_left(pair):
    on_a, on_b, room = pair
    on_a.expect("user_joined")
    on_b.drop()
    back = pair.bob.connect(0)
    back.join(room)
    # Longer than the five seconds, told by typing that ends after six.
    back.send("typing_start", room=room)
    on_a.expect("user_stopped_typing")
    assert on_a.heard("user_left") == on_a.heard("user_joined") == []


def test_a_room_lists_who_is_online(pair, person):
    on_a, _, room = pair
    pair.alice.admit(person("away"), room)
    answer = on_a.ask("get_presence", "presence_list", room=room)
    assert answer["room"] == room
    assert set(users(answer)) == {pair.alice.name, pair.bob.name}
    assert users(answer)[pair.bob.name] == {
        "user": pair.bob.name, "status": "online", "last_seen": None, "text": None,
    }
    assert (answer["data"]["online"], answer["data"]["complete"]) == (2, True)


def test_users_are_told_of_those_who_share_a_room(pair, person):
    on_a, on_b, room = pair
    stranger = person("eve")
    stranger.connect(0)
    names = [pair.bob.name, stranger.name, "nobody-at-all"]
    found = users(on_a.ask("get_presence", "presence_list", users=names))
    assert found[pair.bob.name]["status"] == "online"
    for name in names[1:]:
        assert found[name] == {"user": name} | OFFLINE
    on_b.close()
    gone = eventually(
        lambda: (entry := users(on_a.ask("get_presence", "presence_list", users=names))[pair.bob.name])["status"] == "offline" and entry
    )
    assert abs(gone["last_seen"] - time.time() * 1000) < 20_000


def test_who_is_named_twice_is_one(pair):
    on_a, _, _ = pair
    answer = on_a.ask("get_presence", "presence_list", users=[pair.bob.name, pair.alice.name, pair.bob.name])
    assert [entry["user"] for entry in answer["data"]["users"]] == [pair.bob.name, pair.alice.name]
    assert answer["data"]["online"] == 2


def test_presence_is_denied_to_outsiders(pair, person):
    private = pair.alice.create_room("private")
    client = person("eve").connect(0)
    assert client.ask("get_presence", "error", room=private)["data"]["code"] == "room_denied"
    answer = client.ask("get_presence", "error")["data"]
    assert (answer["code"], answer["field"]) == ("invalid_field", "room")


def test_presence_is_there_for_anyone_to_read_in_redis(cluster, pair):
    key = f"presence:user:{pair.bob.name}"
    stored = eventually(lambda: json.loads(cluster.redis("GET", key) or "null"))
    assert (stored["user"], stored["status"]) == (pair.bob.name, "online")
    assert 0 < int(cluster.redis("TTL", key)) <= 86_400
    pair.on_b.close()
    eventually(lambda: json.loads(cluster.redis("GET", key))["status"] == "offline")


def test_who_left_while_redis_refused_it_is_offline_in_the_end(cluster, pair):
    devices, status = f"{{u:{pair.bob.name}}}:devices", f"presence:user:{pair.bob.name}"
    eventually(lambda: json.loads(cluster.redis("GET", status) or "{}").get("status") == "online")
    cluster.redis("SET", devices, "nothing that could be written to")
    pair.on_b.close()
    pair.on_a.expect("user_left", user=pair.bob.name)
    cluster.redis("DEL", devices)
    eventually(lambda: json.loads(cluster.redis("GET", status))["status"] == "offline", 15)


def test_presence_by_rest(cluster, pair):
    answer = cluster.web.get(f"/presence/users?ids={pair.bob.name},nobody-at-all", pair.alice.token)
    assert answer.status == 200
    found = {entry["user"]: entry for entry in answer.json["users"]}
    assert found[pair.bob.name]["status"] == "online"
    assert found["nobody-at-all"] == {"user": "nobody-at-all"} | OFFLINE
    room = cluster.web.get(f"/presence/rooms/{pair.room}", pair.alice.token).json
    assert {entry["user"] for entry in room["users"]} == {pair.alice.name, pair.bob.name}
    assert cluster.web.get("/presence/users?ids=a").status == 401
