"""permessage-deflate (RFC 7692), through nginx and straight at a gateway."""

import json
import zlib

import pytest

from client import Client
from outages import metric
from raw import CLOSE, PING, PONG, TEXT, RawSocket

AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
LONG = "a sentence that comes again and again, " * 50


def deflate(text: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return (deflater.compress(text) + deflater.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


def accepted(client):
    return client.socket.response.headers.get("Sec-WebSocket-Extensions")


@pytest.fixture
def raw(open_cluster, guest):
    """A connection below the rules that has agreed on compression."""
    socket = RawSocket(
        open_cluster.gateway_urls[0], Authorization=f"Bearer {guest().token}",
        Sec_WebSocket_Extensions="permessage-deflate",
    )
    assert socket.headers["sec-websocket-extensions"] == AGREED
    assert socket.receive()[0] == TEXT
    return socket


def test_both_ways_through_the_load_balancer(open_cluster, guest):
    alice, bob = guest("alice"), guest("bob")
    room = alice.create_room()
    on_a, on_b = alice.connect(), bob.connect()
    assert accepted(on_a).startswith(AGREED)
    on_a.join(room)
    on_b.join(room)
    sent = on_a.say(room, LONG)
    assert on_b.expect("new_message", id=sent["id"])["data"]["content"] == LONG
    page = on_b.ask("get_history", "history", room=room)
    assert [message["data"]["content"] for message in page["data"]["messages"]] == [LONG]


def test_a_message_is_compressed_once_for_all_who_take_it(open_cluster, guest):
    alice, gateway = guest("alice"), open_cluster.gateway_urls[0]
    room = alice.create_room()
    readers = [guest().connect(0) for _ in range(4)]
    plain = guest().connect(0, compression=None)
    assert accepted(plain) is None
    writer = alice.connect(1)
    for client in [*readers, plain, writer]:
        client.join(room)
    before = {name: metric(gateway, f"parley_gateway_{name}") for name in
              ("compressed_messages_total", "compressed_plain_bytes_total", "compression_saved_bytes_total")}
    sent = writer.say(room, LONG)
    for client in [*readers, plain]:
        assert client.expect("new_message", id=sent["id"])["data"]["content"] == LONG
    grown = {name: metric(gateway, f"parley_gateway_{name}") - value for name, value in before.items()}
    count = grown["compressed_messages_total"]
    assert 1 <= count <= open_cluster.loops, "once on each loop that has receivers"
    assert len(LONG) < grown["compressed_plain_bytes_total"] / count < len(LONG) + 400
    assert grown["compression_saved_bytes_total"] > 4 * len(LONG) * 0.7


def test_what_is_compressed_is_taken_whole_and_in_pieces(raw):
    frame = json.dumps({"type": "ping", "id": "a", "data": {"x": LONG}}).encode()
    payload = deflate(frame)
    raw.send(TEXT, payload, reserved=4)
    assert raw.receive()[0] == TEXT
    raw.send(TEXT, payload[:9], final=False, reserved=4)
    raw.send(PING, b"between")
    raw.send(0, payload[9:])
    assert raw.receive() == (PONG, b"between")
    assert raw.receive()[0] == TEXT


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (deflate(b"\xff\xfe"), (1007, "invalid_utf8")),
        (b"\xff\xff\xff", (1007, "invalid_deflate")),
        (deflate(b"{}")[:-2], (1007, "invalid_deflate")),
        (deflate(b" " * 65_537), (1009, "message_too_big")),
        (deflate(b" " * 60_000_000), (1009, "message_too_big")),
    ],
    ids=["not-utf8", "not-deflate", "cut", "one-too-many", "bomb"],
)
def test_what_cannot_be_inflated_closes(raw, payload, reason):
    raw.send(TEXT, payload, reserved=4)
    assert raw.closed() == reason


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE, 0])
def test_only_the_first_frame_of_a_message_says_that_it_is_compressed(raw, opcode):
    raw.send(TEXT, b"", final=False)
    raw.send(opcode, b"", reserved=4)
    assert raw.closed() == (1002, "protocol_error")


@pytest.mark.parametrize("offer", ["permessage-deflate; x", "permessage-deflate; server_max_window_bits=8", "x-other"])
def test_an_offer_that_cannot_be_kept_is_declined(open_cluster, guest, offer):
    socket = RawSocket(
        open_cluster.gateway_urls[0], Authorization=f"Bearer {guest().token}", Sec_WebSocket_Extensions=offer
    )
    assert socket.status == 101 and "sec-websocket-extensions" not in socket.headers
    assert socket.receive()[0] == TEXT
    socket.send(TEXT, deflate(b"{}"), reserved=4)
    assert socket.closed() == (1002, "protocol_error")


def test_a_broken_list_of_extensions_is_refused(open_cluster):
    socket = RawSocket(open_cluster.gateway_urls[0], Sec_WebSocket_Extensions="permessage-deflate;")
    assert socket.status == 400


@pytest.mark.parametrize("setting", [{"COMPRESSION": "off"}, {"COMPRESS_MIN_BYTES": "0"}])
def test_it_can_be_turned_off(open_cluster, guest, setting):
    gateway = open_cluster.spawn("gateway", **setting)
    client = Client(gateway.url, token=guest().token).greeted()
    assert accepted(client) is None
    client.ask("ping", "pong", x=LONG)


def test_short_messages_are_left_as_they_are(open_cluster, guest):
    gateway = open_cluster.spawn("gateway", COMPRESS_MIN_BYTES="5000")
    client = Client(gateway.url, token=guest().token).greeted()
    client.ask("ping", "pong", x=LONG)
    assert metric(gateway.url, "parley_gateway_inflated_messages_total") == 1
    assert metric(gateway.url, "parley_gateway_compressed_messages_total") == 0
    client.ask("ping", "pong", x=LONG * 3)
    assert metric(gateway.url, "parley_gateway_compressed_messages_total") == 1
