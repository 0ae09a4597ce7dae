"""Rooms and members by REST (protocol, 4.5 and section 6)."""

import pytest

from people import new_name
from rest import is_problem


@pytest.fixture
def web(cluster):
    return cluster.web


def roles(web, room, reader):
    return {member["user"]: member["role"] for member in web.get(f"/rooms/{room}/members", reader.token).json["members"]}


def test_a_room_is_created_and_found(web, person):
    alice = person("alice")
    room = new_name("room")
    answer = web.post("/rooms", {"id": room, "name": "Tea & more", "visibility": "private"}, alice.token)
    assert (answer.status, answer.headers["Location"]) == (201, f"/rooms/{room}")
    made = answer.json
    assert (made["id"], made["name"], made["visibility"], made["role"]) == (room, "Tea & more", "private", "owner")
    assert web.get(f"/rooms/{room}", alice.token).json == made
    assert roles(web, room, alice) == {alice.name: "owner"}
    is_problem(web.post("/rooms", {"id": room, "name": "x", "visibility": "public"}, person().token), 409, "room_exists")


def test_a_room_without_an_id_gets_one(web, person):
    alice = person("alice")
    made = web.post("/rooms", {"name": "No Id Given", "visibility": "public"}, alice.token)
    assert made.status == 201
    assert alice.connect(0).join(made.json["id"])["role"] == "owner"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "Upper"}, "id"), ({"id": "-a"}, "id"), ({"id": "a" * 65}, "id"), ({"id": "dm:a-a_b-b"}, "id"),
        ({"id": 5}, "id"), ({"visibility": "secret"}, "visibility"), ({"visibility": None}, "visibility"),
        ({"visibility": "direct"}, "visibility"), ({"name": None}, "name"), ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_a_room_is_named(web, person, changes, field):
    answer = web.post("/rooms", {"id": new_name("room"), "name": "x", "visibility": "public"} | changes, person().token)
    assert [error["field"] for error in is_problem(answer, 422, "invalid_field")["errors"]] == [field]


def test_a_private_room_does_not_exist_for_outsiders(web, person):
    alice, eve = person("alice"), person("eve")
    room = alice.create_room("private")
    for place in (room, new_name("room")):
        is_problem(web.get(f"/rooms/{place}", eve.token), 404, "room_not_found")
        is_problem(web.get(f"/rooms/{place}/members", eve.token), 404, "room_not_found")
        is_problem(web.put(f"/rooms/{place}/members/{eve.name}", {"role": "member"}, eve.token), 404, "room_not_found")
        is_problem(web.delete(f"/rooms/{place}/members/{alice.name}", eve.token), 404, "room_not_found")


def test_rooms_are_listed_by_pages(web, person):
    alice, bob = person("alice"), person("bob")
    public = {alice.create_room() for _ in range(25)}
    private = alice.create_room("private")

    def listed(reader):
        found, cursor = [], ""
        while True:
            page = web.get(f"/rooms?limit=20{cursor}", reader.token).json
            assert len(page["rooms"]) <= 20
            found += [room["id"] for room in page["rooms"]]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    for reader, hidden in ((alice, False), (bob, True)):
        found = listed(reader)
        assert len(found) == len(set(found))
        assert public <= set(found)
        assert (private in found) is not hidden


def test_ones_own_rooms_are_listed_by_themselves(web, person):
    alice, bob = person("alice"), person("bob")
    private, public, others = alice.create_room("private"), bob.create_room(), bob.create_room()
    hidden = bob.create_room("private")
    bob.admit(alice, public, "guest")
    found, cursor = {}, ""
    while cursor is not None:
        page = web.get(f"/rooms?mine=true&limit=1{cursor}", alice.token).json
        found |= {room["id"]: room["role"] for room in page["rooms"]}
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert list(found) == sorted(found)
    assert found == {private: "owner", public: "guest"}
    assert web.delete(f"/rooms/{public}/members/{alice.name}", alice.token).status == 204
    own = [room["id"] for room in web.get("/rooms?mine=true", alice.token).json["rooms"]]
    assert own == [private], (others, hidden)


@pytest.mark.parametrize("word", ["", "1", "yes", "True", "null"])
def test_whose_rooms_are_listed_is_said_by_true_or_false(web, person, word):
    errors = is_problem(web.get(f"/rooms?mine={word}", person().token), 422, "invalid_field")["errors"]
    assert [error["field"] for error in errors] == ["mine"]


def test_roles_decide_who_may_change_whom(web, person):
    owner, moderator, member, other = (person(word) for word in ("owner", "moderator", "member", "other"))
    room = owner.create_room("private")
    owner.admit(moderator, room, "moderator")
    owner.admit(member, room)
    assert roles(web, room, member) == {owner.name: "owner", moderator.name: "moderator", member.name: "member"}

    def put(actor, target, role):
        return web.put(f"/rooms/{room}/members/{target.name}", {"role": role}, actor.token).status

    def delete(actor, target):
        return web.delete(f"/rooms/{room}/members/{target.name}", actor.token).status

    assert put(member, other, "member") == 403
    assert put(member, member, "owner") == 403
    assert delete(member, moderator) == 403
    assert put(moderator, moderator, "owner") == 403
    assert put(moderator, owner, "member") == 403
    assert delete(moderator, owner) == 403
    assert put(moderator, other, "member") in (201, 204)
    assert delete(moderator, other) == 204
    assert put(owner, member, "guest") in (200, 204)
    assert delete(member, member) == 204
    is_problem(web.delete(f"/rooms/{room}/members/{owner.name}", owner.token), 409, "last_owner")
    assert roles(web, room, owner) == {owner.name: "owner", moderator.name: "moderator"}


def test_a_stranger_and_a_role_that_are_none_are_refused(web, person):
    owner, other = person("owner"), person("other")
    room = owner.create_room()
    is_problem(web.put(f"/rooms/{room}/members/{new_name()}", {"role": "member"}, owner.token), 404, "user_not_found")
    is_problem(web.put(f"/rooms/{room}/members/{other.name}", {"role": "king"}, owner.token), 422, "invalid_field")
    is_problem(web.delete(f"/rooms/{room}/members/{other.name}", owner.token), 404, "member_not_found")


def test_a_guest_reads_and_does_not_write(web, person):
    owner, visitor = person("owner"), person("visitor")
    room = owner.create_room("private")
    owner.admit(visitor, room, "guest")
    client = visitor.connect(1)
    assert client.join(room)["role"] == "guest"
    owner.connect(0).say(room, "welcome")
    assert client.expect("new_message")["data"]["content"] == "welcome"
    refused = client.ask("send_message", "message_error", room=room, content="x")["data"]
    assert (refused["code"], refused["retryable"]) == ("forbidden", False)
    owner.admit(visitor, room, "member")
    assert client.say(room, "now I may")["seq"] == 2


def test_rooms_want_a_token(web):
    for answer in (web.get("/rooms"), web.post("/rooms", {"name": "x", "visibility": "public"}), web.get("/rooms/general")):
        is_problem(answer, 401, "token_missing")
