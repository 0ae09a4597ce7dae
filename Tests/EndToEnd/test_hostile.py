"""What strangers send, and what they are answered with: the list of hostile.py, at real sockets of every service."""

import json
import re
import resource
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from client import Client, Closed
from hostile import FRAMES, HOST, REQUESTS, TEXT, frame, get
from outages import metric, status_of
from raw import RawSocket
from waiting import eventually

PATIENCE = 20
SERVICES = ["gateway", "auth", "history", "presence"]
LAST, LAST_ANSWER = get(HOST + b"Connection: close\r\n", b"/last-of-all"), "404 not_found"
TOO_MANY = Closed(1008, "too_many_connections")


def url_of(cluster, service):
    return cluster.gateway_urls[0] if service == "gateway" else getattr(cluster, f"{service}_url")


def connect(url, source="127.0.0.1"):
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=PATIENCE, source_address=(source, 0))


def narrow(url):
    """A connection whose end here takes little unread."""
    place = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.settimeout(PATIENCE)
    connection.connect((place.hostname, place.port))
    return connection


def everything(connection) -> bytes:
    """All that comes until the server ends its side."""
    received = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(65_536):
            received += data
    return received


def exchange(url, data) -> bytes:
    """What is answered to `data` and an ordinary request behind it that asks to close."""
    with connect(url) as connection:
        # The server may have ended the connection before it has all of that.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data + LAST)
        return everything(connection)


def summary(received: bytes) -> str:
    """As `Case.answer` says it."""
    words = []
    for answer in re.split(rb"(?=HTTP/1\.1 \d{3} )", received)[1:]:
        head, _, body = answer.partition(b"\r\n\r\n")
        words.append(head.split()[1].decode() + code(head, body))
        assert b"\r\nDate: " in head, head
    goes_on = words[-1:] == [LAST_ANSWER] and words.pop() == LAST_ANSWER
    if len(words) > 1:
        assert len(set(words)) == 1, words
        words = [f"{words[0]} × {len(words)}"]
    return "; ".join([*words, "goes on" if goes_on else "closed"])


def code(head: bytes, body: bytes) -> str:
    """The code of a problem, whose form is checked."""
    status = int(head.split()[1])
    if status < 400 or not body:
        return ""
    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    problem = json.loads(body)
    assert (problem["status"], problem["type"]) == (status, "about:blank") and problem["title"]
    return f" {problem['code']}"


@pytest.mark.parametrize("service", SERVICES)
def test_each_hostile_request_has_its_answer(cluster, service):
    url = url_of(cluster, service)
    answers = {case.name: summary(exchange(url, case.data)) for case in REQUESTS}
    assert answers == {case.name: case.answer for case in REQUESTS}
    assert status_of(url, "/healthz") == 200


@pytest.mark.parametrize("case", FRAMES, ids=lambda case: case.name)
def test_each_hostile_frame_has_its_answer(cluster, case):
    client = RawSocket(cluster.gateway_urls[0])
    with suppress(BrokenPipeError, ConnectionResetError):
        client.send_bytes(case.data)
    assert "%d %s" % client.closed() == case.answer
    client.close()


# ---- what takes time, or many connections; the first line of each says what is tried and what comes of it ----


@pytest.fixture(scope="module")
def hasty(open_cluster):
    """A gateway with short times and narrow bounds, for which this machine is no proxy."""
    return open_cluster.spawn(
        "gateway", LIMITS="on", TRUSTED_PROXIES="127.0.0.99", HEADER_SECONDS="3", BODY_SECONDS="1", IDLE_SECONDS="8",
        AUTHENTICATION_SECONDS="3", MAX_UNFINISHED_PER_IP="5", MAX_CONNECTIONS_PER_IP="20", MAX_UNFINISHED="16",
        MAX_FRAMES_PER_SECOND="50", MAX_FRAME_BYTES="2KiB", MAX_MESSAGE_BYTES="4KiB", MAX_FRAGMENTS="4",
        MAX_METADATA_DEPTH="2", MAX_METADATA_BYTES="100", MAX_ROOMS_PER_CONNECTION="1", MAX_CONNECTIONS_PER_USER="1",
        MAX_BODY_BYTES="2KiB", MAX_HEADER_BYTES="4KiB", MAX_REQUEST_LINE_BYTES="2KiB",
    )


