"""What is there again after a part has died (protocol, 4.3; architecture, "When a part dies")."""

import pytest

from rest import Service
from waiting import eventually

PATIENCE = 30


@pytest.fixture(autouse=True)
def all_running(open_cluster):
    """Whatever a test has killed is started again."""
    yield
    for name, process in open_cluster.processes().items():
        if process["state"] != "running":
            open_cluster.start(name)
    open_cluster.await_ready()


def keep_saying(client, room, count, prefix):
    """Sends and returns what was acknowledged of it."""
    for number in range(count):
        client.send("send_message", room=room, content=f"{prefix} {number}", client_msg_id=f"{prefix}-{number}")
    return {frame["data"]["id"]: frame for frame in client.collect("message_sent", count)}


def all_messages(person, room):
    client, found, query = person.connect(1), [], {"after": 0}
    while True:
        page = client.ask("get_history", "history", room=room, limit=200, **query)["data"]
        found += page["messages"]
        if page["next_after"] is None:
            return found
        query = {"after": page["next_after"]}


def readable(person, room, count):
    """All messages of the room, once there are so many."""

    def read():
        try:
            found = all_messages(person, room)
        except (AssertionError, OSError):
            return None
        return found if len(found) >= count else None

    return eventually(read, patience=PATIENCE, what=f"{count} messages are readable")


