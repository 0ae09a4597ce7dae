"""Growth: what a delivery costs as a room grows, and what a message costs as more rooms talk."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import machine
import tables
from candidates import BENCH, CannotStart, start
from rounds import medians, run
from scenarios import TRAFFIC

MEMBERS = [10, 100, 1_000, 5_000]
TALKING = [1, 100, 10_000]
#: Connections that are there in every step of the first line, each in a room of its own.
ALL = 10_000
#: How many rooms talk, and how many there are with a connection each.
LINES = {
    f"{ALL:,} connections": [(talking, ALL) for talking in TALKING],
    "connections = rooms": [(talking, talking) for talking in TALKING],
}
#: The last line's small steps, then what quiet connections cost by themselves, then the first line.
STEPS = [(1, 1), (100, 100), (0, ALL), *LINES[f"{ALL:,} connections"]]
RATE = 2_000
#: Deliveries are as many as messages there.
FIGURES = [path for path in TRAFFIC if not path.startswith("deliveries_")]
#: As long as each connection's turn to be pinged (HEARTBEAT_SECONDS): all of them have one in the time measured.
SECONDS = 25
#: Long enough for each of 10,000 rooms to have been spoken in, and for what joining has stirred up to settle.
WARM_UP = 10


@dataclass
class Step:
    """One size, and the run that measures it."""

    name: str
    mode: str
    words: list[str]


def grow(arguments, folder: Path) -> None:
    """Measures all sizes; draws two pictures."""
    before = machine.state()
    steps = [sized(count, arguments) for count in MEMBERS]
    members = figures(runs(arguments, folder / "members", steps), TRAFFIC, "delivered")
    show("members of the room; µs a delivery", members)
    steps = [talking(*step, arguments) for step in STEPS]
    rooms = figures(runs(arguments, folder / "rooms", steps), FIGURES, "accepted")
    show("rooms that talk, of rooms; µs a message", rooms)
    (folder / "summary.json").write_text(
        json.dumps({"machine": before, "members": members, "rooms": rooms}, indent=2, ensure_ascii=False) + "\n")
    draw(folder / "members.svg", "Deliveries as a room grows", "members of the room", "deliveries / CPU-s", {
        name: [(count, steps[f"{count:,}"].get("deliveries_per_cpu_second")) for count in MEMBERS]
        for name, steps in members.items()})
    draw(folder / "rooms.svg", f"Messages as more rooms talk, {RATE:,} a second", "rooms that talk", "messages / CPU-s", {
        line if name == "parley" else f"{name}, {line}":
            [(step[0], steps[named(*step)].get("accepted_per_cpu_second")) for step in line_steps]
        for name, steps in rooms.items() for line, line_steps in LINES.items()})


def sized(members: int, arguments) -> Step:
    return Step(f"{members:,}", "fanout", [
        "--rooms", "1", "--clients", str(members), "--window", "8", "--at-once", "256",
        "--seconds", str(arguments.seconds or 10), *arguments.extra])


def talking(count: int, rooms: int, arguments) -> Step:
    words = ["--rooms", str(rooms), "--clients", "1", "--rate", str(RATE), "--at-once", "256", "--warmup", str(WARM_UP),
             "--seconds", str(arguments.seconds or SECONDS), *arguments.extra]
    if count == 0:
        return Step(named(count, rooms), "idle", words)
    return Step(named(count, rooms), "fanout", [*words, "--talking", str(count)])


def named(count: int, rooms: int) -> str:
    return f"{count:,} of {rooms:,}"


def runs(arguments, folder: Path, steps: list[Step]) -> dict[str, dict[str, list[dict]]]:
    """Candidate to step to reports: steps take turns, and each run has servers that have done nothing yet."""
    folder.mkdir()
    found = {name: {step.name: [] for step in steps} for name in ["parley", *arguments.against]}
    settings = {"parley": arguments.loops | arguments.settings}
    for number in range(1, arguments.rounds + 1):
        for step in steps:
            for name in list(found):
                try:
                    candidate = start(name, arguments.cores, **settings.get(name, {}))
                except CannotStart as reason:
                    print(f"bench: without {name}: {reason}", file=sys.stderr)
                    del found[name]
                    continue
                print(f"-- round {number} of {arguments.rounds}: {step.name}, {name}", file=sys.stderr, flush=True)
                try:
                    file = folder / f"{step.name.replace(' ', '-')}-{name}-{number}.json"
                    found[name][step.name].append(run(candidate, step.mode, step.words, file))
                finally:
                    candidate.close()
    return found


def figures(found: dict[str, dict[str, list[dict]]], paths: list[str], per: str) -> dict[str, dict[str, dict]]:
    """Candidate to step to medians, among them what each process spends on each of what was `accepted` or `delivered`."""
    return {
        name: {step: medians(reports, paths) | shares(reports, per) for step, reports in steps.items()}
        for name, steps in found.items()
    }


def shares(reports: list[dict], per: str) -> dict[str, float]:
    """Process to µs; where nobody talks, to what it would add to each message at the rate of the others."""
    each = []
    for report in reports:
        count = report[per] or report["rate"] * report["seconds"]
        spent = {name: use["cpu_seconds"] * 1e6 / count for name, use in report["processes"].items()}
        each.append(spent | {"all": sum(spent.values())})
    return {f"µs: {name}": median(spent[name] for spent in each) for name in each[0]}


def show(title: str, found: dict[str, dict[str, dict]]) -> None:
    for name, steps in found.items():
        paths = list(dict.fromkeys(path for step in steps.values() for path in step))
        print(f"{name}\n{tables.columns(title, steps, paths)}\n", flush=True)


def draw(file: Path, title: str, x: str, y: str, lines: dict[str, list[tuple]]) -> None:
    series = [
        f"--series={name}=" + ",".join(f"{size}:{value}" for size, value in points if value) for name, points in lines.items()
    ]
    subprocess.run([BENCH, "plot", "--file", file, "--title", title, "--x", x, "--y", y, *series], check=True)
