"""compose/local, as an operator uses it (protocol, section 7)."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from cluster import LOCAL
from people import Person


def local(cluster, *arguments, **environment):
    return subprocess.run(
        [LOCAL, *arguments], env=cluster.environment() | environment, capture_output=True, text=True, timeout=60,
        check=False,
    )


def test_up_on_a_running_cluster_says_so(cluster):
    pids = {name: process["pid"] for name, process in cluster.processes().items()}
    done = local(cluster, "up", "--gateways", "2", "--detach", "--no-install")
    assert done.returncode == 0 and "running already" in done.stderr and cluster.url in done.stderr
    assert {name: process["pid"] for name, process in cluster.processes().items()} == pids


@pytest.mark.parametrize(
    ("arguments", "environment"), [(("--gateways", "3"), {}), (("--gateways", "2"), {"MESSAGE_RATE_LIMIT": "99"})]
)
def test_up_with_other_settings_asks_to_go_down_first(cluster, arguments, environment):
    done = local(cluster, "up", *arguments, "--detach", "--no-install", **environment)
    assert done.returncode == 2 and "down first" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["up", "--nonsense"], ["up", "--gateways", "none"], ["restart", "nobody"], ["stop"], ["down", "x"]],
)
def test_what_it_does_not_know_is_named(cluster, arguments):
    done = local(cluster, *arguments)
    assert done.returncode == 2 and done.stderr.startswith("parley: ")


def test_one_process_is_stopped_started_and_restarted(open_cluster):
    before = open_cluster.processes()["presence"]["pid"]
    open_cluster.stop("presence")
    assert open_cluster.processes()["presence"] | {"url": ""} == {
        "name": "presence", "pid": None, "url": "", "state": "stopped",
    }
    open_cluster.start("presence")
    open_cluster.start("presence")  # starting what runs is fine
    started = open_cluster.processes()["presence"]["pid"]
    open_cluster.restart("presence")
    after = open_cluster.processes()["presence"]
    assert len({before, started, after["pid"]}) == 3 and after["state"] == "running"
    # It is the pid of the service itself.
    assert os.readlink(f"/proc/{after['pid']}/exe").endswith("/presence")


def test_the_address_of_the_database_gets_in_and_shows_no_password(cluster):
    (file,) = cluster.folder.glob("*/secrets/database-password")
    password = file.read_text().strip()
    cluster.secrets.add(password)
    assert password not in local(cluster, "status", "--json").stdout
    for service in ("auth", "history"):
        assert password not in Path(f"/proc/{cluster.pid(service)}/environ").read_text()
    without_file = cluster.database_url.partition("?")[0]
    for url, lets_in in ((cluster.database_url, True), (without_file, False)):
        done = subprocess.run(
            ["psql", "-wXAtqc", "SELECT 1", url], env={"PATH": os.environ["PATH"], "PGPASSFILE": "/dev/null"},
            capture_output=True, check=False,
        )
        assert (done.returncode == 0) == lets_in, done.stderr


def test_logs_are_printed_or_told_where(cluster):
    path = local(cluster, "logs", "--path", "auth").stdout.strip()
    with open(path) as log:
        assert json.loads(log.readline())["service"] == "auth"
    printed = local(cluster, "logs", "auth")
    assert printed.returncode == 0 and json.loads(printed.stdout.splitlines()[0])["service"] == "auth"


def test_the_first_administrator_can_log_in(cluster):
    (file,) = cluster.folder.glob("*/secrets/admin-password")
    assert file.stat().st_mode & 0o077 == 0
    password = file.read_text().strip()
    cluster.secrets.add(password)
    login = cluster.web.post("/auth/login", {"username": "admin", "password": password})
    assert login.status == 200 and "admin" in login.json["user"]["roles"]
    Person(cluster, "admin", login.json["access_token"]).connect(0)
