"""Sending and receiving across two gateways (protocol, 4.1 to 4.3)."""

import json
import re
import threading
import time

import pytest

from client import Client
from partition import tag

UUID7 = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_sender_and_receiver_are_told_the_same(pair):
    on_a, on_b, room = pair
    on_a.send("send_message", id="first", room=room, content="hello", client_msg_id="c-1", metadata={"n": [1, {"x": "y"}]})
    sent = on_a.expect("message_sent")
    assert sent["reply_to_id"] == "first" and sent["room"] == room
    data = sent["data"]
    assert set(data) - {"room"} == {"client_msg_id", "id", "epoch", "seq", "ts", "duplicate"}
    assert (data["client_msg_id"], data["seq"], data["duplicate"]) == ("c-1", 1, False)
    assert UUID7.fullmatch(data["id"]) and int(data["id"].replace("-", "")[:12], 16) == data["ts"]
    assert abs(data["ts"] - time.time() * 1000) < 20_000
    for client in (on_a, on_b):  # the sender hears it too
        message = client.expect("new_message")
        assert set(message) == {"v", "epoch", "seq", "mv", "type", "room", "id", "ts", "user", "data"}
        assert {key: message[key] for key in ("id", "epoch", "seq", "ts")} == {
            key: data[key] for key in ("id", "epoch", "seq", "ts")
        }
        assert (message["v"], message["room"], message["user"]) == (1, room, pair.alice.name)
        assert message["data"] == {
            "content": "hello", "client_msg_id": "c-1", "reply_to": None, "metadata": {"n": [1, {"x": "y"}]},
        }


def test_the_head_of_an_envelope_stands_first_and_in_order(pair):
    on_a, on_b, room = pair
    sent = on_a.say(room, "hello")
    text = on_b.expect("new_message").text
    head = f'{{"v":1,"epoch":"{sent["epoch"]}","seq":{sent["seq"]},"mv":'
    assert text.startswith(head)
    assert re.match(r'\d+,"type":"new_message","room":', text[len(head):])
    assert on_a.expect("new_message").text == text


@pytest.mark.parametrize("tag", ["text", "", "ü\"\\/\n", 7, 0, -3, 1.5, 12345678901234567])
def test_the_id_of_a_frame_comes_back_as_it_was(pair, tag):
    on_a, _, room = pair
    on_a.send("ping", id=tag)
    assert on_a.expect("pong")["reply_to_id"] == tag
    on_a.send("send_message", id=tag, room="no-such-room", content="x")
    assert on_a.expect("message_error")["reply_to_id"] == tag
    on_a.send("join_room", id=tag, room=room)
    assert on_a.expect("joined")["reply_to_id"] == tag


def test_the_id_of_a_frame_comes_back_byte_for_byte(pair):
    for text in ("1.0", "1e2", "12345678901234567890123", '"\\u00e4"'):
        pair.on_a.send_raw(f'{{"type":"ping","data":{{}},"id":{text}}}')
        assert f'"reply_to_id":{text}' in pair.on_a.expect("pong").text


def test_without_an_id_no_reply_carries_one(pair):
    pair.on_a.send("send_message", room=pair.room, content="x")
    assert "reply_to_id" not in pair.on_a.expect("message_sent")


@pytest.mark.parametrize(
    "content",
    ["a<b>&amp;\"'", "Grüße, 世界 👩‍👩‍👧", "line\nline\ttab", " ", "</script><script>alert(1)</script>", "\u2028\u2029", "x" * 4000,
     "👍" * 4000, "\u0001\u007f"],
    ids=["markup", "unicode", "control", "space", "script", "separators", "longest", "longest wide", "low"],
)
def test_text_arrives_as_it_was_written(open_pair, content):
    on_a, on_b, room = open_pair
    on_a.say(room, content)
    assert on_b.expect("new_message")["data"]["content"] == content


def test_an_answer_names_what_it_answers(pair):
    on_a, on_b, room = pair
    first = on_a.say(room, "question")
    on_b.say(room, "answer", reply_to=first["id"])
    assert on_a.expect("new_message", content="answer")["data"]["reply_to"] == first["id"]


def test_pipelined_messages_keep_their_order(open_pair):
    on_a, on_b, room = open_pair
    keys = [f"k-{number}" for number in range(100)]
    for key in keys:
        on_a.send("send_message", room=room, content=key, client_msg_id=key)
    sent = on_a.collect("message_sent", 100)
    assert [frame["data"]["client_msg_id"] for frame in sent] == keys
    assert [frame["data"]["seq"] for frame in sent] == list(range(1, 101))
    assert [frame["data"]["content"] for frame in on_b.collect("new_message", 100)] == keys


