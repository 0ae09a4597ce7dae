"""What growth is measured by, and what is made of its reports."""

from argparse import Namespace

import growth
import pytest


def report(accepted: int, gateway: float, redis: float) -> dict:
    """Of ten seconds."""
    return {
        "accepted": accepted, "delivered": 0, "rate": 2_000, "seconds": 10,
        "processes": {"gateway-1": {"cpu_seconds": gateway}, "redis": {"cpu_seconds": redis}},
    }


def test_what_a_message_costs_is_told_of_each_process():
    found = growth.shares([report(20_000, 2, 1), report(10_000, 2, 1), report(20_000, 3, 1)], "accepted")
    assert found == pytest.approx({"µs: gateway-1": 150, "µs: redis": 50, "µs: all": 200})


def test_quiet_connections_are_counted_as_part_of_each_message_of_the_others():
    found = growth.shares([report(0, 0.5, 0.1)], "accepted")
    assert found == pytest.approx({"µs: gateway-1": 25, "µs: redis": 5, "µs: all": 30})


def test_each_step_of_a_line_is_measured_once():
    assert len(set(growth.STEPS)) == len(growth.STEPS)
    assert {step for line in growth.LINES.values() for step in line} | {(0, growth.ALL)} == set(growth.STEPS)


@pytest.mark.parametrize("count, rooms, mode, talks", [(0, 10_000, "idle", False), (100, 10_000, "fanout", True)])
def test_who_talks_is_what_differs(count, rooms, mode, talks):
    step = growth.talking(count, rooms, Namespace(seconds=None, extra=["--size", "64"]))
    assert step.mode == mode and step.name == f"{count} of 10,000"
    words = step.words[:-2] if talks else step.words
    assert words == growth.talking(1, rooms, Namespace(seconds=None, extra=["--size", "64"])).words[:-2]
    assert step.words[-2:] == (["--talking", "100"] if talks else ["--size", "64"])


def test_a_line_is_drawn_of_what_was_measured(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(growth.subprocess, "run", lambda command, check: commands.append(command))
    growth.draw(tmp_path / "x.svg", "T", "x", "y", {"a": [(1, 5.5), (100, None)], "b": [(1, 2)]})
    assert commands[0][-2:] == ["--series=a=1:5.5", "--series=b=1:2"]