def refused(gateway, reason, family="gateway") -> int:
    return metric(gateway.url, f'parley_{family}_refused_total{{reason="{reason}"}}')


def drip(url, begin: bytes, drop: bytes, source="127.0.0.1") -> bytes:
    """Sends the beginning, and a drop again and again until the server has enough."""
    with connect(url, source) as connection:
        connection.sendall(begin)
        connection.settimeout(0.05)
        received = b""
        with suppress(BrokenPipeError, ConnectionResetError):
            while True:
                with suppress(TimeoutError):
                    data = connection.recv(65_536)
                    received += data
                    if not data:
                        break
                connection.sendall(drop)
        return received


@pytest.mark.parametrize("begin", [b"\r\n", b"G", b"GET / HTTP/1.1\r\nX: "], ids=["empty line", "method", "field"])
def test_a_header_that_comes_by_drops(hasty, begin):
    """A header of which a byte comes now and then (slowloris): 408 after `HEADER_SECONDS`, whatever is sent."""
    before = refused(hasty, "header_time", "http")
    assert summary(drip(hasty.url, begin, b"x")) == "408 request_timeout; closed"
    assert refused(hasty, "header_time", "http") == before + 1


def test_a_body_that_comes_by_drops(hasty):
    """A body of which a chunk comes now and then: 408 after `BODY_SECONDS`."""
    begin = b"POST /healthz HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert summary(drip(hasty.url, begin, b"1\r\nx\r\n")) == "408 request_timeout; closed"
    assert refused(hasty, "body_time", "http") == 1


def test_a_connection_that_says_nothing(hasty):
    """A connection that says nothing, or nothing further: closed after `HEADER_SECONDS` or `IDLE_SECONDS`, without a word."""
    with connect(hasty.url) as connection:
        assert everything(connection) == b""
    with connect(hasty.url) as connection:
        connection.sendall(get())
        assert everything(connection).startswith(b"HTTP/1.1 200 ")


def test_an_answer_that_is_taken_slowly_or_not_at_all(hasty):
    """An answer that is taken slowly is sent whole, the last of a connection too; who takes nothing for `IDLE_SECONDS` is closed, though they have shut their half."""
    before = refused(hasty, "answer_rate", "http")
    asked = b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n" * 99 + get(HOST + b"Connection: close\r\n", b"/metrics")
    with narrow(hasty.url) as slow, narrow(hasty.url) as shut:
        slow.sendall(asked)
        shut.sendall(asked)
        shut.shutdown(socket.SHUT_WR)
        # Longer than the server reads on after its last word.
        received = b""
        while data := slow.recv(16_384):
            received += data
            time.sleep(0.04)
        assert received.count(b"HTTP/1.1 200 ") == 100
        eventually(lambda: refused(hasty, "answer_rate", "http") == before + 1, patience=PATIENCE)


def test_an_address_with_many_half_open_connections(hasty):
    """More half-open connections of one address than `MAX_UNFINISHED_PER_IP`: the oldest of them are closed, others' are not."""
    before = refused(hasty, "unfinished_per_ip", "http")
    with connect(hasty.url, "127.0.0.8") as other:
        other.sendall(b"GET /healthz HTTP/1.1\r\n")
        held = [connect(hasty.url, "127.0.0.7") for _ in range(12)]
        # Two loops need not take them in the order in which they came.
        eventually(lambda: refused(hasty, "unfinished_per_ip", "http") == before + 7)
        other.sendall(b"Host: h\r\nConnection: close\r\n\r\n")
        assert everything(other).startswith(b"HTTP/1.1 200 ")
        assert sum(everything(connection) == b"" for connection in held) == 12, "the rest in HEADER_SECONDS"
        for connection in held:
            connection.close()


