"""What ends or renews a live connection (protocol, 4.3 and 4.5)."""

import time

from client import Client, Closed
from people import Person, claims_of, sign
from rest import is_problem
from waiting import eventually

REVOKED, EXPIRED = Closed(1008, "token_revoked"), Closed(1008, "token_expired")
SOON = 4  # a second, and what a busy machine adds


def test_logout_closes_the_live_connections_of_that_session(cluster, person):
    alice = person("alice")
    clients = [alice.connect(number) for number in (0, 1)]
    login = cluster.web.post("/auth/login", {"username": alice.name, "password": alice.password}).json
    cluster.secrets |= {login["access_token"], login["refresh_token"]}
    elsewhere = Person(cluster, alice.name, login["access_token"]).connect(0)
    assert cluster.web.post("/auth/logout", token=alice.token).status == 204
    began = time.monotonic()
    for client in clients:
        assert client.closed() == REVOKED
    assert time.monotonic() - began < SOON
    elsewhere.ask("ping", "pong")
    is_problem(cluster.web.get("/auth/me", alice.token), 401, "token_revoked")
    is_problem(cluster.web.post("/auth/refresh", {"refresh_token": alice.refresh_token}), 401, "token_revoked")
    assert Client(cluster.gateway_urls[0], token=alice.token).closed() == REVOKED


def test_logging_out_everywhere_closes_every_session(cluster, person):
    alice = person("alice")
    login = cluster.web.post("/auth/login", {"username": alice.name, "password": alice.password}).json
    cluster.secrets |= {login["access_token"], login["refresh_token"]}
    clients = [alice.connect(0), Person(cluster, alice.name, login["access_token"]).connect(1)]
    assert cluster.web.post("/auth/logout-all", token=alice.token).status == 204
    for client in clients:
        assert client.closed() == REVOKED


def test_a_key_that_is_retired_lets_connections_be_and_one_that_is_deleted_ends_them(cluster, person):
    def published():
        answer = cluster.web.get("/.well-known/jwks.json")
        return {key["kid"] for key in answer.json["keys"]} if answer.status == 200 else set()

    alice = person("alice")
    by_ticket = Client(cluster.gateway_urls[1], query={"ticket": alice.ticket()}).greeted()
    clients, before = [alice.connect(0), by_ticket], published()
    cluster.sql("UPDATE auth.signing_keys SET retired_at = now() WHERE retired_at IS NULL")
    cluster.restart("auth")
    eventually(lambda: published() - before, what="another key is published")
    login = cluster.web.post("/auth/login", {"username": alice.name, "password": alice.password}).json
    cluster.secrets |= {login["access_token"], login["refresh_token"]}
    newer = Person(cluster, alice.name, login["access_token"]).connect(0)
    for client in clients:
        client.ask("ping", "pong")
    # All but the newest: whoever holds one of these makes tokens as they like.
    cluster.sql("DELETE FROM auth.signing_keys WHERE retired_at IS NOT NULL")
    cluster.restart("auth")
    for client in clients:
        assert client.closed(patience=15) == Closed(1008, "token_invalid")
    newer.ask("ping", "pong")
    assert Client(cluster.gateway_urls[0], token=alice.token).closed() == Closed(1008, "token_invalid")


def test_who_is_removed_is_told_within_a_second_and_hears_nothing_more(pair):
    on_a, on_b, room = pair
    other = pair.bob.connect(0)
    other.join(room)
    pair.alice.expel(pair.bob, room)
    began = time.monotonic()
    for client in (on_b, other):
        left = client.expect("left")
        assert (left["room"], left["data"]["reason"]) == (room, "removed")
    assert time.monotonic() - began < SOON
    witness = pair.alice.connect(1)
    witness.join(room)
    on_a.say(room, "among ourselves")
    witness.expect("new_message", content="among ourselves")
    for client in (on_b, other):
        assert client.heard("new_message") == []
    refused = on_b.ask("send_message", "message_error", room=room, content="x")["data"]
    assert refused["code"] == "room_denied"
    assert on_b.ask("get_history", "error", room=room)["data"]["code"] == "room_denied"


def test_removal_races_with_messages_and_wins(open_pair):
    """Each message sent after the removal was answered reaches everybody but the removed."""
    on_a, on_b, room = open_pair
    for number in range(20):
        on_a.send("send_message", room=room, content=f"before {number}")
    on_a.collect("message_sent", 20)
    open_pair.alice.expel(open_pair.bob, room)
    for number in range(20):
        on_a.send("send_message", room=room, content=f"after {number}")
    on_a.collect("message_sent", 20)
    on_b.expect("left")
    assert [frame for frame in on_b.heard("new_message") if frame["data"]["content"].startswith("after")] == []


