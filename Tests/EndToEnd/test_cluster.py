"""What the tests rely on when they kill, hold still and double processes."""

from pathlib import Path

from process import family


def states(cluster, name):
    """The states of a process and all below it: T is held still."""
    return {Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] for pid in family(cluster.pid(name))}


def test_a_second_history_runs_beside_the_first(open_cluster):
    second = open_cluster.spawn("history")
    try:
        assert second.url != open_cluster.history_url and second.pid != open_cluster.pid("history")
        assert '"service":"history"' in open_cluster.logs()[second.name]
        before = second.pid
        open_cluster.kill(second.name)
        assert second.pid is None
        open_cluster.start(second.name)
        assert second.pid not in (None, before)
    finally:
        second.stop()
    assert open_cluster.history_url and open_cluster.processes()["history"]["state"] == "running"


def test_a_process_held_still_goes_on_where_it_was(open_cluster):
    for name in ("postgres", "history"):
        pid = open_cluster.pid(name)
        open_cluster.pause(name)
        assert states(open_cluster, name) == {"T"}
        open_cluster.resume(name)
        assert "T" not in states(open_cluster, name) and open_cluster.pid(name) == pid
    open_cluster.await_ready()
