"""Who somebody is, in all the ways to say so (protocol, section 4)."""

import base64
import json
import time
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from balancer import is_listening
from client import Client, Closed
from people import SECRET, claims_of, new_name, register, sign
from raw import RawSocket
from waiting import eventually

MISSING, INVALID = Closed(1008, "token_missing"), Closed(1008, "token_invalid")
EXPIRED, ORIGIN_DENIED = Closed(1008, "token_expired"), Closed(1008, "origin_denied")


@pytest.fixture(scope="module")
def alice(cluster):
    return register(cluster, "alice")


def addresses(cluster):
    return [cluster.url, *cluster.gateway_urls]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["balancer", "gateway-1", "gateway-2"])
@pytest.mark.parametrize("way", ["header", "subprotocol", "ticket", "query", "frame"])
def test_each_way_to_say_who_one_is(cluster, alice, way, place):
    url = addresses(cluster)[place]
    if way == "header":
        client = Client(url, token=alice.token)
    elif way == "subprotocol":
        client = Client(url, subprotocols=["chat.v1", f"bearer.{alice.token}"])
        assert client.socket.subprotocol == "chat.v1"
    elif way == "ticket":
        client = Client(url, query={"ticket": alice.ticket()})
    elif way == "query":
        client = Client(url, query={"token": alice.token})
    else:
        client = Client(url)
        client.send("authenticate", token=alice.token)
    assert client.greeted().connected["user"] == alice.name
    client.close()


def test_connected_tells_exactly_what_the_protocol_lists(cluster, alice):
    client = alice.connect(0)
    frame = client.connected
    assert frame["user"] == alice.name and frame["v"] == 1
    data = frame["data"]
    assert set(data) - {"user"} == {
        "connection_id", "name", "gateway", "server_time", "heartbeat_seconds", "token_expires_at", "limits", "rooms",
    }
    assert data["gateway"] == "gateway-1" and data["heartbeat_seconds"] == 25
    assert isinstance(data["connection_id"], str) and isinstance(data["rooms"], list)
    assert abs(data["server_time"] - time.time() * 1000) < 20_000
    assert 800_000 < data["token_expires_at"] - data["server_time"] <= 901_000
    assert data["limits"] == {
        "message_bytes": 65_536, "content_chars": 4_000, "messages_per_window": 10, "window_seconds": 60, "rooms": 100,
    }
    other = alice.connect(1)
    assert other.connected["data"]["gateway"] == "gateway-2"
    assert other.connected["data"]["connection_id"] != data["connection_id"]


def test_a_ticket_is_good_once_at_any_gateway(cluster, alice):
    ticket = alice.ticket()
    Client(cluster.gateway_urls[0], query={"ticket": ticket}).greeted()
    assert Client(cluster.gateway_urls[1], query={"ticket": ticket}).closed() == INVALID
    assert Client(cluster.url, query={"ticket": "no-such-ticket"}).closed() == INVALID


def test_the_header_counts_before_all_else(cluster, alice, person):
    bob = person("bob")
    client = Client(cluster.url, token=alice.token, query={"token": bob.token, "ticket": "wrong"}).greeted()
    assert client.connected["user"] == alice.name


def test_a_token_in_the_address_can_be_turned_off(open_cluster, guest):
    client = Client(open_cluster.url, query={"token": guest().token})
    client.send("ping", n=1)
    # As if nothing had been shown: the first frame has to.
    assert client.expect("error")["data"]["code"] == "not_authenticated"
    client.send("authenticate", token=guest("late").token)
    client.expect("connected")


@pytest.mark.parametrize("way", ["header", "ticket", "frame"])
def test_frames_need_not_wait_for_the_greeting(cluster, alice, way):
    shown = {"header": {"token": alice.token}, "ticket": {"query": {"ticket": alice.ticket()}}, "frame": {}}[way]
    client = Client(cluster.url, **shown)
    if way == "frame":
        client.send("authenticate", token=alice.token)
    for number in range(5):
        client.send("ping", id=number)
    assert client.greeted().connected["user"] == alice.name
    assert [frame["reply_to_id"] for frame in client.collect("pong", 5)] == list(range(5))
    client.close()


def test_a_stranger_with_a_good_token_can_do_everything_at_once(open_cluster, guest):
    host = guest("host")
    room = host.create_room()
    for number in range(10):
        stranger, other = guest("stranger"), guest("other")
        client, listener = stranger.connect(number % 2), other.connect((number + 1) % 2)
        client.join(room)
        assert client.ask("send_message", "message_sent", to=other.name, content="hello")["data"]["seq"] == 1
        assert listener.expect("new_message")["user"] == stranger.name


def test_who_does_not_say_who_they_are_is_closed_after_five_seconds(cluster):
    began = time.monotonic()
    client = Client(cluster.url)
    client.send("get_history", id="h", room="general")
    refused = client.expect("error")
    assert refused["reply_to_id"] == "h" and refused["data"]["code"] == "not_authenticated"
    client.send("ping")
    assert client.expect("error")["data"]["code"] == "not_authenticated"
    assert client.closed() == MISSING
    assert 4.5 < time.monotonic() - began < 12


@pytest.mark.parametrize("way", ["header", "frame"])
def test_a_gateway_that_has_just_begun_waits_for_the_keys(open_cluster, guest, way):
    gateway, alice = open_cluster.spawn("gateway"), guest("alice")
    gateway.kill()
    open_cluster.pause("redis")
    try:
        gateway.begin()
        eventually(lambda: is_listening(urlsplit(gateway.url).port), what="it listens")
        client = Client(gateway.url, token=alice.token if way == "header" else None)
        if way == "frame":
            client.send("authenticate", id="a", token=alice.token)
        # By its answer it has read the frame.
        assert client.socket.ping().wait(10)
    finally:
        open_cluster.resume("redis")
    assert client.expect("connected").get("reply_to_id") == ("a" if way == "frame" else None)


