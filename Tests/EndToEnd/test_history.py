"""Reading what was said (protocol, 4.5 and 6)."""

import pytest

from people import mint
from rest import is_problem
from waiting import eventually

COUNT = 120


@pytest.fixture(scope="module")
def long_room(open_cluster):
    """A room of 120 messages, its owner, and all envelopes as they went over the wire."""
    owner = mint(open_cluster, "historian")
    room = owner.create_room()
    client = owner.connect(0)
    client.join(room)
    for number in range(COUNT):
        client.send("send_message", room=room, content=f"message {number + 1}", metadata={"n": number + 1})
    return owner, room, client.collect("new_message", COUNT, patience=20)


def by_socket(long_room):
    owner, room, _ = long_room
    client = owner.connect(1)

    def read(**query):
        return client.ask("get_history", "history", room=room, **query)["data"]

    return read


def by_rest(long_room):
    owner, room, _ = long_room

    def read(**query):
        parameters = "&".join(f"{key}={value}" for key, value in query.items())
        answer = owner.cluster.web.get(f"/history/rooms/{room}/messages?{parameters}", owner.token)
        assert answer.status == 200, answer
        return answer.json

    return read


@pytest.fixture(params=[by_socket, by_rest], ids=["socket", "rest"])
def read(request, long_room):
    return request.param(long_room)


def seqs(page):
    return [message["seq"] for message in page["messages"]]


def test_the_newest_page_comes_without_being_asked_for_a_place(read, long_room):
    page = read()
    assert seqs(page) == list(range(71, 121))
    assert (page["next_before"], page["next_after"], page["complete"]) == (71, None, False)
    assert page["messages"] == [dict(frame) for frame in long_room[2][70:]]


def test_paging_back_reaches_the_first_message(read):
    found, page = [], read(limit=50)
    while True:
        found = seqs(page) + found
        if page["next_before"] is None:
            break
        page = read(limit=50, before=page["next_before"])
    assert found == list(range(1, COUNT + 1))
    assert page["complete"] is True


def test_paging_forward_reaches_the_last_message(read):
    found, page = [], read(limit=50, after=0)
    while True:
        found += seqs(page)
        if page["next_after"] is None:
            break
        page = read(limit=50, after=page["next_after"])
    assert found == list(range(1, COUNT + 1))
    assert page["complete"] is True


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"before": 11, "limit": 3}, [8, 9, 10]),
        ({"after": 11, "limit": 3}, [12, 13, 14]),
        ({"before": 1}, []),
        ({"after": COUNT}, []),
        ({"before": 3, "limit": 2}, [1, 2]),
        ({"limit": 1}, [COUNT]),
        ({"limit": 200}, list(range(1, COUNT + 1))),
        ({"before": 100_000, "limit": 2}, [119, 120]),
        ({"after": 100_000}, []),
    ],
)
def test_the_given_seq_is_excluded(read, query, expected):
    page = read(**query)
    assert seqs(page) == expected
    forward = "after" in query
    at_end = not expected or expected[-1] == COUNT if forward else not expected or expected[0] == 1
    assert page["complete"] is at_end


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"limit": 0}, "limit", "out_of_range"), ({"limit": 201}, "limit", "out_of_range"),
        ({"limit": "many"}, "limit", "out_of_range"), ({"before": -1}, "before", "out_of_range"),
        ({"after": -1}, "after", "out_of_range"), ({"before": "x"}, "before", "invalid"),
        ({"after": "x"}, "after", "invalid"), ({"before": 5, "after": 3}, None, "invalid"),
    ],
)
def test_what_is_out_of_range_is_named(long_room, query, field, code):
    owner, room, _ = long_room
    refused = owner.connect(0).ask("get_history", "error", room=room, **query)["data"]
    assert refused["code"] == "invalid_field"
    assert field is None or refused["field"] == field
    parameters = "&".join(f"{key}={value}" for key, value in query.items())
    answer = owner.cluster.web.get(f"/history/rooms/{room}/messages?{parameters}", owner.token)
    (error,) = is_problem(answer, 422, "invalid_field")["errors"]
    assert error["code"] == code
    assert field is None or error["field"] == field


def test_what_was_accepted_is_there_at_once(pair):
    on_a, on_b, room = pair
    for number in range(5):
        sent = on_a.say(room, f"{number}")
        page = on_b.ask("get_history", "history", room=room, limit=1)["data"]
        assert page["messages"][0]["id"] == sent["id"]


def test_an_empty_room_has_an_empty_history(person):
    alice = person("alice")
    room = alice.create_room()
    assert alice.connect(0).ask("get_history", "history", room=room)["data"] == {
        "messages": [], "next_before": None, "next_after": None, "complete": True,
    }


def test_outsiders_read_nothing(cluster, person):
    alice, eve = person("alice"), person("eve")
    room = alice.create_room("private")
    alice.connect(0).say(room, "among us")
    for place in (room, "no-such-room"):
        refused = eve.connect(0).ask("get_history", "error", room=place)["data"]
        assert refused["code"] == "room_denied"
        is_problem(cluster.web.get(f"/history/rooms/{place}/messages", eve.token), 404, "room_not_found")
    answer = cluster.web.get(f"/history/rooms/{room}/messages")
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_archive_has_it_even_when_redis_has_forgotten(cluster, pair):
    on_a, on_b, room = pair
    on_a.send("send_message", room=room, content="kept", ack="stored")
    on_a.send("send_message", room=room, content="kept too", ack="stored")
    on_a.collect("message_stored", 2)
    live = on_b.collect("new_message", 2)
    (recent,) = cluster.redis("KEYS", f"*:room:{room}:recent").split()
    eventually(lambda: cluster.redis("DEL", recent) == "1")
    page = on_b.ask("get_history", "history", room=room)["data"]
    assert page["messages"] == [dict(frame) for frame in live]
