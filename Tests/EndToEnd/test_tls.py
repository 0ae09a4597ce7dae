"""Every service listens by TLS, and an instance of each kind reaches Redis and PostgreSQL by it too."""

import os
import select
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

import people
from authority import Authority
from client import Client
from cluster import BINARIES
from conftest import CHEAP_PASSWORDS
from rest import Service
from waiting import eventually

REDIS_TLS, LOST = 60, 61  # of the cluster's hundred ports
BUS_PASSWORD = "password-of-the-bus"


@pytest.fixture(scope="module")
def outer(tmp_path_factory):
    """Vouches for the services."""
    return Authority(tmp_path_factory.mktemp("outer"))


@pytest.fixture(scope="module")
def inner(tmp_path_factory):
    """Vouches for Redis and PostgreSQL."""
    folder = tmp_path_factory.mktemp("inner")
    return Authority(folder)


@pytest.fixture(scope="module")
def cluster(running, outer):
    """All services by TLS, and nginx before them."""
    made = outer.issue("services")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(outer.file))
        yield from running(
            **CHEAP_PASSWORDS, JWT_ALGORITHM="HS256", JWT_SECRET=people.SECRET, LIMITS="off",
            TLS_CERT=str(made.certificate), TLS_KEY=str(made.key),
        )


@pytest.fixture(scope="module")
def bus(cluster, inner):
    """The settings with which a service reaches Redis by TLS, as a user of its own."""
    made = inner.issue("redis", names="DNS:localhost")
    port = cluster.base + REDIS_TLS
    cluster.redis("ACL", "SETUSER", "parley", "on", f">{BUS_PASSWORD}", "~*", "&*", "+@all")
    cluster.redis(
        "CONFIG", "SET", "tls-cert-file", str(made.certificate), "tls-key-file", str(made.key),
        "tls-ca-cert-file", str(inner.file), "tls-auth-clients", "no", "tls-port", str(port),
    )
    cluster.secrets.add(BUS_PASSWORD)
    return {"REDIS_URL": f"rediss://parley:{BUS_PASSWORD}@localhost:{port}", "REDIS_CA": str(inner.file)}


@pytest.fixture(scope="module")
def record(cluster, inner):
    """The settings with which a service reaches PostgreSQL by TLS."""
    made = inner.issue("postgres", names="DNS:localhost")
    data = cluster.folder / str(cluster.base) / "postgres"
    for source, name in ((made.certificate, "server.crt"), (made.key, "server.key")):
        shutil.copyfile(source, data / name)
        (data / name).chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(data / name, "postgres", "postgres")
    # This file wins over the one that it is started with; nobody is let in without TLS who asks by name.
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write("ssl = on\n")
    os.kill(cluster.pid("postgres"), signal.SIGHUP)
    url = cluster.database_url.replace("127.0.0.1", "localhost")
    encrypted = {"DATABASE_URL": f"{url}&sslmode=verify-full&sslrootcert={inner.file}"}
    eventually(lambda: _psql(encrypted["DATABASE_URL"]), what="PostgreSQL speaks TLS")
    return encrypted


def _psql(url: str) -> bool:
    return subprocess.run(["psql", "-XAtqc", "SELECT 1", url], capture_output=True, check=False).returncode == 0


def test_everything_works_through_nginx_and_by_wss(cluster):
    assert all(url.startswith("https://") for url in cluster.gateway_urls)
    alice = people.register(cluster, "alice")
    bob = people.register(cluster, "bob")
    room = alice.create_room()
    sender, receiver = alice.connect(), bob.connect(0)
    for client in (sender, receiver):
        client.ask("join_room", "joined", room=room)
    sender.send("send_message", room=room, content="in secret", client_msg_id="c-1", ack="stored")
    assert receiver.expect("new_message")["data"]["content"] == "in secret"
    sender.expect("message_stored", patience=20)