def test_authenticate_with_a_wrong_token_closes(cluster):
    client = Client(cluster.url)
    client.send("authenticate", token="nonsense")
    assert client.closed() == INVALID


def test_authenticate_without_a_token_names_the_field(cluster, alice):
    client = Client(cluster.url)
    client.send("authenticate", id=1)
    answer = client.expect("error", reply_to_id=1)["data"]
    assert (answer["code"], answer["field"]) == ("invalid_field", "token")
    client.send("authenticate", token=alice.token)
    client.expect("connected")


def test_the_wrong_token_is_refused_whichever_way_it_comes(cluster):
    for options in (
        {"token": "nonsense"}, {"query": {"token": "nonsense"}}, {"subprotocols": ["chat.v1", "bearer.nonsense"]},
        {"additional_headers": {"Authorization": "Basic YTpi"}},
    ):
        assert Client(cluster.url, **options).closed() == INVALID, options


def unsigned(claims):
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in ({"alg": "none", "typ": "at+jwt"}, claims)]
    return ".".join([*parts, ""])


def changed(**changes):
    claims = claims_of(new_name()) | changes
    return sign({key: value for key, value in claims.items() if value is not None})


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: changed(exp=int(time.time()) - 60), EXPIRED),
        (lambda: changed(exp=None), INVALID),
        (lambda: changed(exp="tomorrow"), INVALID),
        (lambda: changed(iss="somebody"), INVALID),
        (lambda: changed(aud="somebody"), INVALID),
        (lambda: changed(sub=None), INVALID),
        (lambda: changed(sub="Not A Handle"), INVALID),
        (lambda: changed(nbf=int(time.time()) + 120), INVALID),
        (lambda: sign(claims_of(new_name()), secret="another-secret-of-thirty-two-bytes-or-more"), INVALID),
        (lambda: sign(claims_of(new_name()), alg="HS512"), INVALID),
        (lambda: sign(claims_of(new_name()), typ="JWT"), INVALID),
        (lambda: unsigned(claims_of(new_name())), INVALID),
        (lambda: sign(claims_of(new_name()))[:-2], INVALID),
        (lambda: "a.b.c", INVALID),
    ],
    ids=["expired", "no exp", "exp no number", "iss", "aud", "no sub", "sub", "nbf", "secret", "alg", "typ", "none",
         "cut", "garbage"],
)
def test_a_token_is_judged_by_every_claim(open_cluster, make, reason):
    assert Client(open_cluster.gateway_urls[0], token=make()).closed() == reason


def test_clocks_may_differ_by_half_a_minute(open_cluster, guest):
    now = int(time.time())
    guest(nbf=now + 20, iat=now + 20).connect(0)


def test_a_shared_secret_token_is_no_token_where_keys_are_used(cluster):
    assert Client(cluster.url, token=sign(claims_of(new_name()), SECRET)).closed() == INVALID


def test_a_list_of_subprotocols_without_ours_is_refused(cluster, alice):
    with pytest.raises(InvalidStatus) as refused:
        Client(cluster.url, token=alice.token, subprotocols=["chat.v2", "graphql-ws"])
    assert refused.value.response.status_code == 400


def test_ours_is_selected_wherever_it_is_offered(cluster, alice):
    client = Client(cluster.url, token=alice.token, subprotocols=["other", "chat.v1"]).greeted()
    assert client.socket.subprotocol == "chat.v1"
    assert Client(cluster.url, token=alice.token).greeted().socket.subprotocol is None


@pytest.mark.parametrize("place", [0, 1], ids=["balancer", "gateway-1"])
def test_a_page_may_connect_to_its_own_host_only(cluster, alice, place):
    url = addresses(cluster)[place]
    Client(url, token=alice.token, origin=url).greeted()
    for origin in ("http://evil.example", f"{url}.evil.example", url.replace("127.0.0.1", "localhost"), "null",
                   "http://127.0.0.1:1"):
        assert Client(url, token=alice.token, origin=origin).closed() == ORIGIN_DENIED, origin


def test_listed_origins_match_exactly(open_cluster, guest):
    token = guest().token
    for origin in ("https://chat.example", "https://other.example:8443"):
        Client(open_cluster.url, token=token, origin=origin).greeted()
    for origin in ("https://chat.example.evil", "http://chat.example", "https://evil-chat.example",
                   "https://other.example", open_cluster.url):
        assert Client(open_cluster.url, token=token, origin=origin).closed() == ORIGIN_DENIED, origin


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Sec_WebSocket_Version": "12"}, 426),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
    ],
)
def test_a_request_that_is_no_handshake_is_told_why(cluster, alice, changes, status):
    answered = RawSocket(cluster.gateway_urls[0], Authorization=f"Bearer {alice.token}", **changes)
    assert answered.status == status
    if status == 426:
        assert answered.headers["sec-websocket-version"] == "13"


def test_only_get_begins_a_handshake(cluster, alice):
    answered = RawSocket(cluster.gateway_urls[0], method="POST", Authorization=f"Bearer {alice.token}")
    assert answered.status == 405
    assert "GET" in answered.headers["allow"]


def test_a_plain_request_to_the_socket_is_asked_to_upgrade(cluster):
    for url in addresses(cluster):
        answered = RawSocket(url, Upgrade="", Connection="", Sec_WebSocket_Key="", Sec_WebSocket_Version="")
        assert answered.status in (400, 426)
