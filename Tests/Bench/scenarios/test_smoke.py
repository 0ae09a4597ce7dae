"""The bench itself, shortly: each mode against a real cluster finds nothing wrong, and a broadcaster that errs is found out.

Nothing here asserts a figure: they are for people.
"""

import json
import subprocess
import sys

import machine
import pytest
import rounds
from candidates import BENCH, PEERS, Parley, Raw

SHORT = ["--quiet", "--warmup", "0.2", "--seconds", "1"]


@pytest.fixture(scope="module")
def parley():
    cluster = Parley(machine.ALL, gateways=2)
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def limit():
    server = Raw("limit", machine.ALL)
    yield server
    server.close()


@pytest.mark.parametrize("mode, words", [
    ("fanout", ["--rooms", "2", "--clients", "10", "--publishers", "2", "--window", "4", "--loops", "2"]),
    ("fanout", ["--rooms", "10", "--clients", "3", "--rate", "100"]),
    ("idle", ["--rooms", "5", "--clients", "4"]),
    ("storm", ["--rooms", "4", "--clients", "5", "--waves", "2", "--rate", "50"]),
    ("slow", ["--clients", "6", "--slow", "2", "--rate", "50"]),
    ("pair", ["--clients", "4", "--rate", "50"]),
], ids=lambda value: value if isinstance(value, str) else " ".join(value[-2:]))
def test_a_cluster_is_found_faultless(parley, tmp_path, mode, words):
    report = rounds.run(parley, mode, [*words, *SHORT], tmp_path / "report.json")
    assert report["is_clean"]
    assert set(report["processes"]) >= {"gateway-1", "gateway-2", "redis", "postgres"}
    if mode in ("fanout", "slow", "pair"):
        # Of all that was due in the time, however late it came: on a busy machine little comes within the time itself.
        assert report["acceptance_milliseconds"]["count"] > 0
        assert report["delivery_milliseconds"]["count"] > 0


def test_accounts_are_registered_where_no_key_is_given(parley, tmp_path):
    options = [word for word in parley.options() if word not in parley.token_options]
    file = tmp_path / "report.json"
    command = [BENCH, "fanout", *options, "--clients", "4", "--accounts", "2", "--rate", "20", *SHORT, "--json", file]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(file.read_text())["delivery_milliseconds"]["count"] > 0


def test_a_ramp_draws_a_picture(limit, tmp_path):
    picture = tmp_path / "ramp.svg"
    words = ["--clients", "2", "--rate", "100", "--most", "150", "--precision", "1", "--step-seconds", "0.5", *SHORT]
    report = rounds.run(limit, "ramp", [*words, "--seconds", "0.5", "--plot", str(picture)], tmp_path / "report.json")
    assert report["steps"] and all(0 < step["rate"] <= 150 for step in report["steps"])
    assert picture.read_text().startswith("<svg ")


@pytest.mark.parametrize("fault, found", [("lose", "lost"), ("double", "duplicates"), ("swap", "reordered")])
def test_what_goes_wrong_is_found(tmp_path, fault, found):
    with subprocess.Popen([sys.executable, PEERS / "faulty.py", fault], stdout=subprocess.PIPE, text=True) as server:
        port = server.stdout.readline().strip()
        file = tmp_path / "report.json"
        command = [BENCH, "fanout", "--peer", "websockets", "--url", f"ws://127.0.0.1:{port}", "--clients", "3", "--rate", "20"]
        command += ["--patience", "5", *SHORT, "--json", file]
        status = subprocess.run(command, check=False).returncode
        server.kill()
    findings = json.loads(file.read_text())["findings"]
    assert status == 1
    # The one message did not reach three receivers well.
    assert findings[found] == 3, findings
    assert all(count == 0 for name, count in findings.items() if name not in (found, "unanswered", "unreadable", "reasons"))


def test_a_wrong_option_is_named():
    done = subprocess.run([BENCH, "fanout", "--nothing"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "unknown option: --nothing" in done.stderr


def test_steps_are_taken_as_they_are_told(parley):
    command = [BENCH, "steps", *parley.options(), "--rooms", "2", "--clients", "4", "--publishers", "2", "--window", "3", "--quiet"]
    steps = "connect\nsend 5\ncut\nconnect\nsend 2\n"
    done = subprocess.run(command, input=steps, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = ("connects", "accepted", "deliveries", "connections")
    answers = [tuple(json.loads(line)[name] for name in names) for line in done.stdout.splitlines()[:-1]]
    assert answers == [(8, 0, 0, 8), (0, 20, 80, 8), (0, 0, 0, 4), (4, 0, 0, 8), (0, 8, 32, 8)]


def test_quiet_rooms_are_joined_and_say_nothing(parley):
    command = [BENCH, "steps", *parley.options(), "--rooms", "3", "--talking", "1", "--clients", "2", "--quiet"]
    done = subprocess.run(command, input="connect\nsend 5\ncut\n", check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = ("connects", "accepted", "deliveries", "connections")
    answers = [tuple(json.loads(line)[name] for name in names) for line in done.stdout.splitlines()[:-1]]
    assert answers == [(6, 0, 0, 6), (0, 5, 10, 6), (0, 0, 0, 1)]


def test_measuring_begins_when_each_has_spoken(limit, tmp_path):
    words = ["--rooms", "40", "--clients", "1", "--rate", "80", *SHORT, "--warmup", "0"]
    assert rounds.run(limit, "fanout", words, tmp_path / "waited.json")["unspoken"] == 0
    # At one in ten seconds not even the second has spoken by then, and the report says so.
    words += ["--rate", "0.1", "--warmup-most", "0.1"]
    assert rounds.run(limit, "fanout", words, tmp_path / "bound.json")["unspoken"] >= 39


@pytest.mark.parametrize("step", ["send", "send 0", "send many", "wait", "connect 2"])
def test_what_is_no_step_ends_the_run(limit, step):
    command = [BENCH, "steps", *limit.options(), "--quiet"]
    done = subprocess.run(command, input=f"{step}\n", check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no step: {step}" in done.stderr
