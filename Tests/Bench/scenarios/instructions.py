"""Instructions: what a delivery, an accepted message and a connect take of the gateway, of history and of Redis.

Only what the processes themselves execute is counted (nothing of the kernel or PostgreSQL), while so many
messages or connects go through that are always the same. So the figures are steady, on a busy machine too, and the same
on every machine that has the same Redis: `baseline.json` keeps them, and a rise fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import baseline
import callgrind
import machine
import tables
from baseline import Verdict
from candidates import BENCH, Parley
from cluster import BINARIES
from rest import Service
from rounds import Broken
from scenarios import HIGH_LIMITS
from waiting import eventually

COUNTED, OTHERS = ["gateway", "history"], ["auth", "presence"]
TIMES = 3
IDLE_SECONDS = 3
#: How often what has risen is counted again before it is believed.
AGAIN = 2


@dataclass(frozen=True)
class Work:
    """What is done again and again, and divided by what."""

    name: str
    #: How many connections, of whom; and how many messages of each are under way.
    words: list[str]
    #: Steps of parley-bench: before counting begins, before each time, and what is counted.
    before: list[str]
    each: list[str]
    counted: str
    #: Which number of the step's answer the instructions are divided by, and of which programs they are.
    unit: str
    programs: list[str]
    #: Whether each time is done by other people in other rooms.
    is_new_each_time: bool = False

    @property
    def figures(self) -> list[str]:
        """Their names."""
        return [f"{program} / {self.name}" for program in self.programs]


WORKS = [
    # What accepting takes is in it: as little of it as a thousand receivers make it.
    Work("delivery", ["--rooms", "1", "--clients", "1000", "--window", "8"], ["connect", "send 80"], [], "send 80",
         "deliveries", ["gateway"]),
    Work("accepted message", ["--rooms", "20", "--clients", "5", "--window", "16"], ["connect", "send 100"], [], "send 100",
         "accepted", ["gateway", "history", "redis"]),
    # One of each room, so that nothing that is done once for a room and a batch is shared.
    Work("lone message", ["--rooms", "400", "--clients", "1", "--window", "1"], ["connect", "send 1", "send 1"], [], "send 1",
         "accepted", ["gateway", "history", "redis"]),
    # Nobody is known or a member yet.
    Work("connect", ["--rooms", "20", "--clients", "10", "--window", "1"], [], [], "connect", "connects", ["gateway"],
         is_new_each_time=True),
    # Within seconds, before it is settled that they are gone.
    Work("reconnect", ["--rooms", "20", "--clients", "10", "--window", "1"],
         ["connect", "send 1", "cut", "connect"], ["cut"], "connect", "connects", ["gateway"]),
]


def instructions(arguments, folder: Path) -> int:
    """Counts, compares with the baseline (or renews it), and says what it found; the status to end with."""
    if not shutil.which("valgrind"):
        raise Broken("there is no valgrind here: apt-get install valgrind")
    now = measure(folder, WORKS)
    before = baseline.known()
    if before is not None and not arguments.renew:
        now = confirmed(before, now, lambda works: measure(folder, works))
    (folder / "instructions.json").write_text(json.dumps(now, indent=2) + "\n")
    if arguments.renew:
        baseline.renew(now)
        print(table(baseline.compare(before or {}, now)))
        print(f"{baseline.FILE.name} is renewed: say why in the message of the commit")
        return 0
    if before is None:
        print("the baseline is of another sort of processor: there is nothing to compare with")
    return concluded([] if before is None else baseline.compare(before, now), folder)


def confirmed(
    before: dict[str, float], now: dict[str, float], count: Callable[[list[Work]], dict[str, float]],
) -> dict[str, float]:
    """The figures, those that have risen counted again: what takes more does so each time.

    On a machine that others keep busy fewer messages go together, some of the times.
    """
    for _ in range(AGAIN):
        risen = {each.name for each in baseline.compare(before, now) if each.verdict is Verdict.RISEN}
        works = [work for work in WORKS if risen & set(work.figures)]
        if not works:
            break
        print(f"counting again what has risen: {', '.join(sorted(risen))}", file=sys.stderr, flush=True)
        again = count(works)
        now = now | {name: min(now[name], again[name]) for name in risen}
    return now


def table(comparisons: list[baseline.Comparison]) -> str:
    """One row a figure."""
    rows = [["instructions", "baseline", "now", "change", ""]]
    for each in comparisons:
        change = f"{each.change:+.1%}" if each.change is not None else "–"
        figures = [tables.figure(value) if value else "–" for value in (each.before, each.now)]
        rows.append([each.name, *figures, change, each.verdict.value])
    return tables.lined(rows)


def concluded(comparisons: list[baseline.Comparison], folder: Path) -> int:
    """Prints every figure beside its baseline, what to do about it, and last how many are good; the status."""
    print(table(comparisons))
    for each in comparisons:
        if advice := told(each, folder):
            print(advice)
    bad = sum(not each.is_good for each in comparisons)
    print(f"{len(comparisons) - bad} passed, {bad} failed")
    return 1 if bad else 0


def told(comparison: baseline.Comparison, folder: Path) -> str | None:
    """What a figure that moved asks of who moved it."""
    if comparison.verdict is Verdict.STEADY:
        return None
    if comparison.verdict is Verdict.FALLEN:
        return f"{comparison.name}: {-comparison.change:.1%} less than the baseline. Keep it: Tests/run bench instructions --renew"
    if comparison.verdict is not Verdict.RISEN:
        return f"{comparison.name}: {comparison.verdict.value.lower()}. Tests/run bench instructions --renew"
    file = folder / dump_name(comparison.name)
    return (
        f"{comparison.name}: {comparison.change:.1%} more than the baseline, and {baseline.TOLERANCE:.0%} are bearable. "
        f"Where it goes: callgrind_annotate --inclusive=yes {file} | swift demangle --simplified (the dearest stand in "
        f"{file.parent}/dearest.md). If it is worth it: Tests/run bench instructions --renew, and the reason in the commit"
    )


def dump_name(title: str) -> str:
    """Where the instructions of a figure are kept."""
    return title.replace(" / ", "-").replace(" ", "-") + ".callgrind"


def measure(folder: Path, works: list[Work]) -> dict[str, float]:
    """The median of each of their figures, by name; what was counted stays in the folder."""
    found: dict[str, float] = {}
    with counted_cluster() as (parley, binaries):
        processes = {name: parley.cluster.pid("gateway-1" if name == "gateway" else name) for name in [*COUNTED, "redis"]}
        counter = Counter(parley, binaries, processes)
        for work in works:
            for name, (figure, dump) in counter.count(work).items():
                title = f"{name} / {work.name}"
                found[title] = figure
                kept = folder / dump_name(title)
                callgrind.keep(dump, kept)
                tell(title, kept, folder / "dearest.md")
    return found


@contextmanager
def counted_cluster():
    """A cluster whose gateway, history and Redis run under callgrind, one loop each."""
    folder = Path(tempfile.mkdtemp(prefix="parley-count-"))
    folder.chmod(0o755)
    parley = None
    try:
        binaries = callgrind.Binaries(BINARIES, COUNTED, OTHERS, folder)
        binaries.wrap_redis()
        settings = HIGH_LIMITS | {
            "LOOPS": "1", "PARLEY_BIN": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}
        parley = Parley(machine.ALL, eddsa=True, **settings)
        yield parley, binaries
    finally:
        if parley:
            parley.close()
        shutil.rmtree(folder, ignore_errors=True)


class Counter:
    """Has work done by parley-bench, and counts what it takes."""

    def __init__(self, parley: Parley, binaries: callgrind.Binaries, processes: dict[str, int]):
        self._parley, self._binaries, self._processes = parley, binaries, processes
        self._stored = 0
        self._idle = self._counted(lambda: time.sleep(IDLE_SECONDS) or {})

    def count(self, work: Work) -> dict[str, tuple[float, Path]]:
        """By program: the median of the instructions for each unit of the work, and a dump of such a time.

        What the processes do by the clock, whether there is work or not, is measured by itself and taken off: how long
        the work takes differs from machine to machine.
        """
        times = []
        while len(times) < TIMES:
            with self._generator(work) as step:
                for each in work.before:
                    step(each)
                for _ in range(1 if work.is_new_each_time else TIMES):
                    for each in work.each:
                        step(each)
                    times.append(self._counted(lambda: step(work.counted)))
        found = {}
        for name in work.programs:
            idle = self._idle.total(name) / self._idle.seconds
            each = [(time.total(name) - idle * time.seconds) / time.answer[work.unit] for time in times]
            each_told = ", ".join(f"{value:.0f}" for value in each)
            print(f"{name} / {work.name}: {each_told}", file=sys.stderr, flush=True)
            found[name] = median(each), times[-1].dumps[name]
        return found

    def _counted(self, action) -> "Time":
        self._binaries.begin(self._processes)
        began = time.monotonic()
        answer = action()
        seconds = time.monotonic() - began
        return Time(answer, seconds, self._binaries.end(self._processes))

    @contextmanager
    def _generator(self, work: Work):
        """Gives a function that has parley-bench take a step, and returns its answer when all of that is done."""
        command = [BENCH, "steps", *self._parley.options(), *work.words, "--quiet"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as generator:

            def step(line: str) -> dict[str, int]:
                generator.stdin.write(line + "\n")
                generator.stdin.flush()
                if not (answer := generator.stdout.readline()):
                    raise Broken(f"parley-bench ended at: {line}")
                found = json.loads(answer)
                # Asking takes instructions of the gateway, so only where nothing is counted.
                if line == "cut":
                    eventually(lambda: self._connected() == found["connections"], 60, what="who is gone is known to be gone")
                self._stored += found["accepted"]
                # To be stored is work too.
                eventually(lambda: self._archived() == self._stored, 60, what="all is in the archive")
                return found

            try:
                yield step
                generator.stdin.close()
                rest = generator.stdout.read()
                if generator.wait() != 0:
                    raise Broken(rest)
            finally:
                generator.kill()
        # Who is cut off has left a little later, and that would be counted with the next work.
        eventually(lambda: not self._parley.cluster.redis("KEYS", "*:online"), 60, what="all have left")

    def _connected(self) -> int:
        metrics = Service(self._parley.cluster.gateway_urls[0]).get("/metrics").body.decode()
        return int(float(re.search(r"^parley_gateway_connections(?:{.*?})? (\S+)$", metrics, re.MULTILINE)[1]))

    def _archived(self) -> int:
        return int(self._parley.cluster.sql("SELECT count(*) FROM history.messages")[0][0])


@dataclass(frozen=True)
class Time:
    """One time that the work was done."""

    answer: dict[str, int]
    seconds: float
    dumps: dict[str, Path]

    def total(self, program: str) -> int:
        return callgrind.read(self.dumps[program]).total


def tell(title: str, dump: Path, file: Path) -> None:
    """Adds the dearest functions to a page, each with all that it calls."""
    profile = callgrind.read(dump)
    dearest = profile.dearest(25)
    names = callgrind.demangled([name for name, _ in dearest])
    rows = [[title, "of all"], *[[name[:110].replace("|", "\\|"), f"{cost / profile.total:.1%}"]
                                 for name, (_, cost) in zip(names, dearest)]]
    with file.open("a", encoding="utf-8") as page:
        page.write(tables.lined(rows) + "\n\n")
