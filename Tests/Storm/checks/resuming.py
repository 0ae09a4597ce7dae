"""Promise 4: who comes back with a place that the room remembers is given all since then.

With a place of which it knows nothing, nothing is made up.
"""

from collections.abc import Iterator

from checks.evidence import Evidence
from record import Frame

RESUMED_MOST = 5_000
EPOCHS_KEPT = 16
#: While the archive is away, and until another instance answers for it, a resume may end in `recovered: false`.
ARCHIVE = {"history", "history-2", "postgres", "redis"}
GRACE_SECONDS = 20.0


def violations(evidence: Evidence) -> Iterator[str]:
    for since, joined in _resumes(evidence):
        room, at = joined.body["room"], joined.at
        known = since["epoch"] in {row.epoch for row in evidence.rows_by_room[room]}
        where = f"{evidence.person_of[joined.connection]} to {room} at {at:.3f} with {since}"
        if joined.data["recovered"] and not known:
            yield f"recovered from a place that never was: {where}"
        expected = known and _is_near(evidence, room, since, joined) and not _is_away(evidence, at)
        if expected and not joined.data["recovered"]:
            yield f"not recovered: {where}, and the room stood at {joined.data['epoch']}:{joined.data['seq']}"


def _resumes(evidence: Evidence) -> Iterator[tuple[dict, Frame]]:
    """Each `joined` that answers a `since`."""
    asked: dict[tuple[int, str], dict | None] = {}
    for frame in evidence.record.frames:
        if frame.sent and frame.type == "join_room":
            asked[frame.connection, frame.data["room"]] = frame.data.get("since")
        elif not frame.sent and frame.type == "joined":
            since = asked.pop((frame.connection, frame.body["room"]), None)
            if since is not None:
                yield since, frame


def _is_near(evidence: Evidence, room: str, since: dict, joined: Frame) -> bool:
    missed = [row for row in evidence.rows_by_room[room] if since["seq"] < row.seq <= joined.data["seq"]]
    return len(missed) <= RESUMED_MOST and len({row.epoch for row in missed}) < EPOCHS_KEPT


def _is_away(evidence: Evidence, at: float) -> bool:
    return any(
        fault.at <= at <= fault.returned + GRACE_SECONDS and not ARCHIVE.isdisjoint(fault.targets)
        for fault in evidence.record.faults
    )
