"""Measures a cluster that it starts itself, beside other servers if asked, in alternating rounds on cores of their own.

scenarios:
  a1       fan-out, closed loop: 1 room, 1,000 clients, 128 bytes, window 8
  a2       the same, open loop at 20 messages a second
  b2       200 rooms of 5: the highest rate with p99 < 100 ms; all is stored, limits are on (and high)
  c        10,000 idle connections: bytes and processor time of each
  d        10,000 connects, cut off and coming back, with EdDSA tokens, while some go on to talk
  pair     two gateways: latency at the sender's node and at the other
  growth   deliveries at 10, 100, 1,000 and 5,000 members, messages with 1, 100 and 10,000 rooms that talk
  instructions  what a delivery, an accepted message and a connect take, counted: a rise above baseline.json fails
  fanout, ramp, idle, storm, slow: that mode of parley-bench, with the options behind --
"""

import argparse
import json
import sys
import time
from pathlib import Path

import machine
import tables
from candidates import SCRIPTS, TOP, CannotStart, start
from rounds import Broken, alternate, medians, run, shares
from scenarios import MODES, SCENARIOS, Scenario


def main() -> int:
    arguments = parsed()
    kept = TOP / "Tests" / ".output" / "bench" / f"{arguments.scenario}-{time.strftime('%m%d-%H%M%S')}"
    folder = Path(arguments.output or kept)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if arguments.scenario == "instructions":
            from instructions import instructions
            return instructions(arguments, folder)
        if arguments.scenario == "growth":
            from growth import grow
            grow(arguments, folder)
        else:
            compare(arguments, chosen(arguments), folder)
    except (Broken, CannotStart) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(f"reports: {folder}")
    return 0


def chosen(arguments) -> Scenario:
    if arguments.scenario in SCENARIOS:
        return SCENARIOS[arguments.scenario]
    return Scenario(mode=arguments.scenario)


def placeless(settings: dict[str, str]) -> dict[str, str]:
    """Settings as they are kept: where somebody's builds lie tells nobody anything."""
    return {name: Path(value).name if name == "PARLEY_BIN" else value for name, value in settings.items()}


def compare(arguments, scenario: Scenario, folder: Path) -> None:
    """Rounds of one scenario over all candidates; the medians are printed and kept."""
    names = ["parley", *(["versus"] if arguments.versus else []), *arguments.against]
    settings = arguments.loops | scenario.settings | arguments.settings
    before = machine.state()
    candidates = Candidates(names, scenario, {"parley": settings, "versus": settings | arguments.versus}, arguments.cores)
    try:
        sizes = {}

        def once(candidate, number):
            candidate = candidates.fresh(candidate)
            options = scenario.options(candidate.is_raw, arguments, sizes)
            report = run(candidate, scenario.mode, options, folder / f"{candidate.name}-{number}.json")
            # The others send as many bytes a frame as Parley's are long: what differs then is the server.
            sizes.setdefault(candidate.name, round(report["frame_bytes"]))
            return report

        reports = alternate(candidates.all, arguments.rounds, once)
    finally:
        candidates.close()
    middle = {name: medians(each, scenario.figures) for name, each in reports.items()}
    parts = {name: shares(reports[name]) for name in ("parley", "versus", "fastapi") if name in reports}
    text = "\n\n".join([tables.compared(middle, scenario.figures), *(tables.processes(use, name) for name, use in parts.items())])
    summary = {
        "scenario": arguments.scenario, "rounds": arguments.rounds, "machine": before, "medians": middle, "processes": parts,
        "settings": placeless(settings), "versus": placeless(arguments.versus),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    (folder / "summary.md").write_text(text + "\n")
    print(text)


class Candidates:
    """Those that are compared: started once, or anew for each run where the scenario needs empty memory."""

    def __init__(self, names, scenario: Scenario, settings, cores):
        self._scenario, self._settings, self._cores = scenario, settings, cores
        self._used = set()
        self.all = []
        for name in names:
            try:
                self.all.append(self._start(name))
            except CannotStart as reason:
                print(f"bench: without {name}: {reason}", file=sys.stderr)
            except BaseException:
                self.close()
                raise

    def fresh(self, candidate):
        """The candidate, or another one of its kind if this one has been used and must not be used twice."""
        index = next(number for number, each in enumerate(self.all) if each.name == candidate.name)
        if self._scenario.needs_fresh and candidate.name in self._used:
            self.all[index].close()
            self.all[index] = self._start(candidate.name)
        self._used.add(candidate.name)
        return self.all[index]

    def close(self):
        for candidate in self.all:
            candidate.close()
        self.all = []

    def _start(self, name):
        if name not in self._settings:
            return start(name, self._cores)
        return start(name, self._cores, gateways=self._scenario.gateways, eddsa=self._scenario.eddsa, **self._settings[name])


def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("NAME=VALUE")
    return name, value


def parsed():
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(
        prog="Tests/run bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="What stands behind -- goes to parley-bench as it is: see `.build/release/parley-bench help`.",
    )
    parser.add_argument("scenario", choices=[*SCENARIOS, "growth", "instructions", *MODES], help="what is measured")
    parser.add_argument("--against", default="", help="compare with these: limit,uws,websockets,fastapi")
    parser.add_argument("--rounds", type=int, default=3, help="how often each candidate has its turn (3)")
    parser.add_argument("--seconds", type=float, help="seconds of measuring in each run")
    parser.add_argument("--set", dest="settings", action="append", type=setting, default=[], metavar="NAME=VALUE",
                        help="a setting of the services, such as LOOPS=2; again for more")
    parser.add_argument("--versus", action="append", type=setting, default=[], metavar="NAME=VALUE",
                        help="a second cluster takes part, with this other setting (or PARLEY_BIN=FOLDER: another build)")
    parser.add_argument("--both-cores", action="store_true", help="the servers may use all cores, the generator's too")
    parser.add_argument("--renew", action="store_true", help="instructions: these figures are the baseline from now on")
    parser.add_argument("--output", help="folder for the reports (Tests/.output/bench/…)")
    arguments = parser.parse_args(words[:at])
    arguments.extra = words[at + 1:]
    arguments.versus = dict(arguments.versus)
    arguments.against = [name for name in arguments.against.split(",") if name]
    if unknown := set(arguments.against) - {"limit", *SCRIPTS}:
        parser.error(f"--against does not know {', '.join(sorted(unknown))}")
    arguments.cores = machine.ALL if arguments.both_cores else machine.SERVER
    # On one core a second loop could only be in the way.
    arguments.loops = {"LOOPS": str(len(arguments.cores))}
    arguments.settings = dict(arguments.settings)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
