"""What is made of counted instructions: whether a figure holds, what is said of it, and where it goes."""

import json

import baseline
import callgrind
import instructions
import pytest
from baseline import Comparison, Verdict


@pytest.mark.parametrize("before, now, verdict, is_good", [
    (100, 100, Verdict.STEADY, True),
    (100, 109.9, Verdict.STEADY, True),
    (100, 110.2, Verdict.RISEN, False),
    (100, 90.1, Verdict.STEADY, True),
    (100, 89.9, Verdict.FALLEN, True),
    (None, 100, Verdict.NEW, False),
    (100, None, Verdict.GONE, False),
])
def test_a_tenth_more_is_too_much(before, now, verdict, is_good):
    comparison = Comparison("gateway / delivery", before, now)
    assert (comparison.verdict, comparison.is_good) == (verdict, is_good)


def test_every_figure_of_either_is_compared():
    found = baseline.compare({"a": 1, "b": 2}, {"b": 3, "c": 4})
    assert found == [Comparison("a", 1, None), Comparison("b", 2, 3), Comparison("c", None, 4)]


def test_what_is_renewed_is_known(tmp_path):
    file = tmp_path / "baseline.json"
    assert baseline.known(file) == {}
    baseline.renew({"gateway / delivery": 540.4}, file)
    assert baseline.known(file) == {"gateway / delivery": 540}


def test_another_sort_of_processor_has_nothing_to_compare_with(tmp_path, monkeypatch):
    file = tmp_path / "baseline.json"
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    baseline.renew({"gateway / delivery": 540}, file)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert baseline.known(file) is None


@pytest.mark.parametrize("again, believed, times", [
    ([105], 105, 1),
    ([130, 104], 104, 2),
    ([130, 115], 115, 2),
])
def test_a_rise_is_believed_when_it_was_there_each_time(again, believed, times):
    counts, works = iter(again), []

    def count(asked):
        works.append([work.name for work in asked])
        return {"redis / lone message": next(counts), "gateway / lone message": 1_000}

    before = {"redis / lone message": 100, "gateway / lone message": 100, "gateway / delivery": 100}
    now = {"redis / lone message": 120, "gateway / lone message": 100, "gateway / delivery": 60}
    found = instructions.confirmed(before, now, count)
    assert found == now | {"redis / lone message": believed}
    assert works == [["lone message"]] * times


def test_a_rise_is_told_with_its_amount_and_what_to_do(tmp_path, capsys):
    found = [Comparison("gateway / accepted message", 1000, 1250), Comparison("gateway / delivery", 500, 500)]
    assert instructions.concluded(found, tmp_path) == 1
    said = capsys.readouterr().out
    assert "gateway / accepted message: 25.0% more than the baseline, and 10% are bearable" in said
    assert f"callgrind_annotate --inclusive=yes {tmp_path}/gateway-accepted-message.callgrind" in said
    assert "Tests/run bench instructions --renew" in said
    assert said.splitlines()[-1] == "1 passed, 1 failed"
    assert "gateway / delivery:" not in said


def test_a_fall_passes_and_asks_to_be_kept(tmp_path, capsys):
    assert instructions.concluded([Comparison("gateway / delivery", 1000, 700)], tmp_path) == 0
    said = capsys.readouterr().out
    assert "gateway / delivery: 30.0% less than the baseline. Keep it: Tests/run bench instructions --renew" in said
    assert said.splitlines()[-1] == "1 passed, 0 failed"


def test_the_baseline_of_the_product_holds_every_figure():
    expected = [figure for work in instructions.WORKS for figure in work.figures]
    assert list(json.loads(baseline.FILE.read_text())["instructions"]) == expected


# Calls of: main > turn > (send, send > copy); turn was entered before counting began, and main calls it again.
DUMP = """\
# callgrind format
events: Ir
summary: 7

fn=(1) main
10 5
cfn=(2) turn
calls=1 20
11 95
cfn=(5) lost
calls=1 20
11 18446744073709551000

fn=(2)
20 10
cfn=(3) send
calls=2 30
+1 80
cfn=(4) idle
calls=1 40
* 5

fn=(3)
30 30
-2 10
cfn=(3)
calls=1 30
* 15
cfn=(6) copy'2
calls=4 50
* 40

fn=(4)
40 5
fn=(6)
50 40

totals: 100
"""


@pytest.fixture
def profile(tmp_path):
    file = tmp_path / "dump"
    file.write_text(DUMP)
    return callgrind.read(file)


def test_what_a_function_takes_is_its_own_and_what_it_calls(profile):
    assert profile.total == 100
    assert profile.own == {"main": 5, "turn": 10, "send": 40, "idle": 5, "copy": 40}
    assert profile.inclusive == {"main": 100, "turn": 95, "send": 80, "idle": 5, "copy": 40}


def test_who_only_passes_on_is_not_among_the_dearest(profile):
    assert profile.dearest(3) == [("turn", 95), ("send", 80), ("copy", 40)]


def test_what_is_kept_says_its_sum(tmp_path):
    dump, kept = tmp_path / "dump", tmp_path / "kept"
    dump.write_text(DUMP)
    callgrind.keep(dump, kept)
    assert kept.read_text() == DUMP.replace("summary: 7\n", "summary: 100\n")