def test_everything_is_restarted_and_the_history_is_there(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    keep_saying(on_a, room, 30, "before")
    live = on_b.collect("new_message", 30)
    open_cluster.restart_all()
    found = readable(open_pair.bob, room, 30)
    assert found == [dict(frame) for frame in live]
    # It goes on in a new epoch, above all that was given.
    back = open_pair.alice.connect(0)
    joined = back.join(room, recent=0)
    sent = back.say(room, "after")
    assert sent["seq"] > 30 and sent["epoch"] != live[0]["epoch"]
    assert joined["seq"] >= 30
    assert readable(open_pair.bob, room, 31)[-1]["data"]["content"] == "after"


def test_a_send_right_after_the_return_of_redis_is_taken(open_cluster, open_pair):
    on_a, _, room = open_pair
    on_a.say(room, "before")
    for round in range(2):
        open_cluster.kill("redis")
        open_cluster.start("redis")
        # Within the patience of a send: the answer is no refusal, retryable or not.
        assert _answer_to(on_a, room, f"after {round}")["type"] == "message_sent"


def test_a_join_right_after_the_return_of_redis_is_taken(open_cluster, open_pair):
    on_a, _, room = open_pair
    open_cluster.kill("redis")
    open_cluster.start("redis")
    assert on_a.join(room, recent=0)["role"]


def test_a_killed_redis_loses_nothing_that_was_acknowledged(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    sent = keep_saying(on_a, room, 100, "before")
    open_cluster.kill("redis")
    open_cluster.start("redis")

    def said():
        answer = _answer_to(on_a, room)
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


def _answer_to(client, room, key="after"):
    """Sends once with a key of its own that is used again until it is settled."""
    client.send("send_message", room=room, content=key, client_msg_id=key, id=key)
    while True:
        for kind in ("message_sent", "message_error"):
            for index, frame in enumerate(client.pending):
                if frame["type"] == kind and frame.get("reply_to_id") == key:
                    return client.pending.pop(index)
        client._receive(PATIENCE)


def test_without_redis_connections_stay_and_are_told_to_try_again(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    open_cluster.kill("redis")
    refused = on_a.ask("send_message", "message_error", room=room, content="lost", client_msg_id="k")["data"]
    assert (refused["retryable"], refused["client_msg_id"]) == (True, "k")
    assert refused["code"] in ("bus_unavailable", "timeout")
    on_b.ask("ping", "pong")
    gateway = Service(open_cluster.gateway_urls[0])
    eventually(lambda: gateway.get("/readyz").status == 503)
    assert gateway.get("/healthz").status == 200
    open_cluster.start("redis")
    eventually(lambda: gateway.get("/readyz").status == 200, patience=PATIENCE)
    eventually(lambda: _answer_to(on_a, room)["type"] == "message_sent", patience=PATIENCE)
    on_b.expect("new_message", content="after", patience=PATIENCE)
    assert on_b.heard("new_message") == []


def test_a_killed_history_loses_nothing_that_was_acknowledged(open_cluster, open_pair):
    on_a, _, room = open_pair
    keep_saying(on_a, room, 50, "before")
    open_cluster.kill("history")
    sent = keep_saying(on_a, room, 50, "meanwhile")
    open_cluster.start("history")
    found = readable(open_pair.bob, room, 100)
    assert [message["seq"] for message in found] == list(range(1, 101))
    assert set(sent) <= {message["id"] for message in found}

    def archived():
        (row,) = open_cluster.sql(f"SELECT count(*), max(seq) FROM history.messages WHERE room = '{room}'")
        return row == ["100", "100"]

    eventually(archived, patience=PATIENCE)


def test_without_postgres_people_go_on_talking(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    open_cluster.stop("postgres")
    keep_saying(on_a, room, 20, "meanwhile")
    assert [frame["seq"] for frame in on_b.collect("new_message", 20)] == list(range(1, 21))
    on_a.send("send_message", room=room, content="wait for it", ack="stored")
    on_a.expect("message_sent", seq=21)
    assert on_a.heard("message_stored") == []
    open_cluster.start("postgres")
    assert on_a.expect("message_stored", patience=PATIENCE)["data"]["seq"] == 21


def test_a_killed_gateway_loses_no_message_and_leaves_no_ghosts(open_cluster, open_pair, guest):
    on_a, on_b, room = open_pair
    carol = guest("carol")
    carol.connect(1).join(room)
    sent = on_a.say(room, "before")
    on_b.expect("new_message", content="before")
    open_cluster.kill("gateway-2")
    meanwhile = [on_a.say(room, f"meanwhile {number}")["id"] for number in range(5)]
    # Bob comes back elsewhere and goes on where he was; so does whoever asks the load balancer.
    back = open_pair.bob.connect(0)
    assert back.join(room, since={"epoch": sent["epoch"], "seq": sent["seq"]})["recovered"] is True
    assert [frame["id"] for frame in back.collect("new_message", 5)] == meanwhile
    assert open_pair.bob.connect().connected["data"]["gateway"] == "gateway-1"
    # Carol does not: within 30 s she has left, and Bob, who is there, has not.
    on_a.expect("user_left", patience=PATIENCE, user=carol.name)
    assert on_a.heard("user_left", user=open_pair.bob.name) == []
    back.ask("leave_room", "left", room=room)
    on_a.expect("user_left", user=open_pair.bob.name)


def test_a_gateway_that_is_stopped_says_so_first(open_cluster, open_pair):
    on_b = open_pair.on_b
    open_cluster.stop("gateway-2")
    closed = on_b.closed(patience=PATIENCE)
    assert (closed.code, closed.reason) == (1012, "draining")
    assert [frame["type"] for frame in on_b.pending if frame["type"] == "server_draining"]


def test_auth_and_presence_are_not_needed_to_go_on_talking(open_cluster, open_pair, guest):
    on_a, on_b, room = open_pair
    for name in ("auth", "presence"):
        open_cluster.kill(name)
    keep_saying(on_a, room, 5, "meanwhile")
    assert len(on_b.collect("new_message", 5)) == 5
    guest("late").connect(0)  # the token is good by itself
    answer = open_cluster.web.get("/auth/me", open_pair.alice.token)
    assert answer.status == 503 and "Retry-After" in answer.headers
    for name in ("auth", "presence"):
        open_cluster.start(name)
    assert open_cluster.web.get("/auth/me", open_pair.alice.token).status == 200


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
