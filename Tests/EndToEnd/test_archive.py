"""What history answers while Redis or PostgreSQL is away (architecture, "When a part dies")."""

import pytest

from rest import is_problem
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


@pytest.fixture
def told(open_pair):
    """Twenty messages, all stored."""
    on_a, _, room = open_pair
    for number in range(20):
        on_a.send("send_message", room=room, content=f"message {number}", ack="stored")
    on_a.collect("message_stored", 20)
    return open_pair


def read(cluster, room, person, query=""):
    return cluster.web.get(f"/history/rooms/{room}/messages?{query}", person.token)


def checks(cluster):
    return {name: check["ok"] for name, check in cluster.history.get("/readyz").json["checks"].items()}


def test_archive_reads_go_on_without_redis(open_cluster, told, guest):
    room, alice = told.room, told.alice
    whole = read(open_cluster, room, alice, "limit=200").json
    open_cluster.kill("redis")
    page = eventually(lambda: answered(read(open_cluster, room, alice, "limit=200")), PATIENCE)
    assert page == whole | {"next_after": 20}
    page = read(open_cluster, room, alice, "after=18").json
    assert [message["seq"] for message in page["messages"]] == [19, 20]
    # There may be more that only Redis knows.
    assert (page["next_after"], page["complete"]) == (20, False)
    is_problem(read(open_cluster, room, alice, "before=23"), 503, "history_unavailable")
    is_problem(read(open_cluster, room, guest("mallory")), 404, "room_not_found")
    ready = checks(open_cluster)
    assert (ready["redis"], ready["postgres"]) == (False, True)


def test_without_postgres_the_newest_page_is_read_and_the_rest_is_refused(open_cluster, told):
    room, alice = told.room, told.alice
    open_cluster.redis("XTRIM", recent(open_cluster, room), "MINID", "11")
    open_cluster.kill("postgres")
    page = eventually(lambda: answered(read(open_cluster, room, alice, "limit=10")), PATIENCE)
    assert [message["seq"] for message in page["messages"]] == list(range(11, 21))
    assert (page["next_before"], page["complete"]) == (11, False)
    problem = read(open_cluster, room, alice, "limit=11")
    is_problem(problem, 503, "history_unavailable")
    assert int(problem.headers["Retry-After"]) >= 1
    ready = checks(open_cluster)
    assert (ready["redis"], ready["postgres"]) == (True, False)
    open_cluster.start("postgres")
    eventually(lambda: answered(read(open_cluster, room, alice, "limit=11")), PATIENCE)


def answered(answer):
    return answer.json if answer.status == 200 else None


def recent(cluster, room):
    (key,) = cluster.redis("KEYS", f"*:room:{room}:recent").splitlines()
    return key