def test_five_senders_at_two_gateways_make_one_order_without_holes(open_cluster, guest):
    people = [guest(f"sender{number}") for number in range(5)]
    room = people[0].create_room()
    listeners = [person.connect(number % 2) for number, person in enumerate(people)]
    senders = [person.connect((number + 1) % 2) for number, person in enumerate(people)]
    for client in (*listeners, *senders):
        client.join(room)

    def send(number):
        for count in range(60):
            senders[number].send("send_message", room=room, content=f"{number} {count}")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard = [listener.collect("new_message", 300, patience=20) for listener in listeners]
    assert [frame["seq"] for frame in heard[0]] == list(range(1, 301))
    for other in heard[1:]:
        assert [frame.text for frame in other] == [frame.text for frame in heard[0]]
    for number in range(5):
        own = [frame["data"]["content"] for frame in heard[0] if frame["user"] == people[number].name]
        assert own == [f"{number} {count}" for count in range(60)]
    assert len({frame["id"] for frame in heard[0]}) == 300


def test_the_same_key_is_stored_and_delivered_once(pair):
    on_a, on_b, room = pair
    first = on_a.say(room, "once", client_msg_id="same")
    again = pair.alice.connect(1).say(room, "once", client_msg_id="same")
    assert first["duplicate"] is False and again["duplicate"] is True
    assert again == first | {"duplicate": True}
    on_a.say(room, "behind")
    on_b.expect("new_message", content="behind")
    assert [frame["seq"] for frame in on_b.heard("new_message")] == [first["seq"]]


def test_duplicates_sent_at_once_through_both_gateways_are_one_message(open_pair):
    on_a, on_b, room = open_pair
    other = open_pair.alice.connect(1)
    for number in range(30):
        for client in (on_a, other):
            client.send("send_message", room=room, content=f"{number}", client_msg_id=f"k-{number}")
    answers = [client.collect("message_sent", 30) for client in (on_a, other)]
    for pair_of_answers in zip(*answers, strict=True):
        first, second = (frame["data"] for frame in pair_of_answers)
        assert {first["duplicate"], second["duplicate"]} == {True, False}
        assert (first["id"], first["seq"]) == (second["id"], second["seq"])
    assert [frame["seq"] for frame in on_b.collect("new_message", 30)] == list(range(1, 31))
    assert on_b.heard("new_message") == []


@pytest.mark.parametrize("change", [{"content": "two"}, {"metadata": {"a": 1}}, {"reply_to": "01934c1e-6f2a-7b1e-9c55-0d2f6a1b7c3d"}])
def test_the_same_key_with_another_content_is_a_conflict(pair, change):
    on_a, _, room = pair
    on_a.say(room, "one", client_msg_id="k")
    data = {"room": room, "content": "one", "client_msg_id": "k"} | change
    refused = on_a.ask("send_message", "message_error", **data)["data"]
    assert (refused["code"], refused["retryable"]) == ("idempotency_conflict", False)
    assert refused["client_msg_id"] == "k" and refused["error"]


def test_a_key_belongs_to_one_user_and_one_room(pair):
    on_a, on_b, room = pair
    other = pair.alice.create_room()
    assert on_a.say(room, "hers", client_msg_id="k")["seq"] == 1
    assert on_b.say(room, "his", client_msg_id="k")["seq"] == 2
    assert on_a.say(other, "elsewhere", client_msg_id="k")["duplicate"] is False


def test_without_a_key_nothing_is_a_duplicate(pair):
    on_a, on_b, room = pair
    sent = [on_a.say(room, "same") for _ in range(2)]
    assert [data["client_msg_id"] for data in sent] == [None, None]
    assert sent[0]["id"] != sent[1]["id"]
    assert [frame["seq"] for frame in on_b.collect("new_message", 2)] == [1, 2]


def test_stored_is_told_after_sent(pair):
    on_a, _, room = pair
    on_a.send("send_message", id=9, room=room, content="keep", client_msg_id="k", ack="stored")
    stored = on_a.expect("message_stored")
    assert stored["reply_to_id"] == 9 and stored["room"] == room
    # `message_sent` came before: it waits already.
    sent = next(frame for frame in on_a.pending if frame["type"] == "message_sent")
    for key in ("client_msg_id", "id", "epoch", "seq", "ts"):
        assert stored["data"][key] == sent["data"][key]
    again = on_a.ask("send_message", "message_stored", room=room, content="keep", client_msg_id="k", ack="stored")
    assert again["data"]["seq"] == stored["data"]["seq"]
    on_a.say(room, "plain", ack="accepted")
    assert on_a.heard("message_stored") == []


