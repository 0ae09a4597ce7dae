"""What the stores hold once all is healed and drained: the rows, and what should not be left in the streams."""

import binascii
import json

from cluster import Cluster
from record import Leftover, Recent, Record, Row

ROWS = """
SELECT json_build_object('room', room, 'epoch', epoch, 'seq', seq, 'id', id, 'sender', sender, 'key', client_msg_id,
    'content', envelope::json -> 'data' ->> 'content', 'envelope', envelope) FROM history.messages WHERE type = 'new_message' ORDER BY room, seq
"""


def is_drained(cluster: Cluster, rooms: list[str]) -> bool:
    """Whether each room's newest seq that was given is committed, and no room is left to be stored."""
    return all(_is_stored(cluster, room) for room in rooms) and not _lengths(cluster, "unstored", "ZCARD")


def newest(cluster: Cluster) -> dict[str, int]:
    """Room to the seq of its last message."""
    rows = cluster.sql("SELECT room, max(seq) FROM history.messages WHERE type = 'new_message' GROUP BY room")
    return {room: int(seq) for room, seq in rows}


def collect(cluster: Cluster, rooms: list[str], record: Record) -> None:
    """Adds the rows, and whatever still stands where nothing should."""
    for (line,) in cluster.sql(ROWS):
        record.add(Row(**json.loads(line)))
    for kind, command in (("unstored", "ZCARD"), ("log:dead", "XLEN")):
        for key, length in _lengths(cluster, kind, command).items():
            record.add(Leftover(key, length))
    for room in rooms:
        for envelope in _recent(cluster, room):
            record.add(Recent(room, envelope))


def _is_stored(cluster: Cluster, room: str) -> bool:
    stored, seq, first = _fields(cluster, room, "stored", "seq", "first")
    # Of an epoch in which nothing was said nothing is to be stored.
    return int(stored or 0) >= int(seq or 0) or int(seq or 0) < int(first or 1)


def _fields(cluster: Cluster, room: str, *fields: str) -> list[str]:
    lines = cluster.redis("HMGET", room_key(room), *fields).split("\n")
    return lines + [""] * (len(fields) - len(lines))


def _lengths(cluster: Cluster, kind: str, command: str) -> dict[str, int]:
    """Of those keys of all partitions that are not empty."""
    keys = cluster.redis("--scan", "--pattern", f"{{p*}}:{kind}").split()
    lengths = {key: int(cluster.redis(command, key)) for key in keys}
    return {key: length for key, length in lengths.items() if length}


def _recent(cluster: Cluster, room: str) -> list[str]:
    lines = cluster.redis("XRANGE", f"{room_key(room)}:recent", "-", "+").splitlines()
    return [value for name, value in zip(lines, lines[1:]) if name == "e"]


def room_key(room: str) -> str:
    return f"{{{_tag(room)}}}:room:{room}"


def _tag(room: str) -> str:
    """The shortest `p<digits>` whose slot lies in the partition's range (CRC-16/XMODEM, as in Redis Cluster)."""
    partition, number = _slot(room) % 64, 0
    while _slot(f"p{number}") % 16_384 // 256 != partition:
        number += 1
    return f"p{number}"


def _slot(text: str) -> int:
    return binascii.crc_hqx(text.encode(), 0)