def test_half_open_connections_of_many_addresses(hasty):
    """More half-open connections in all than `MAX_UNFINISHED`: the oldest are closed; an honest request is answered meanwhile."""
    before = refused(hasty, "unfinished", "http")
    held = [connect(hasty.url, f"127.0.1.{number}") for number in range(1, 41)]
    assert status_of(hasty.url, "/healthz") == 200
    for connection in held[:20]:
        assert everything(connection) == b""
    assert refused(hasty, "unfinished", "http") >= before + 20
    for connection in held:
        connection.close()


def test_an_address_with_many_connections(hasty):
    """More connections of one address than `MAX_CONNECTIONS_PER_IP`: 429 too_many_connections, and beyond an eighth more nothing."""
    before = refused(hasty, "connections_per_ip", "http")
    held = []
    for _ in range(20):
        held.append(connect(hasty.url, "127.0.2.1"))
        held[-1].sendall(get())
        assert held[-1].recv(65_536).startswith(b"HTTP/1.1 200 ")
    with connect(hasty.url, "127.0.2.1") as connection:
        assert summary(everything(connection)) == "429 too_many_connections; closed"
    assert refused(hasty, "connections_per_ip", "http") == before + 1
    for connection in held:
        connection.close()


def test_many_who_do_not_say_who_they_are(hasty):
    """WebSockets of one address that do not say who they are, over `MAX_UNFINISHED_PER_IP`: the oldest close, 1008 too_many_connections."""
    before = refused(hasty, "unauthenticated_per_ip")
    held = [RawSocket(hasty.url) for _ in range(7)]
    for client in held[:2]:
        assert client.closed() == (1008, "too_many_connections")
    assert refused(hasty, "unauthenticated_per_ip") == before + 2
    assert held[2].closed() == (1008, "token_missing")
    assert refused(hasty, "authentication_time") >= 1
    for client in held:
        client.close()


def test_many_with_good_tokens_at_once(hasty, guest, open_cluster):
    """WebSockets of one address with good tokens, over `MAX_UNFINISHED_PER_IP` before Redis has answered for any: they are let in."""
    people = [guest() for _ in range(8)]
    open_cluster.pause("redis")
    try:
        held = [RawSocket(hasty.url, Authorization=f"Bearer {person.token}") for person in people]
    finally:
        open_cluster.resume("redis")
    for client in held:
        assert b'"connected"' in client.receive()[1]
        client.close()


def test_unfinished_messages_of_those_who_do_not_say_who_they_are(open_cluster):
    """The unfinished messages of those who do not say who they are, over `MAX_UNFINISHED_BYTES`: the oldest close, 1008 too_many_connections."""
    gateway = open_cluster.spawn("gateway", LIMITS="on", AUTHENTICATION_SECONDS="60", MAX_UNFINISHED_BYTES="1MiB")
    held = [RawSocket(gateway.url) for _ in range(18)]
    for client in held:
        client.send(TEXT, b"x" * 60_000, final=False)
    assert held[0].closed() == (1008, "too_many_connections")
    eventually(lambda: refused(gateway, "unauthenticated_bytes") == 1)
    # Who is known is not counted any more: each of the others could say who they are.
    for client in held[1:]:
        client.send(0, b"")
        assert b"invalid_json" in client.receive()[1]
        client.close()


def test_what_a_proxy_that_is_none_says_of_addresses(hasty):
    """`X-Forwarded-For` of somebody who is no trusted proxy: not believed; their own address counts."""
    before = refused(hasty, "unauthenticated_per_ip")
    held = [RawSocket(hasty.url, X_Forwarded_For=f"192.0.2.{number}") for number in range(6)]
    assert held[0].closed() == (1008, "too_many_connections")
    assert refused(hasty, "unauthenticated_per_ip") == before + 1
    for client in held:
        client.close()