def test_one_instance_of_each_kind_speaks_nothing_but_tls(cluster, bus, record):
    gateway = cluster.spawn("gateway", **bus)
    # The first history gives its partitions to the second, which alone stores what comes after.
    history = cluster.spawn("history", **bus, **record)
    cluster.stop("history")
    alice, bob = people.mint(cluster, "alice"), people.mint(cluster, "bob")
    room = alice.create_room()
    sender = Client(gateway.url, token=alice.token).greeted()
    receiver = bob.connect(1)
    for client in (sender, receiver):
        client.ask("join_room", "joined", room=room)
    sender.send("send_message", room=room, content="by three ways", client_msg_id="c-1", ack="stored")
    assert receiver.expect("new_message")["data"]["content"] == "by three ways"
    sender.expect("message_stored", patience=30)
    page = Service(history.url).get(f"/history/rooms/{room}/messages", token=alice.token).json
    assert "by three ways" in str(page)
    users = cluster.redis("CLIENT", "LIST")
    mine = [line for line in users.splitlines() if "user=parley" in line]
    assert {f"laddr=127.0.0.1:{cluster.base + REDIS_TLS}" in line for line in mine} == {True}
    assert len(mine) >= 6, users
    cluster.start("history")


@pytest.mark.parametrize(("change", "reason"), [
    ("authority", "certificate verify failed: self-signed certificate in certificate chain"),
    ("name", "certificate verify failed: IP address mismatch"), ("password", "WRONGPASS"),
])
def test_a_gateway_that_cannot_trust_redis_says_why_and_is_not_ready(cluster, bus, outer, change, reason):
    settings = {
        "authority": bus | {"REDIS_CA": str(outer.file)},
        "name": bus | {"REDIS_URL": bus["REDIS_URL"].replace("localhost", "127.0.0.1")},
        "password": bus | {"REDIS_URL": bus["REDIS_URL"].replace(BUS_PASSWORD, "guess")},
    }[change]
    environment = cluster.environment() | settings | {"PORT": str(cluster.base + LOST), "GATEWAY_ID": f"lost-{change}"}
    log = cluster.folder / f"{change}.log"
    with log.open("wb") as output:
        process = subprocess.Popen([BINARIES / "gateway"], env=environment, stdout=output, stderr=output)
    try:
        eventually(lambda: reason in log.read_text(), what=f"the log names {reason}")
        health = subprocess.run([BINARIES / "gateway", "health"], env=environment, capture_output=True, check=False)
        assert health.returncode == 1 and b"not ready: keys, redis" in health.stdout, health
        assert BUS_PASSWORD not in log.read_text()
    finally:
        process.kill()
        process.wait()


def test_a_certificate_is_read_again_without_losing_anybody(cluster, outer, bus):
    made = outer.issue("renewed")
    gateway = cluster.spawn("gateway", TLS_CERT=str(made.certificate), TLS_KEY=str(made.key))
    client = Client(gateway.url, token=people.mint(cluster).token).greeted()
    before = serial_of(gateway.url)
    made.certificate.write_text("nonsense")
    gateway.reload()
    log = cluster.folder / str(cluster.base) / "log" / f"{gateway.name}.log"
    eventually(lambda: "certificate not read again" in log.read_text(), what="the bad file is told of")
    assert serial_of(gateway.url) == before
    outer.issue("renewed")
    gateway.reload()
    eventually(lambda: serial_of(gateway.url) != before, what="the new certificate is shown")
    assert client.ask("ping", "pong")
    assert b"parley_tls_certificate_expires_seconds 1" in Service(gateway.url).get("/metrics").body


@pytest.mark.parametrize("service", ["gateway", "auth", "history", "presence"])
def test_whom_redis_has_to_show_is_read_again(cluster, inner, outer, bus, record, service, tmp_path):
    believed = tmp_path / "believed.pem"
    believed.write_bytes(inner.file.read_bytes())
    named = f"{service}-reads-again"
    cluster.redis("ACL", "SETUSER", named, "on", ">word", "~*", "&*", "+@all")
    url = bus["REDIS_URL"].replace(f"parley:{BUS_PASSWORD}", f"{named}:word")
    database = record if service in ("auth", "history") else {}
    instance = cluster.spawn(service, REDIS_URL=url, REDIS_CA=str(believed), **database)
    log = cluster.folder / str(cluster.base) / "log" / f"{instance.name}.log"
    told = "authorities of redis read again", "authorities of redis not read again", "certificate verify failed"

    def reload(text: bytes, says: str) -> None:
        believed.write_bytes(text)
        instance.reload()
        eventually(lambda: says in log.read_text(), what=says)
        cluster.redis("CLIENT", "KILL", "USER", named)

    def is_ready() -> bool:
        return Service(instance.url).get("/readyz").status == 200

    try:
        connected = log.read_text().count("redis connected")
        reload(b"nonsense", told[1])
        eventually(lambda: log.read_text().count("redis connected") > connected, what="those of before still count")
        assert told[2] not in log.read_text()
        # Another authority than the one that vouches for Redis.
        reload(outer.file.read_bytes(), told[0])
        eventually(lambda: told[2] in log.read_text(), what="only the new one counts")
        reload(inner.file.read_bytes(), told[0])
        eventually(is_ready, what="Redis is believed again")
    finally:
        instance.kill()