LONG = 4001


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        ({"content": "x" * LONG}, "content_too_long", None),
        ({"content": None}, "invalid_field", "content"),
        ({"content": 5}, "invalid_field", "content"),
        ({"content": ["x"]}, "invalid_field", "content"),
        ({"content": ""}, "invalid_field", "content"),
        ({"content": "a\u0000b"}, "invalid_field", "content"),
        ({"client_msg_id": ""}, "invalid_field", "client_msg_id"),
        ({"client_msg_id": "k" * 65}, "invalid_field", "client_msg_id"),
        ({"client_msg_id": "ü"}, "invalid_field", "client_msg_id"),
        ({"client_msg_id": 5}, "invalid_field", "client_msg_id"),
        ({"reply_to": "not an id"}, "invalid_field", "reply_to"),
        ({"metadata": [1]}, "invalid_field", "metadata"),
        ({"metadata": {"a": "\u0000"}}, "invalid_field", "metadata"),
        ({"ack": "maybe"}, "invalid_field", "ack"),
        ({"retry": "yes"}, "invalid_field", "retry"),
        ({"room": None}, "invalid_field", "room"),
        ({"room": 5}, "invalid_field", "room"),
        ({"room": "no-such-room"}, "room_denied", None),
        ({"room": None, "to": 5}, "invalid_field", "to"),
    ],
)
def test_a_bad_message_is_refused_with_what_is_wrong(pair, data, code, field):
    refused = pair.on_a.ask("send_message", "message_error", **({"room": pair.room, "content": "x"} | data))["data"]
    assert (refused["code"], refused["retryable"]) == (code, False)
    assert isinstance(refused["error"], str)
    if field:
        assert refused["field"].split(".")[0] == field
    assert pair.on_a.say(pair.room, "fine")["seq"] == 1


def test_lone_surrogates_are_refused(pair):
    pair.on_a.send_raw(f'{{"type":"send_message","id":1,"data":{{"room":"{pair.room}","content":"\\ud800"}}}}')
    refused = pair.on_a.expect("message_error", reply_to_id=1)["data"]
    assert (refused["code"], refused["field"]) == ("invalid_field", "content")


def test_marks_without_end_are_refused(pair):
    """To compare them took the gateway seconds; a hundred on a letter are fun."""
    many = "p" + "\u0301\u0316" * 5_000
    assert pair.on_a.ask(many, "error")["data"]["code"] == "unknown_type"
    assert pair.on_a.ask("ping", "error", **{many: 1})["data"]["code"] == "invalid_field"
    refused = pair.on_a.ask("send_message", "message_error", room=pair.room, content="p" + "\u0301\u0316" * 100)["data"]
    assert (refused["code"], refused["field"]) == ("invalid_field", "content")
    pair.on_a.say(pair.room, "p" + "\u0301\u0316" * 50)
    pair.on_b.expect("new_message", content="p" + "\u0301\u0316" * 50)


def test_a_refused_message_keeps_its_key(pair):
    refused = pair.on_a.ask("send_message", "message_error", room="no-such-room", content="x", client_msg_id="k-9")
    assert refused["data"]["client_msg_id"] == "k-9"


def test_who_is_no_member_cannot_write(person):
    alice, bob = person("alice"), person("bob")
    client = bob.connect(0)
    for visibility in ("private", "public"):
        room = alice.create_room(visibility)
        refused = client.ask("send_message", "message_error", room=room, content="x")["data"]
        assert (refused["code"], refused["retryable"]) == ("room_denied", False)


def test_a_member_writes_without_having_joined(person):
    alice, bob = person("alice"), person("bob")
    room = alice.create_room("private", (bob,))
    listener = alice.connect(1)
    listener.join(room)
    assert bob.connect(0).say(room, "hello")["seq"] == 1
    assert listener.expect("new_message")["user"] == bob.name


def test_one_listens_on_many_devices(pair):
    devices = [pair.bob.connect(number % 2) for number in range(3)]
    for device in devices:
        device.join(pair.room)
    pair.on_a.say(pair.room, "to all of them")
    assert len({device.expect("new_message").text for device in devices}) == 1


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(("value", "expected"), [(f"00-{TRACE}", f"00-{TRACE}"), (f"ff-{TRACE}", None), (None, None)])
def test_what_a_connection_is_part_of_travels_beside_its_messages(open_cluster, guest, value, expected):
    alice = guest("alice")
    room = alice.create_room()
    headers = {} if value is None else {"traceparent": value}
    client = Client(open_cluster.url, token=alice.token, additional_headers=headers).greeted()
    client.join(room)
    sent = client.say(room, "traced", ack="stored")
    listed = open_cluster.redis("XRANGE", f"{tag(room)}:room:{room}:recent", "-", "+").splitlines()
    fields = dict(zip(listed[1::2], listed[2::2], strict=True))
    assert json.loads(fields["e"])["id"] == sent["id"]
    assert fields.get("t") == expected
    # Whoever reads the log passes over it.
    assert client.expect("message_stored")["data"]["id"] == sent["id"]
    assert [message["id"] for message in client.ask("get_history", "history", room=room)["data"]["messages"]] == [sent["id"]]
