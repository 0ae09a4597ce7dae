"""What a storm was, in figures: for people as text, for programs as JSON."""

from collections import Counter

from checks.evidence import Evidence
from record import Record
from receiver import LOST_EPOCH
from recovery import STEPS, kind_of, recoveries, table

SHOWN = 8


def figures(evidence: Evidence) -> dict:
    """What happened, counted."""
    record = evidence.record
    received = Counter(frame.type for frame in record.frames if not frame.sent)
    sent = [frame for frame in record.frames if frame.sent and frame.type == "send_message"]
    joined = Counter(
        frame.data["recovered"] for frame in record.frames if frame.type == "joined" and "recovered" in frame.data
    )
    errors = Counter(frame.data["code"] for frame in record.frames if frame.type in ("message_error", "error"))
    lost = sum(
        frame.sent and frame.type == "join_room" and frame.data.get("since", {}).get("epoch") == LOST_EPOCH
        for frame in record.frames
    )
    return {
        "messages wished": len(record.wishes),
        "sent": len(sent),
        "sent again with retry": sum(frame.data.get("retry", False) for frame in sent),
        "message_sent": received["message_sent"],
        "of these duplicates": sum(ack.duplicate for ack in evidence.acks if ack.kind == "message_sent"),
        "message_stored": received["message_stored"],
        "envelopes delivered live": received["new_message"],
        "envelopes read from history": sum(not seen.live for seen in evidence.seen),
        "rows in the archive": len(record.rows),
        "connections": len(record.opened),
        "connections lost": dict(Counter(_reason(closed) for closed in record.closed)),
        "resumes": {"recovered": joined[True], "not recovered": joined[False], "of these lost": lost},
        "gap": received["gap"],
        "room_epoch": received["room_epoch"],
        "epochs": len({(row.room, row.epoch) for row in record.rows}),
        "service_degraded": received["service_degraded"],
        "errors": dict(errors),
        "faults": dict(sorted(Counter(map(kind_of, record.faults)).items())),
    }


def report(record: Record, settings: dict, violations: dict[str, list[str]]) -> dict:
    """All of it."""
    evidence = Evidence(record)
    return {
        "settings": settings,
        "figures": figures(evidence),
        "recovery": table(recoveries(evidence)),
        "violations": violations,
    }


def text(report: dict) -> str:
    """The same for people."""
    lines = [f"  {name:<28} {_plain(value)}" for name, value in report["figures"].items()]
    lines += ["", *_recovery_lines(report["recovery"]), ""]
    for promise, violations in report["violations"].items():
        lines.append(f"  {'ok  ' if not violations else 'FAIL'}  {promise}")
        lines += [f"          {violation}" for violation in violations[:SHOWN]]
        if len(violations) > SHOWN:
            lines.append(f"          … and {len(violations) - SHOWN} more")
    return "\n".join(lines)


def markdown(rows: list[dict]) -> str:
    """The table of recoveries as it stands in Tests/README.md."""
    head, *body = _recovery_cells(rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *body])


def _recovery_lines(rows: list[dict]) -> list[str]:
    cells = _recovery_cells(rows)
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)) for line in cells]
    title = "Seconds until nobody waited a second for anything, p50 / max (0: nobody had to):"
    return [f"  {line}".rstrip() for line in (title, "", *lines)]


def _recovery_cells(rows: list[dict]) -> list[list[str]]:
    """From the fault on, and for what is later than that, from when the part was there again."""
    columns = ["away", *STEPS, *(f"{step} since return" for step in STEPS[1:])]
    head = ["fault", "count", *columns]
    return [head] + [[row["kind"], str(row["count"]), *(_pair(row[name]) for name in columns)] for row in rows]


def _pair(figures: dict) -> str:
    return f"{figures['p50']:.1f} / {figures['max']:.1f}"


def _plain(value) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"


def _reason(closed) -> str:
    return f"{closed.code} {closed.reason}".strip() if closed.code else "lost"