def serial_of(url: str) -> str:
    """Of the certificate that is shown to new connections."""
    host, port = url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), 5) as plain:
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured:
            assert secured.version() == "TLSv1.3"
            return secured.getpeercert()["serialNumber"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_websocket_opens_by_either_version(cluster, version):
    host, port = cluster.gateway_urls[0].removeprefix("https://").split(":")
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    request = (
        "GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {people.mint(cluster).token}\r\n\r\n"
    )
    for _ in range(50):
        with socket.create_connection((host, int(port)), 5) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secured:
                secured.sendall(request.encode())
                assert secured.recv(4096).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_older_version_is_refused(cluster, version):
    """TLS 1.0 or 1.1: alert protocol_version; SSL 2 and 3 this OpenSSL cannot speak."""
    host, port = cluster.gateway_urls[0].removeprefix("https://").split(":")
    context = ssl.create_default_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection((host, int(port)), 5) as plain:
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            context.wrap_socket(plain, server_hostname=host)


def test_a_handshake_that_does_not_end(cluster):
    """A TLS handshake that does not end: closed after `HEADER_SECONDS`, without a word."""
    service = cluster.spawn("presence", HEADER_SECONDS="1")
    place = service.url.removeprefix("https://").split(":")
    with socket.create_connection((place[0], int(place[1])), 5) as plain:
        # The head of a greeting of 128 KiB, of which nothing more comes.
        plain.sendall(b"\x16\x03\x01\x02\x00\x01\x01\xff\xfc\x03\x03")
        assert plain.recv(100) == b""


def test_more_handshakes_than_there_may_be(cluster):
    """More TLS handshakes at once than `MAX_HANDSHAKES`: the oldest is closed, others are not."""
    service = cluster.spawn("presence", HEADER_SECONDS="60", MAX_HANDSHAKES="16")
    host, port = service.url.removeprefix("https://").split(":")
    held = [socket.create_connection((host, int(port)), 5) for _ in range(17)]
    assert held[0].recv(100) == b""
    held[1].settimeout(0.2)
    with pytest.raises(TimeoutError):
        held[1].recv(100)
    for connection in held:
        connection.close()


def test_handshakes_are_counted_over_all_loops(cluster):
    """Twice as many TLS handshakes as there may be, over two loops of a gateway: half of them are closed."""
    service = cluster.spawn("gateway", HEADER_SECONDS="60", MAX_HANDSHAKES="16", LOOPS="2")
    host, port = service.url.removeprefix("https://").split(":")
    held = [socket.create_connection((host, int(port)), 5) for _ in range(32)]
    eventually(lambda: len(select.select(held, [], [], 0)[0]) == 16)
    assert {connection.recv(100) for connection in select.select(held, [], [], 0)[0]} == {b""}
    for connection in held:
        connection.close()


def test_plain_http_gets_a_clean_close(cluster):
    """Plain HTTP at a port that speaks TLS: closed."""
    host, port = cluster.auth_url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), 5) as plain:
        plain.settimeout(5)
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert plain.recv(100) == b""


@pytest.mark.parametrize("service", ["gateway", "auth", "history", "presence"])
def test_settings_that_do_not_fit_are_named(cluster, outer, service):
    one, two = outer.issue(f"one-{service}"), outer.issue(f"two-{service}")
    environment = cluster.environment() | {"TLS_CERT": str(one.certificate), "TLS_KEY": str(two.key)}
    done = subprocess.run([BINARIES / service], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "TLS_CERT: cannot be used: TLS: the key in" in done.stderr
