"""What is there while a part is away, and after it has come back (protocol, 4.3).

Each row of the page "What happens when a part dies" (Shared/Schema/Schema.docc/WhenAPartDies.md) names one of these
tests, and each of them stands in a row: the lint sees to that. Those of Redis stand in test_redis_deaths.py, smaller ones in
test_outages.py.
"""

import contextlib
from urllib.parse import urlsplit

import pytest

from line import Line
from outages import archived, awaken, keep_saying, metric, readable, say_stored, status_of
from rest import is_problem
from waiting import eventually

PATIENCE = 30
TAKE_OVER = 25


@pytest.fixture(autouse=True)
def all_running(open_cluster):
    """Whatever a test has killed or stopped is started again."""
    yield
    awaken(open_cluster)


def test_a_gateway_is_killed(open_cluster, open_pair, guest):
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


def test_a_gateway_is_stopped(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    on_a.say(room, "before")
    last = on_b.expect("new_message", content="before")
    on_b.send("send_message", room=room, content="on the way", client_msg_id="k")
    open_cluster.stop("gateway-2")
    draining = on_b.expect("server_draining", patience=PATIENCE)
    on_b.expect("message_sent", client_msg_id="k")
    assert 0 <= draining["data"]["reconnect_after_ms"] <= 10_000
    closed = on_b.closed(patience=PATIENCE)
    assert (closed.code, closed.reason) == (1012, "draining")
    back = open_pair.bob.connect()
    assert back.join(room, since={"epoch": last["epoch"], "seq": last["seq"]})["recovered"] is True
    back.expect("new_message", content="on the way")


def test_postgres_dies(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    long = open_pair.alice.create_room()
    on_a.join(long)
    keep_saying(on_a, long, 20, "archived")
    archived(open_cluster, long, 20)
    open_cluster.redis("DEL", recent_key(open_cluster, long))
    open_cluster.kill("postgres")

    keep_saying(on_a, room, 20, "meanwhile")
    assert [frame["seq"] for frame in on_b.collect("new_message", 20)] == list(range(1, 21))
    on_a.send("send_message", room=room, content="wait for it", ack="stored")
    on_a.expect("message_sent", seq=21)
    on_a.expect("service_degraded", component="history", patience=PATIENCE)
    assert on_a.heard("message_stored") == []
    # The newest page is in Redis; older ones are not to be had, nor is a log-in.
    newest = open_pair.bob.connect(1).ask("get_history", "history", room=room, limit=5)["data"]
    assert [message["seq"] for message in newest["messages"]] == [17, 18, 19, 20, 21]
    older = open_cluster.web.get(f"/history/rooms/{long}/messages", open_pair.alice.token)
    is_problem(older, 503, "history_unavailable")
    assert "Retry-After" in older.headers
    login = open_cluster.web.post("/auth/login", {"username": "nobody", "password": "of importance"})
    assert login.status == 503, login
    for url in (open_cluster.auth_url, open_cluster.history_url):
        eventually(lambda url=url: status_of(url, "/readyz") == 503, what=f"{url} is not ready")

    open_cluster.start("postgres")
    assert on_a.expect("message_stored", patience=PATIENCE)["data"]["seq"] == 21
    on_a.expect("service_restored", component="history", patience=PATIENCE)
    archived(open_cluster, room, 21)
    open_cluster.await_ready()


def test_the_disk_of_postgres_is_full(open_cluster, open_pair):
    on_a, on_b, room = open_pair
    old = say_stored(on_a, on_b, room)
    with without_room(open_cluster):
        keep_saying(on_a, room, 20, "meanwhile")
        assert [frame["seq"] for frame in on_b.collect("new_message", 20)] == list(range(2, 22))
        on_a.send("send_message", room=room, content="wait for it", ack="stored")
        on_a.expect("message_sent", seq=22)
        eventually(lambda: "server error 53100" in open_cluster.logs()["history"], what="history has met it")
        eventually(lambda: metric(open_cluster.history_url, "parley_history_log_age_milliseconds") > 0, what="its age is seen to grow")
        # It reads, and says so: PostgreSQL is there.
        assert on_a.heard("message_stored") == []
        assert status_of(open_cluster.history_url, "/readyz") == 200
        page = open_cluster.web.get(f"/history/rooms/{room}/messages", open_pair.bob.token)
        assert [message["seq"] for message in page.json["messages"]] == list(range(1, 23))
    assert on_a.expect("message_stored", patience=PATIENCE)["data"]["seq"] == 22
    archived(open_cluster, room, 22)
    assert on_a.heard("service_degraded") == []


@contextlib.contextmanager
def without_room(cluster):
    """Has PostgreSQL refuse to store messages, as it does where a table cannot grow."""
    cluster.sql("""
        CREATE FUNCTION history.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER no_room BEFORE INSERT ON history.messages FOR EACH STATEMENT EXECUTE FUNCTION history.no_room()
    """)
    try:
        yield
    finally:
        cluster.sql("DROP FUNCTION history.no_room() CASCADE")


def recent_key(cluster, room):
    (key,) = cluster.redis("--raw", "KEYS", f"*:room:{room}:recent").split()
    return key


def test_history_dies(open_cluster, open_pair):
    on_a, _, room = open_pair
    keep_saying(on_a, room, 50, "before")
    open_cluster.kill("history")
    sent = keep_saying(on_a, room, 50, "meanwhile")
    on_a.send("send_message", room=room, content="wait for it", ack="stored")
    on_a.expect("service_degraded", component="history", patience=PATIENCE)
    error = on_a.ask("get_history", "error", room=room)["data"]
    assert (error["code"], error["retryable"]) == ("history_unavailable", True)
    page = open_cluster.web.get(f"/history/rooms/{room}/messages", open_pair.alice.token)
    assert page.status == 503 and "Retry-After" in page.headers, page
    assert on_a.heard("message_stored") == []

    open_cluster.start("history")
    assert on_a.expect("message_stored", patience=PATIENCE)["data"]["seq"] == 101
    on_a.expect("service_restored", component="history", patience=PATIENCE)
    found = readable(open_pair.bob, room, 101)
    assert [message["seq"] for message in found] == list(range(1, 102))
    assert set(sent) <= {message["id"] for message in found}


LEASES = "parley_history_leases_held"


def has_its_share(history):
    """Waits until one of two instances has about half of the partitions."""
    eventually(lambda: 24 <= (metric(history.url, LEASES) or 0) <= 40, patience=PATIENCE, what="the leases are shared")


@pytest.fixture
def second_history(open_cluster):
    """Two instances, each with about half of the partitions."""
    second = open_cluster.spawn("history")
    has_its_share(second)
    yield second
    second.kill()


def is_stored_again(client, rooms):
    """Waits until what is said in each of these rooms is stored."""
    for room in rooms:
        client.send("send_message", room=room, content="meanwhile", ack="stored")
    return client.collect("message_stored", len(rooms), patience=TAKE_OVER)


def test_one_of_two_histories_dies(open_cluster, open_pair, second_history):
    # So many rooms have partitions of both.
    rooms = [open_pair.alice.create_room() for _ in range(12)]
    open_cluster.kill("history")
    is_stored_again(open_pair.on_a, rooms)
    assert eventually(lambda: metric(second_history.url, LEASES) == 64, patience=TAKE_OVER)


def test_one_of_two_histories_is_frozen(open_cluster, open_pair, second_history):
    rooms = [open_pair.alice.create_room() for _ in range(12)]
    open_cluster.pause("history")
    try:
        is_stored_again(open_pair.on_a, rooms)
    finally:
        open_cluster.resume("history")
    # It wakes up, has lost all, and takes its share anew; nothing is stored twice.
    is_stored_again(open_pair.on_a, rooms)
    eventually(lambda: status_of(open_cluster.history_url, "/readyz") == 200, patience=PATIENCE)
    for room in rooms:
        archived(open_cluster, room, 2)


@pytest.fixture
def line(open_cluster):
    """A way to PostgreSQL that can be cut."""
    line = Line(urlsplit(open_cluster.database_url).port)
    yield line
    line.cut()


def test_one_of_two_histories_loses_its_postgres(open_cluster, open_pair, line):
    on_a = open_pair.on_a
    port = urlsplit(open_cluster.database_url).port
    url = open_cluster.database_url.replace(f":{port}/", f":{line.port}/")
    second = open_cluster.spawn("history", DATABASE_URL=url)
    rooms = [open_pair.alice.create_room() for _ in range(12)]
    try:
        has_its_share(second)
        line.cut()
        is_stored_again(on_a, rooms)
        eventually(lambda: metric(open_cluster.history_url, LEASES) == 64, patience=TAKE_OVER)
        assert status_of(second.url, "/readyz") == 503
        # It is there still, and has its share again as soon as it can store.
        line.mend()
        has_its_share(second)
        is_stored_again(on_a, rooms)
        eventually(lambda: status_of(second.url, "/readyz") == 200, patience=PATIENCE)
    finally:
        second.kill()
    for room in rooms:
        archived(open_cluster, room, 2)


def test_presence_dies(open_cluster, open_pair, guest):
    on_a, on_b, room = open_pair
    open_cluster.kill("presence")
    keep_saying(on_a, room, 5, "meanwhile")
    assert len(on_b.collect("new_message", 5)) == 5
    on_a.expect("service_degraded", component="presence", patience=PATIENCE)
    assert open_cluster.web.get(f"/presence/rooms/{room}", open_pair.alice.token).status == 503
    open_cluster.start("presence")
    on_a.expect("service_restored", component="presence", patience=PATIENCE)
    people = open_cluster.web.get(f"/presence/rooms/{room}", open_pair.alice.token)
    assert {user["user"] for user in people.json["users"]} == {open_pair.alice.name, open_pair.bob.name}


def test_auth_dies(open_cluster, open_pair, guest):
    on_a, on_b, room = open_pair
    unknown = open_pair.alice.create_room()
    open_cluster.kill("auth")
    keep_saying(on_a, room, 5, "meanwhile")
    assert len(on_b.collect("new_message", 5)) == 5
    late = guest("late").connect(0)  # the token is good by itself
    error = late.ask("join_room", "error", room=unknown)["data"]  # to become a member takes auth
    assert error["retryable"] is True, error
    answer = open_cluster.web.get("/auth/me", open_pair.alice.token)
    assert answer.status == 503 and "Retry-After" in answer.headers
    open_cluster.start("auth")
    assert open_cluster.web.get("/auth/me", open_pair.alice.token).status == 200
    assert eventually(lambda: role_or_none(late, unknown), patience=PATIENCE) == "member"


def role_or_none(client, room):
    """The role in `joined`, or None where the join is to be tried again."""
    client.send("join_room", room=room, id="join")
    answer = client.expect(None, reply_to_id="join", patience=PATIENCE)
    assert answer["type"] == "joined" or answer["data"]["retryable"] is True, answer
    return answer["data"].get("role")


def test_nginx_dies(open_cluster, open_pair):
    room = open_pair.room
    through = open_pair.bob.connect()
    joined = through.join(room)
    open_cluster.kill("nginx")
    open_pair.on_a.say(room, "meanwhile")
    open_cluster.start("nginx")
    back = open_pair.bob.connect()
    assert back.join(room, since={"epoch": joined["epoch"], "seq": joined["seq"]})["recovered"] is True
    back.expect("new_message", content="meanwhile")
    # The workers of the killed one do not go on to answer.
    open_cluster.stop("nginx")
    with pytest.raises(ConnectionRefusedError):
        open_cluster.web.get("/")


def test_everything_is_restarted(open_cluster, open_pair):
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
