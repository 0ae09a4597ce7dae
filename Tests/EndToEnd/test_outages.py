"""Outages in more detail than the rows of test_deaths.py (protocol, 4.3)."""

import pytest

from outages import PATIENCE, answer_to, awaken, keep_saying, readable
from waiting import eventually


@pytest.fixture(autouse=True)
def all_running(open_cluster):
    """Whatever a test has killed is started again."""
    yield
    awaken(open_cluster)


def test_a_join_right_after_the_return_of_redis_is_taken(open_cluster, open_pair):
    on_a, _, room = open_pair
    open_cluster.kill("redis")
    open_cluster.start("redis")
    assert on_a.join(room, recent=0)["role"]


def test_a_join_again_that_fails_leaves_the_room_as_it_was(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    open_cluster.pause("redis")
    try:
        error = on_a.ask("join_room", "error", room=room, patience=PATIENCE)
        assert error["data"]["retryable"] is True
    finally:
        open_cluster.resume("redis")
    on_a.expect("service_restored", component="bus", patience=PATIENCE)
    on_b.expect("service_restored", component="bus", patience=PATIENCE)
    on_b.say(room, "still there")
    on_a.expect("new_message", content="still there", patience=PATIENCE)
    on_b.settle()
    assert on_b.heard("user_left") == []


def test_a_killed_redis_loses_nothing_that_was_acknowledged(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    sent = keep_saying(on_a, room, 100, "before")
    open_cluster.kill("redis")
    open_cluster.start("redis")

    def said():
        answer = answer_to(on_a, room, "after")
        assert answer["type"] == "message_sent" or answer["data"]["retryable"] is True, answer
        return answer if answer["type"] == "message_sent" else None

    after = eventually(said, patience=PATIENCE)["data"]
    assert after["seq"] > 100
    found = readable(open_pair.bob, room, 101)
    assert set(sent) <= {message["id"] for message in found}
    positions = [(message["epoch"], message["seq"]) for message in found]
    assert len(set(positions)) == len(positions)
    assert [seq for _, seq in positions] == sorted(seq for _, seq in positions)
    # Those who stayed connected go on to hear.
    assert eventually(lambda: [f for f in on_b.heard("new_message") if f["id"] == after["id"]], patience=PATIENCE)


def test_who_left_while_redis_was_away_is_gone_when_it_is_back(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    assert on_a.ask("get_presence", "presence_list", room=room)["data"]["online"] == 2
    open_cluster.kill("redis")
    on_b.close()
    open_cluster.start("redis")
    open_cluster.await_ready()

    def online():
        on_a.send("get_presence", room=room, id="who")
        frame = on_a.expect(None, reply_to_id="who", patience=PATIENCE)
        return [user["user"] for user in frame["data"].get("users", [])] if frame["type"] == "presence_list" else None

    assert eventually(lambda: online() == [open_pair.alice.name], patience=PATIENCE)


def test_what_is_said_while_the_channels_are_lost_is_heard_in_a_quiet_room(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    for number in range(5):
        open_cluster.redis("CLIENT", "KILL", "TYPE", "pubsub")
        said = on_a.say(room, f"in the silence {number}")
        on_b.expect("new_message", id=said["id"])


def test_what_redis_would_not_publish_is_heard_when_the_quiet_rooms_are_looked_at(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    on_a.say(room, "heard")
    on_b.expect("new_message", content="heard")
    # It has its place all the same, and nothing else tells of it.
    open_cluster.redis("ACL", "SETUSER", "default", "-spublish")
    try:
        said = on_a.say(room, "to nobody")
    finally:
        open_cluster.redis("ACL", "SETUSER", "default", "+spublish")
    on_b.expect("new_message", id=said["id"], patience=PATIENCE)