def test_more_frames_than_are_read(hasty, guest):
    """More frames a second than `MAX_FRAMES_PER_SECOND`: five seconds' worth at once, the rest is read later; none is lost."""
    client = Client(hasty.url, token=guest().token).greeted()
    before, began = refused(hasty, "frame_rate"), time.monotonic()
    for number in range(150):
        client.send("ping", id=number)
        client.socket.ping()
    answers = client.collect("pong", 150, patience=PATIENCE)
    assert [answer["reply_to_id"] for answer in answers] == list(range(150))
    # Of the 300 frames one read may have brought the most, and they are carried out; what follows has to wait.
    client.send("ping", id="last")
    client.expect("pong", patience=PATIENCE, reply_to_id="last")
    assert refused(hasty, "frame_rate") > before and time.monotonic() - began > 1
    client.close()


def test_who_is_not_read_from_is_not_silent(open_cluster, guest):
    """More frames than `MAX_FRAMES_PER_SECOND`, held up for longer than `SILENCE_SECONDS`: the client stays, and all is read."""
    gateway = open_cluster.spawn(
        "gateway", LIMITS="on", MAX_FRAMES_PER_SECOND="10", HEARTBEAT_SECONDS="1", SILENCE_SECONDS="2", MAX_MESSAGE_BYTES="256KiB",
    )
    client = Client(gateway.url, token=guest().token).greeted()
    for number in range(50):
        client.send("ping", id=number)
    # As much as 64 frames, which are read in as many tenths of a second.
    client.send("ping", id="long", padding="x" * 260_000)
    client.send("ping", id="last")
    answers = client.collect("pong", 52, patience=PATIENCE)
    assert [answer["reply_to_id"] for answer in answers] == [*range(50), "long", "last"]
    client.close()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frame(TEXT, b"x" * 2_049), "frame_size"),
        (frame(TEXT, b"x" * 2_000, final=False) + frame(0, b"x" * 2_000, final=False) + frame(0, b"x" * 97), "message_size"),
        (frame(TEXT, final=False) + frame(0, final=False) * 4, "fragments"),
    ],
    ids=["frame", "message", "fragments"],
)
def test_what_is_too_big(hasty, data, reason):
    """A frame over `MAX_FRAME_BYTES`, a message over `MAX_MESSAGE_BYTES` or `MAX_FRAGMENTS`: 1009 message_too_big."""
    before = refused(hasty, reason)
    client = RawSocket(hasty.url)
    client.send_bytes(data)
    assert client.closed() == (1009, "message_too_big")
    eventually(lambda: refused(hasty, reason) == before + 1)
    client.close()


def test_limits_of_one_who_is_known(hasty, guest):
    """Metadata over `MAX_METADATA_DEPTH` or `MAX_METADATA_BYTES`: invalid_field; a room over `MAX_ROOMS_PER_CONNECTION`: too_many_rooms."""
    alice = guest()
    rooms = [alice.create_room() for _ in range(2)]
    client = Client(hasty.url, token=alice.token).greeted()
    for metadata in ({"a": {"b": {}}}, {"a": "x" * 100}):
        answer = client.ask("send_message", "message_error", room=rooms[0], content="x", metadata=metadata)
        assert (answer["data"]["code"], answer["data"]["field"]) == ("invalid_field", "metadata")
    client.ask("send_message", "message_sent", room=rooms[0], content="x", metadata={"a": {"b": 1}})
    assert refused(hasty, "metadata") == 2
    client.join(rooms[0])
    assert client.ask("join_room", "error", room=rooms[1])["data"]["code"] == "too_many_rooms"
    assert refused(hasty, "rooms") == 1
    assert Client(hasty.url, token=alice.token).closed() == TOO_MANY
    assert refused(hasty, "connections_per_user") == 1
    assert Client(hasty.url, token=alice.token, origin="http://evil.example").closed() == Closed(1008, "origin_denied")
    assert refused(hasty, "origin") == 1
    client.close()


