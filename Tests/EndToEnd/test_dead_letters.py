"""What becomes of a message that the archive cannot take (issue 3, "Two acks")."""

import json

import pytest

from partition import tag
from redis_past import forget_keys
from waiting import eventually


@pytest.fixture
def unloved(open_cluster):
    """A content that PostgreSQL refuses."""
    table = "ALTER TABLE history.messages"
    open_cluster.sql(f"{table} ADD CONSTRAINT unloved CHECK (envelope NOT LIKE '%\"unloved\"%')")
    yield "unloved"
    open_cluster.sql(f"{table} DROP CONSTRAINT unloved")


def test_its_sender_is_told_and_a_tombstone_keeps_its_place(open_cluster, open_pair, unloved):
    on_a, on_b, room = open_pair
    for number, content in enumerate(["one", unloved, "three"]):
        on_a.send("send_message", room=room, content=content, client_msg_id=f"k-{number}", ack="stored")
    error = on_a.expect("message_error", client_msg_id="k-1")["data"]
    assert (error["code"], error["field"], error["retryable"]) == ("invalid_field", "data", False)
    stored = on_a.collect("message_stored", 2)
    assert {frame["data"]["client_msg_id"] for frame in stored} == {"k-0", "k-2"}
    assert not on_a.heard("message_stored")
    live = on_b.collect("new_message", 3)
    # Delivered it was; what is read later has its place and nothing of its content.
    key = f"{tag(room)}:room:{room}"
    page = on_b.ask("get_history", "history", room=room)["data"]["messages"]
    open_cluster.redis("DEL", f"{key}:recent")
    assert on_b.ask("get_history", "history", room=room)["data"]["messages"] == page
    assert [page[0], page[2]] == [dict(live[0]), dict(live[2])]
    tombstone = {"client_msg_id": "k-1", "content": None, "deleted": True, "metadata": {}, "reply_to": None}
    assert page[1] == dict(live[1]) | {"data": tombstone}
    assert open_cluster.redis("HGET", key, "dead") == f"{page[1]['epoch']}:2"
    # The newest: other rooms of the partition may have had theirs.
    letter = open_cluster.redis("XREVRANGE", f"{tag(room)}:log:dead", "+", "-", "COUNT", "1").splitlines()
    assert "refused" in letter and json.loads(letter[letter.index("e") + 1]) == dict(live[1])


def test_a_sender_whose_gateway_does_not_hear_just_now_is_told_all_the_same(open_cluster, open_pair, unloved):
    on_a, _, room = open_pair
    open_cluster.redis("ACL", "SETUSER", "default", "-ssubscribe")
    try:
        open_cluster.redis("CLIENT", "KILL", "TYPE", "pubsub")
        on_a.say(room, unloved, client_msg_id="k 1", ack="accepted")
        eventually(lambda: open_cluster.redis("HGET", f"{tag(room)}:room:{room}", "stored") == "1")
        assert not on_a.heard("message_error")
    finally:
        open_cluster.redis("ACL", "SETUSER", "default", "+ssubscribe")
    assert on_a.expect("message_error")["data"]["client_msg_id"] == "k 1"
    on_a.say(room, "loved", ack="stored")
    on_a.expect("message_stored")
    assert not on_a.heard("message_error")


def test_it_is_not_found_by_its_key(open_cluster, open_pair, unloved):
    on_a, _, room = open_pair
    on_a.send("send_message", room=room, content=unloved, client_msg_id="k", ack="stored")
    on_a.expect("message_error", client_msg_id="k")
    open_cluster.sql("ALTER TABLE history.messages DROP CONSTRAINT unloved, ADD CONSTRAINT unloved CHECK (true)")
    forget_keys(open_cluster, room)
    again = on_a.say(room, "loved now", client_msg_id="k", retry=True)
    assert (again["seq"], again["duplicate"]) == (2, False)
    eventually(lambda: open_cluster.redis("HGET", f"{tag(room)}:room:{room}", "stored") == "2")
