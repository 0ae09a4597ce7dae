"""What an outbox sends again is there once, for as long as history is kept (protocol, 4.3, promise 3)."""

import pytest

from outages import awaken
from redis_past import forget_keys
from waiting import eventually

PATIENCE = 30


@pytest.fixture(autouse=True)
def all_running(open_cluster):
    """Whatever a test has stopped is started again."""
    yield
    awaken(open_cluster)


def say_stored(client, room, **data):
    """Sends, and waits until the archive has it and Redis knows."""
    client.send("send_message", room=room, ack="stored", **data)
    return client.expect("message_stored", patience=PATIENCE)["data"]


def place(data):
    return {name: data[name] for name in ("id", "epoch", "seq", "ts", "client_msg_id")}


def refusal(client, room, **data):
    return client.ask("send_message", "message_error", room=room, **data)["data"]


def test_a_retry_within_minutes_is_a_duplicate_on_any_gateway(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    first = on_a.say(room, "once", client_msg_id="k")
    again = open_pair.alice.connect(1).say(room, "once", client_msg_id="k", retry=True)
    assert again == first | {"duplicate": True}
    on_b.expect("new_message", content="once")
    assert on_b.heard("new_message") == []


def test_a_retry_after_the_memory_of_redis_is_found_in_the_archive(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    metadata = {"n": [1.0, -0.5, {"x": "ü"}], "big": 12345678901234567890}
    answered = say_stored(on_a, room, content="question", client_msg_id="k-0")
    data = {"content": "once", "client_msg_id": "k", "metadata": metadata, "reply_to": answered["id"]}
    first = say_stored(on_a, room, **data)
    forget_keys(open_cluster, room)
    other = open_pair.alice.connect(1)
    again = other.ask("send_message", "message_sent", room=room, retry=True, ack="stored", **data)["data"]
    assert (again["duplicate"], place(again)) == (True, place(first))
    assert place(other.expect("message_stored")["data"]) == place(first)
    on_b.collect("new_message", 2)
    assert on_b.heard("new_message") == []


@pytest.mark.parametrize("change", [{"content": "two"}, {"metadata": {"a": 1}}, {"reply_to": "01934c1e-6f2a-7b1e-9c55-0d2f6a1b7c3d"}])
def test_a_retry_with_another_content_is_a_conflict_with_the_archive_too(open_cluster, open_pair, change):
    on_a, _, room = open_pair
    data = {"content": "one", "client_msg_id": "k"}
    say_stored(on_a, room, **data)
    forget_keys(open_cluster, room)
    refused = refusal(on_a, room, retry=True, **(data | change))
    assert (refused["code"], refused["retryable"], refused["client_msg_id"]) == ("idempotency_conflict", False, "k")


def test_a_retry_of_what_was_never_accepted_is_accepted(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    sent = on_a.say(room, "at last", client_msg_id="k", retry=True)
    assert (sent["seq"], sent["duplicate"]) == (1, False)
    on_b.expect("new_message", id=sent["id"])
    # One key belongs to one user and one room, in the archive too.
    say_stored(on_a, room, content="more", client_msg_id="k-2")
    forget_keys(open_cluster, room)
    assert on_b.say(room, "his own", client_msg_id="k", retry=True)["duplicate"] is False
    elsewhere = open_pair.alice.create_room()
    assert on_a.say(elsewhere, "elsewhere", client_msg_id="k", retry=True)["duplicate"] is False


def test_one_key_with_two_contents_at_once_through_both_gateways_is_one_message(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    clients = (on_a, open_pair.alice.connect(1))
    for number in range(30):
        for name, client in zip("ab", clients, strict=True):
            client.send("send_message", id=f"m-{number}", room=room, content=f"{name} {number}", client_msg_id=f"k-{number}")
    accepted = []
    for number in range(30):
        answers = {client.expect(None, reply_to_id=f"m-{number}")["type"]: name
                   for name, client in zip("ab", clients, strict=True)}
        assert set(answers) == {"message_sent", "message_error"}
        accepted.append(f"{answers['message_sent']} {number}")
    heard = on_b.collect("new_message", 30)
    assert [frame["data"]["content"] for frame in heard] == accepted
    assert on_b.heard("new_message") == []


def test_an_outbox_sent_again_keeps_its_order(open_cluster, open_pair):
    on_a, _, room = open_pair
    for number in range(20):
        on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}", ack="stored")
    on_a.collect("message_stored", 20, patience=PATIENCE)
    forget_keys(open_cluster, room)
    for number in range(40):
        on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}", retry=True)
    on_a.collect("message_sent", 20, duplicate=False)
    again = [frame["data"] for frame in on_a.collect("message_sent", 40)]
    assert [data["seq"] for data in again] == list(range(1, 41))
    assert [data["duplicate"] for data in again] == [True] * 20 + [False] * 20


def test_a_retry_without_the_archive_is_put_off(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    data = {"content": "once", "client_msg_id": "k"}
    first = say_stored(on_a, room, **data)
    forget_keys(open_cluster, room)
    open_cluster.stop("history")
    refused = refusal(on_a, room, retry=True, **data)
    assert (refused["code"], refused["retryable"], refused["client_msg_id"]) == ("history_unavailable", True, "k")
    # What Redis remembers needs no archive, and what is new to an outbox neither.
    second = on_a.say(room, "meanwhile", client_msg_id="k-2")
    assert on_a.say(room, "meanwhile", client_msg_id="k-2", retry=True) == second | {"duplicate": True}
    # Once it is known to be away nobody waits for it: not one message of an outbox for the other either.
    on_a.expect("service_degraded", component="history", patience=PATIENCE)
    for number in range(20):
        on_a.send("send_message", room=room, content="owed", client_msg_id=f"o-{number}", retry=True)
    owed = [frame["data"] for frame in on_a.collect("message_error", 20, patience=2)]
    assert {refused["code"] for refused in owed} == {"history_unavailable"}
    open_cluster.start("history")

    def settled():
        on_a.send("send_message", room=room, retry=True, id="again", **data)
        frame = on_a.expect(None, reply_to_id="again")
        return frame["data"] if frame["type"] == "message_sent" else None

    assert place(eventually(settled, patience=PATIENCE)) == place(first)
    assert [frame["seq"] for frame in on_b.collect("new_message", 2)] == [1, 2]
    assert on_b.heard("new_message") == []


def test_a_retry_is_put_off_while_old_messages_are_not_stored(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    say_stored(on_a, room, content="stored", client_msg_id="k-0")
    open_cluster.stop("postgres")
    first = on_a.say(room, "not stored", client_msg_id="k")
    forget_keys(open_cluster, room)
    refused = refusal(on_a, room, content="not stored", client_msg_id="k", retry=True)
    assert (refused["code"], refused["retryable"]) == ("history_unavailable", True)
    open_cluster.start("postgres")

    def settled():
        on_a.send("send_message", room=room, content="not stored", client_msg_id="k", retry=True, id="again")
        frame = on_a.expect(None, reply_to_id="again")
        return frame["data"] if frame["type"] == "message_sent" else None

    again = eventually(settled, patience=PATIENCE)
    assert (again["duplicate"], place(again)) == (True, place(first))
    assert [frame["seq"] for frame in on_b.collect("new_message", 2)] == [1, 2]
    assert on_b.heard("new_message") == []


def test_a_retry_costs_nothing_of_a_limit(cluster, pair):
    on_a, _, room = pair
    for number in range(10):
        on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}", ack="stored")
    on_a.collect("message_stored", 10, patience=PATIENCE)
    forget_keys(cluster, room)
    for number in range(10):
        on_a.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}", retry=True)
    assert len(on_a.collect("message_sent", 10, duplicate=True)) == 10
    on_a.ask("send_message", "rate_limit_exceeded", room=room, content="one too many", client_msg_id="k-10", retry=True)


@pytest.fixture
def poison(open_cluster):
    """A content that PostgreSQL refuses."""
    content = "poison"
    open_cluster.sql(f"ALTER TABLE history.messages ADD CONSTRAINT poison CHECK (envelope NOT LIKE '%\"{content}\"%') NOT VALID")
    yield content
    open_cluster.sql("ALTER TABLE history.messages DROP CONSTRAINT poison")


def test_who_sent_what_the_archive_cannot_take_is_told(open_cluster, open_pair, poison):
    on_a, on_b, room = open_pair
    other = open_pair.alice.connect(1)
    on_a.send("send_message", id=7, room=room, content=poison, client_msg_id="a key", ack="stored")
    on_a.expect("message_sent")
    answer = on_a.expect("message_error", patience=PATIENCE)
    assert (answer["reply_to_id"], answer["room"]) == (7, room)
    for refused in (answer, other.expect("message_error", patience=PATIENCE)):
        data = refused["data"]
        assert (data["client_msg_id"], data["code"], data["retryable"]) == ("a key", "invalid_field", False)
    # Sent again it has its place, and no answer says that it is stored; what comes behind it is.
    on_a.send("send_message", id=8, room=room, content=poison, client_msg_id="a key", ack="stored")
    assert on_a.expect("message_error", patience=PATIENCE)["reply_to_id"] == 8
    assert say_stored(on_a, room, content="behind")["seq"] == 2
    assert on_a.heard("message_stored") == [] and on_a.heard("message_error") == []
    # Nobody else hears of it.
    on_b.collect("new_message", 2)
    assert on_b.heard("message_error") == []


def test_without_a_key_the_sender_is_told_too(open_cluster, open_pair, poison):
    open_pair.on_a.say(open_pair.room, poison)
    refused = open_pair.on_a.expect("message_error", patience=PATIENCE)
    assert refused["room"] == open_pair.room and refused["data"]["client_msg_id"] is None
