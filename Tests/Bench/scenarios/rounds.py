"""Rounds: the candidates take turns, A B A B …, and what is told of each is the median."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import machine
from candidates import BENCH


class Broken(Exception):
    """A run in which something was lost, doubled or out of order, or that could not be made."""


def run(candidate, mode: str, options: list[str], file: Path) -> dict:
    """One run of the generator; the report."""
    command = [BENCH, mode, *candidate.options(), *options, "--json", file, "--label", candidate.name]
    with machine.on(machine.GENERATOR):
        status = subprocess.run(command, check=False).returncode
    if not file.exists():
        raise Broken(f"parley-bench {mode} against {candidate.name} ended with status {status}")
    report = json.loads(file.read_text())
    report["server_bytes_per_connection"] = server_bytes(report)
    report["deliveries_per_loop_second"] = loop_rate(report)
    if status != 0:
        raise Broken(f"{candidate.name}: {report['findings']}: see {file}")
    return report


def server_bytes(report: dict):
    """What a connection takes in the processes that hold connections; None where that was not measured."""
    each = [
        process["bytes_per_connection"] for name, process in report["processes"].items()
        if (name.startswith("gateway") or name == report["peer"]) and "bytes_per_connection" in process
    ]
    return sum(each) if each else None


def loop_rate(report: dict):
    """What the one gateway would deliver a second if each of its loops had a core: as much as its busiest one can."""
    gateways = [process for name, process in report["processes"].items() if name.startswith("gateway")]
    return gateways[0].get("deliveries_per_thread_second") if len(gateways) == 1 else None


def alternate(candidates, count: int, runner) -> dict[str, list[dict]]:
    """`count` rounds of all candidates; `runner(candidate, round)` makes one run."""
    reports = {candidate.name: [] for candidate in candidates}
    for number in range(1, count + 1):
        for candidate in candidates:
            print(f"-- round {number} of {count}: {candidate.name}", file=sys.stderr, flush=True)
            reports[candidate.name].append(runner(candidate, number))
    return reports


def value(report: dict, path: str):
    """`delivery_milliseconds.p99` of a report; None where it has none."""
    for name in path.split("."):
        report = report.get(name) if isinstance(report, dict) else None
    return report


def medians(reports: list[dict], paths: list[str]) -> dict:
    """The median of each figure over the rounds that have it."""
    found = {}
    for path in paths:
        values = [value(report, path) for report in reports]
        values = [each for each in values if each is not None]
        if values:
            found[path] = median(values)
    return found


def shares(reports: list[dict]) -> dict[str, dict]:
    """By process: the median of its processor time a message and a delivery, and its part of the whole."""
    found = {}
    for name in reports[0].get("processes", {}):
        uses = [report["processes"][name] for report in reports]
        totals = [sum(process["cpu_seconds"] for process in report["processes"].values()) for report in reports]
        figures = {
            "share_of_cpu": median(use["cpu_seconds"] / total if total else 0 for use, total in zip(uses, totals)),
            "cpu_share": median(use["cpu_share"] for use in uses),
            "resident_bytes": median(use["resident_bytes"] for use in uses),
        }
        for key in ("microseconds_per_accepted", "microseconds_per_delivery", "bytes_per_connection"):
            values = [use[key] for use in uses if use.get(key) is not None]
            if values:
                figures[key] = median(values)
        found[name] = figures
    return found