def test_who_leaves_for_good_is_no_member(cluster, pair):
    assert cluster.web.delete(f"/rooms/{pair.room}/members/{pair.bob.name}", pair.bob.token).status == 204
    assert pair.on_b.expect("left")["room"] == pair.room
    refused = pair.on_b.ask("send_message", "message_error", room=pair.room, content="x")["data"]
    assert refused["code"] == "room_denied"


def test_a_token_that_runs_out_is_told_and_closes(guest):
    end = int(time.time()) + 6
    client = guest(exp=end).connect(0)
    expiring = client.expect("token_expiring")["data"]
    assert 0 < expiring["expires_in"] <= 6
    assert client.closed() == EXPIRED
    assert end <= time.time() + 0.1


def test_a_minute_before_the_end_it_is_told(guest):
    client = guest(exp=int(time.time()) + 66).connect(0)
    assert client.heard("token_expiring") == []
    assert 50 <= client.expect("token_expiring")["data"]["expires_in"] <= 60


def test_authenticate_renews_a_live_connection(guest):
    end = int(time.time()) + 8
    alice = guest("alice", exp=end)
    room = alice.create_room()
    client = alice.connect(0)
    client.join(room)
    client.expect("token_expiring")
    later = int(time.time()) + 600
    fresh = sign(claims_of(alice.name) | {"exp": later})
    renewed = client.ask("authenticate", "authenticated", token=fresh)
    assert renewed.get("user", alice.name) == alice.name
    assert renewed["data"]["token_expires_at"] == later * 1000
    eventually(lambda: time.time() > end + 1, what="the first token has ended")
    assert client.say(room, "still here")["seq"] == 1


def test_another_user_cannot_take_over_a_connection(guest):
    alice, eve = guest("alice"), guest("eve")
    client = alice.connect(0)
    client.send("authenticate", token=eve.token)
    closed_or_refused = client.closed()
    assert closed_or_refused == Closed(1008, "token_invalid")


def test_renewing_with_a_wrong_token_closes(guest):
    client = guest().connect(0)
    client.send("authenticate", token="nonsense")
    assert client.closed() == Closed(1008, "token_invalid")


def test_a_token_may_be_good_for_some_rooms_only(guest):
    alice = guest("alice")
    inside, outside = alice.create_room(), alice.create_room()
    narrow = guest("alice", sub=alice.name, rooms=[inside])
    client = narrow.connect(0)
    client.join(inside)
    assert client.ask("join_room", "error", room=outside)["data"]["code"] == "room_denied"
    assert client.ask("send_message", "message_error", room=outside, content="x")["data"]["code"] == "room_denied"


def test_a_renewed_token_for_fewer_rooms_ends_the_others(guest):
    alice, bob = guest("alice"), guest("bob")
    inside, outside = alice.create_room(), alice.create_room()
    client, on_b = alice.connect(0), bob.connect(1)
    for room in (inside, outside):
        client.join(room)
        on_b.join(room)
    narrow = sign(claims_of(alice.name) | {"rooms": [inside]})
    client.ask("authenticate", "authenticated", token=narrow)
    assert client.expect("left", room=outside)["data"] == {"reason": "removed"}
    on_b.expect("user_left", room=outside, user=alice.name)
    on_b.say(outside, "not for this token")
    on_b.say(inside, "for this one")
    client.expect("new_message", content="for this one")
    assert client.heard("new_message") == []


def test_a_room_in_the_address_ends_with_a_token_that_does_not_open_it(guest):
    alice = guest("alice")
    client = alice.connect(0, path=f"/ws/{alice.create_room()}")
    client.expect("joined")
    client.send("authenticate", token=sign(claims_of(alice.name) | {"rooms": []}))
    assert client.closed() == Closed(1008, "room_denied")


def test_name_and_roles_of_who_has_no_password_follow_the_token(guest, open_cluster):
    carol = guest("carol")
    faces = [("Carol", ["member"]), ("Caroline", ["member", "admin"]), ("Carol", ["member"])]
    for name, roles in faces:
        token = sign(claims_of(carol.name) | {"name": name, "roles": roles})
        open_cluster.secrets.add(token)
        me = open_cluster.web.get("/auth/me", token).json
        assert (me["name"], me["roles"]) == (name, roles)
