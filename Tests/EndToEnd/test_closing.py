"""What a connection is closed for, and what it survives (protocol, 4.4)."""

import json

import pytest

from client import Closed
from raw import BINARY, CLOSE, PING, PONG, TEXT, RawSocket


@pytest.fixture
def raw(cluster, person):
    """A connection of somebody, below the rules."""
    socket = RawSocket(cluster.gateway_urls[0], Authorization=f"Bearer {person().token}")
    assert socket.status == 101
    opcode, payload = socket.receive()
    assert opcode == TEXT and json.loads(payload)["type"] == "connected"
    return socket


def frame_of(length):
    """A text frame's payload of exactly this many bytes."""
    head, tail = b'{"type":"ping","data":{"x":"', b'"}}'
    return head + b"x" * (length - len(head) - len(tail)) + tail


def test_a_binary_frame_closes(pair):
    pair.on_a.send_raw(b"\x00\x01")
    assert pair.on_a.closed() == Closed(1003, "binary_not_supported")


def test_the_largest_message_passes_and_one_byte_more_closes(raw):
    raw.send(TEXT, frame_of(65_536))
    opcode, payload = raw.receive()
    assert opcode == TEXT and json.loads(payload)["type"] == "pong"
    raw.send(TEXT, frame_of(65_537))
    assert raw.closed() == (1009, "message_too_big")


def test_a_message_too_big_in_pieces_closes_too(raw):
    payload = frame_of(65_537)
    raw.send(TEXT, payload[:40_000], final=False)
    raw.send(0, payload[40_000:])
    assert raw.closed() == (1009, "message_too_big")


@pytest.mark.parametrize("payload", [b'{"type":"\xff"}', b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
def test_invalid_utf8_closes(raw, payload):
    raw.send(TEXT, payload)
    assert raw.closed() == (1007, "invalid_utf8")


def test_an_unmasked_frame_closes(raw):
    raw.send(TEXT, b'{"type":"ping"}', masked=False)
    assert raw.closed() == (1002, "protocol_error")


@pytest.mark.parametrize(
    "send",
    [
        lambda raw: raw.send(3, b""),
        lambda raw: raw.send(11, b""),
        lambda raw: raw.send(TEXT, b"{}", reserved=2),
        lambda raw: raw.send(PING, b"x" * 126),
        lambda raw: raw.send(PING, b"x", final=False),
        lambda raw: raw.send(0, b"no beginning"),
        lambda raw: (raw.send(TEXT, b"{", final=False), raw.send(TEXT, b"}")),
        lambda raw: raw.send(CLOSE, b"\x03"),
        lambda raw: raw.send(CLOSE, b"\x03\xed"),
    ],
    ids=["opcode 3", "opcode 11", "reserved bit", "long ping", "ping in pieces", "continuation", "interleaved",
         "close of one byte", "close 1005"],
)
def test_what_breaks_the_framing_closes(raw, send):
    send(raw)
    assert raw.closed() == (1002, "protocol_error")


def test_pieces_make_one_message_and_a_ping_may_come_between(raw):
    raw.send(TEXT, b'{"type":"pi', final=False)
    raw.send(PING, b"beat")
    raw.send(0, b'ng","data":{"a":', final=False)
    raw.send(0, b"1}}")
    assert raw.receive() == (PONG, b"beat")
    assert json.loads(raw.receive()[1])["data"]["a"] == 1


def test_a_goodbye_is_answered_in_kind_and_the_server_ends(raw):
    raw.send(CLOSE, b"\x03\xe8bye")
    assert raw.closed() == (1000, "bye")
    assert raw.ended()


MALFORMED = [
    ("", "invalid_json"), ("{", "invalid_json"), ("[]", "invalid_json"), ('"text"', "invalid_json"),
    ("null", "invalid_json"), ('{"type":"ping",}', "invalid_json"), ('{"type":"ping"} x', "invalid_json"),
    ("[" * 1000, "invalid_json"), ('{"type":"no_such_type"}', "unknown_type"), ('{"type":"new_message"}', "unknown_type"),
    ('{"type":"edit_message","data":{}}', "unknown_type"), ("{}", "invalid_field"), ('{"type":5}', "invalid_field"),
    ('{"type":"ping","id":{}}', "invalid_field"), ('{"type":"join_room"}', "invalid_field"),
    ('{"type":"join_room","data":[]}', "invalid_field"),
]


@pytest.mark.parametrize(("text", "code"), MALFORMED)
def test_a_malformed_frame_is_answered_and_the_connection_stays(pair, text, code):
    pair.on_a.send_raw(text)
    refused = pair.on_a.expect("error")["data"]
    assert (refused["code"], refused["retryable"]) == (code, False) and refused["error"]
    pair.on_a.ask("ping", "pong")


def test_an_unknown_type_gets_its_id_back(pair):
    refused = pair.on_a.ask("no_such_type", "error")["data"]
    assert refused["code"] == "unknown_type"


def test_more_than_twenty_malformed_frames_are_a_flood(pair):
    for _ in range(20):
        pair.on_a.send_raw("{")
    pair.on_a.collect("error", 20)
    pair.on_a.ask("ping", "pong")
    pair.on_a.send_raw("{")
    assert pair.on_a.closed() == Closed(1008, "flood")


def test_a_ping_comes_back_with_the_time_of_the_server(pair):
    data = pair.on_a.ask("ping", "pong", a=1, b={"c": [None, "d"]})["data"]
    assert (data["a"], data["b"]) == (1, {"c": [None, "d"]})
    assert abs(data["server_time"] - pair.on_a.connected["data"]["server_time"]) < 60_000


def test_a_ping_of_the_websocket_is_answered(pair):
    assert pair.on_a.socket.ping().wait(5)
