"""What an operator sees while a service brings its schema up to date, which may take longer than any start."""

import subprocess

from cluster import LOCAL
from waiting import eventually

START_SECONDS = 4


def test_a_start_waits_for_the_schema_as_long_as_it_takes(open_cluster):
    open_cluster.stop("history")
    # As the build before the last step left it.
    open_cluster.sql(
        "DELETE FROM history.migrations WHERE number = 4; ALTER TABLE history.messages ADD COLUMN content text"
    )
    reader = subprocess.Popen(
        ["psql", "-XAtqc", "BEGIN; LOCK TABLE history.messages IN ACCESS SHARE MODE; SELECT 'has it'", "-f-",
         open_cluster.database_url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    assert reader.stdout.readline() == "has it\n"
    environment = open_cluster.environment() | {"START_SECONDS": str(START_SECONDS)}
    start = subprocess.Popen([LOCAL, "start", "history"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        told = start.stderr.readline()
        assert "history" in told and "bringing the schema up to date, step 4 of 4: the content once" in told
        pid = open_cluster.pid("history")
        error = open_cluster.history.get("/readyz").json["checks"]["postgres"]["error"]
        assert error.startswith("bringing the schema up to date, step 4")
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE history.messages%'"
        longer = f"{waiting} AND now() - query_start > interval '{2 * START_SECONDS} s'"
        eventually(lambda: open_cluster.sql(longer), what="the step has taken longer than a start may")
        assert start.poll() is None
    finally:
        reader.kill()
        reader.wait()
    assert start.wait(timeout=60) == 0 and open_cluster.pid("history") == pid