@pytest.mark.parametrize(
    ("data", "answer", "reason"),
    [
        (get(target=b"/" + b"x" * 2_048), "414 uri_too_long; closed", "request_line_size"),
        (get(b"X: " + b"x" * 4_096 + b"\r\n"), "431 headers_too_large; closed", "header_size"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2049\r\n\r\n", "413 body_too_large; closed", "body_size"),
        (b"GET / HTTP/1.1\n\n", "400 malformed_request; closed", "malformed"),
    ],
    ids=["line", "header", "body", "malformed"],
)
def test_sizes_of_requests_can_be_set(hasty, data, answer, reason):
    before = refused(hasty, reason, "http")
    assert summary(exchange(hasty.url, data)) == answer
    assert refused(hasty, reason, "http") == before + 1


def test_a_service_that_has_no_descriptor_left(open_cluster):
    """More connections than the process may have descriptors: those wait in the kernel, and are served when others have gone."""
    gateway = open_cluster.spawn("gateway", TRUSTED_PROXIES="127.0.0.0/8")
    held = []
    try:
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (64, 64))
        held = [connect(gateway.url) for _ in range(100)]
        before = cpu_seconds(gateway.pid)
        # The last one is in the backlog. Those before it are served all the while.
        held[99].sendall(get(b"Host: h\r\nConnection: close\r\n"))
        held[0].sendall(get())
        assert held[0].recv(65_536).startswith(b"HTTP/1.1 200 ")
        for connection in held[:99]:
            connection.close()
        assert everything(held[99]).startswith(b"HTTP/1.1 200 ")
        # It did not spin meanwhile.
        assert cpu_seconds(gateway.pid) - before < 2
        assert metric(gateway.url, "parley_accept_pauses_total") >= 1
    finally:
        for connection in held:
            connection.close()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_have_as_many_descriptors_as_the_system_allows(cluster, service):
    limits = Path(f"/proc/{cluster.pid('gateway-1' if service == 'gateway' else service)}/limits").read_text()
    soft, hard = re.search(r"Max open files +(\d+) +(\d+)", limits).groups()
    assert soft == hard
    assert metric(url_of(cluster, service), "parley_process_max_fds") == int(hard)


def cpu_seconds(pid) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


# ---- secrets ----

CANARY = "canary-eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_and_no_log_holds_a_token(cluster, service):
    """A token in any place of a good or a broken request: neither in an answer nor in a log."""
    cluster.secrets.add(CANARY)
    url = url_of(cluster, service)
    token = CANARY.encode()
    fields = [
        HOST, b"Host: " + token + b"/\r\n", HOST + b"Authorization: Bearer " + token + b"\r\n",
        HOST + b"Authorization: " + token + b"\r\n", HOST + b"Sec-WebSocket-Protocol: chat.v1, bearer." + token + b"\r\n",
        HOST + b"Cookie: a=" + token + b"\r\n", HOST + b"X-Token : " + token + b"\r\n",
        HOST + b"Expect: " + token + b"\r\n", HOST + b"Content-Length: " + token + b"\r\n",
        HOST + b"Transfer-Encoding: " + token + b"\r\n",
    ]
    targets = [b"/healthz", b"/healthz?token=" + token, b"/ws?ticket=" + token, b"/ws/r?token=" + token,
               b"/" + token, b"/%zz" + token, b"/auth/me?token=" + token]
    sizes = cluster.log_sizes()
    for target in targets:
        for more in fields:
            for method in (b"GET", b"POST", b"BREW", token):
                answer = exchange(url, method + b" " + target + b" HTTP/1.1\r\n" + more + b"\r\n")
                assert answer.startswith(b"HTTP/1.1 ") and token not in answer
    with suppress(BrokenPipeError, ConnectionResetError):
        RawSocket(url, f"/ws?token={CANARY}", Sec_WebSocket_Protocol=f"chat.v1, bearer.{CANARY}").close()
    assert CANARY not in cluster.logs_since(sizes, lines=100_000)
