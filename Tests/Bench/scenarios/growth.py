"""Growth: what a delivery costs as rooms grow, and what a message costs as there are more rooms."""

import json
import subprocess
import sys
from pathlib import Path

import machine
import tables
from candidates import BENCH, CannotStart, start
from rounds import alternate, medians, run
from scenarios import TRAFFIC

MEMBERS = [10, 100, 1_000, 5_000]
ROOMS = [1, 100, 10_000]


def grow(arguments, folder: Path) -> None:
    """Runs all sizes, each with a cluster of its own; draws two pictures."""
    seconds = ["--seconds", str(arguments.seconds or 10)]
    members = sized(arguments, folder, "members", MEMBERS, lambda count: [
        "--rooms", "1", "--clients", str(count), "--window", "8", "--at-once", "256", *seconds, *arguments.extra])
    rooms = sized(arguments, folder, "rooms", ROOMS, lambda count: [
        "--rooms", str(count), "--clients", "1", "--rate", "2000", "--at-once", "256", *seconds, *arguments.extra])
    (folder / "summary.json").write_text(
        json.dumps({"machine": machine.state(), "members": members, "rooms": rooms}, indent=2) + "\n")
    draw(folder / "members.svg", "Deliveries as a room grows", "members of the room", "deliveries / CPU-s", members,
         "deliveries_per_cpu_second")
    draw(folder / "rooms.svg", "Messages as there are more rooms, 2,000 a second", "rooms", "messages / CPU-s", rooms,
         "accepted_per_cpu_second")


def sized(arguments, folder, kind, sizes, words) -> dict[str, dict]:
    """Candidate to size to medians."""
    found: dict[str, dict] = {}
    settings = {"parley": arguments.loops | arguments.settings}
    for size in sizes:
        candidates = []
        try:
            for name in ["parley", *arguments.against]:
                try:
                    candidates.append(start(name, arguments.cores, **settings.get(name, {})))
                except CannotStart as reason:
                    print(f"bench: without {name}: {reason}", file=sys.stderr)
            reports = alternate(candidates, arguments.rounds, lambda candidate, number, size=size: run(
                candidate, "fanout", words(size), folder / f"{kind}-{size}-{candidate.name}-{number}.json"))
        finally:
            for candidate in candidates:
                candidate.close()
        for name, each in reports.items():
            found.setdefault(name, {})[size] = medians(each, TRAFFIC)
        print(f"{size} {kind}\n{tables.compared({name: found[name][size] for name in reports}, TRAFFIC)}\n", flush=True)
    return found


def draw(file: Path, title: str, x: str, y: str, found: dict[str, dict], figure: str) -> None:
    series = [
        f"--series={name}=" + ",".join(f"{size}:{values[figure]}" for size, values in sizes.items() if values.get(figure))
        for name, sizes in found.items()
    ]
    command = [BENCH, "plot", "--file", file, "--title", title, "--x", x, "--y", y, *series]
    subprocess.run(command, check=True)
