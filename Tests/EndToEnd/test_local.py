"""compose/local, as an operator uses it (protocol, section 7)."""

import json
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from balancer import is_listening
from cluster import LOCAL
from conftest import CHEAP_PASSWORDS
from people import Person
from ports import claim_block, give_back
from waiting import eventually


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
    [["nonsense"], ["up", "--nonsense"], ["up", "--gateways", "none"], ["restart", "nobody"], ["stop"], ["url"], ["down", "x"]],
)
def test_what_it_does_not_know_is_named(cluster, arguments):
    done = local(cluster, *arguments)
    assert done.returncode == 2 and done.stderr.startswith("parley: ")


@pytest.mark.parametrize("arguments", [["--help"], ["up", "--help"], ["up", "--gateways", "-h"], ["status", "-h"], ["start", "auth", "--help"]])
def test_who_asks_for_help_gets_it(arguments):
    done = subprocess.run([LOCAL, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("usage: compose/local COMMAND")


@pytest.mark.parametrize("name", ["START_SECONDS", "STOP_SECONDS"])
@pytest.mark.parametrize("value", ["x", "-1", "08", "1.5", "999999", "$(id)"])
def test_times_that_are_none_are_named(cluster, name, value):
    done = local(cluster, "status", **{name: value})
    assert done.returncode == 2 and f"{name} is not a number of seconds" in done.stderr


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


def test_several_are_stopped_and_started_in_one_command(open_cluster):
    open_cluster.local("stop", "presence", "gateway-2")
    states = {name: process["state"] for name, process in open_cluster.processes().items()}
    assert {name for name, state in states.items() if state == "stopped"} == {"presence", "gateway-2"}
    open_cluster.local("start", "presence", "gateway-2")
    before = {name: process["pid"] for name, process in open_cluster.processes().items()}
    open_cluster.local("restart", "presence", "gateway-2")
    after = open_cluster.processes()
    assert {name for name, pid in before.items() if after[name]["pid"] != pid} == {"presence", "gateway-2"}
    # Where one of them is not known, none is touched.
    done = local(open_cluster, "stop", "presence", "nobody")
    assert done.returncode == 2 and "nobody" in done.stderr
    assert open_cluster.processes() == after


def test_what_up_starts_again_may_open_as_many_files_as_before(open_cluster):
    configuration = open_cluster.folder / str(open_cluster.base) / "nginx" / "nginx.conf"
    before = configuration.read_text()
    open_cluster.kill("nginx")
    done = subprocess.run(
        ["bash", "-c", 'ulimit -Sn 1024 && exec "$0" "$@"', LOCAL, "up", "--gateways", "2", "--detach", "--no-install"],
        env=open_cluster.environment(), capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0 and "starting what has ended" in done.stderr, done.stderr
    assert configuration.read_text() == before


def test_an_address_is_told_as_programs_take_it(cluster):
    for name, process in cluster.processes().items():
        assert local(cluster, "url", name).stdout == process["url"] + "\n"


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


OWN_PASSWORD = "password of the operator"


@pytest.fixture(params=["ADMIN_PASSWORD", "ADMIN_PASSWORD_FILE"])
def owned_cluster(request, running, tmp_path):
    """One whose operator names the first administrator's password, and by which setting."""
    file = tmp_path / "password"
    file.write_text(OWN_PASSWORD + "\n")
    value = str(file) if request.param.endswith("FILE") else OWN_PASSWORD
    for cluster in running(**CHEAP_PASSWORDS, **{request.param: value}):
        yield cluster, request.param


def test_the_first_administrator_can_have_a_password_of_ones_own(owned_cluster):
    cluster, setting = owned_cluster
    # Another shell need not know it.
    cluster.stop("auth")
    own = {name: value for name, value in cluster.environment().items() if name != setting}
    subprocess.run([LOCAL, "start", "auth"], env=own, timeout=60, check=True)
    login = cluster.web.post("/auth/login", {"username": "admin", "password": OWN_PASSWORD})
    assert login.status == 200 and "admin" in login.json["user"]["roles"]
    assert not list(cluster.folder.glob("*/secrets/admin-password"))


# ---- starts that fail ----


@pytest.fixture
def place():
    """Where there is no cluster yet: how to `up` one there, and its folder."""
    # PostgreSQL runs under an account of its own, which has to pass through this folder.
    with tempfile.TemporaryDirectory(prefix="parley e2e \"'") as name:
        folder, base = Path(name), claim_block()
        folder.chmod(0o755)

        def up(**settings: str) -> tuple[int, str]:
            done = subprocess.run(
                [LOCAL, "up", "--detach", "--no-install"], capture_output=True, text=True, timeout=120, check=False,
                env=os.environ | {"PORT_BASE": str(base), "PARLEY_DATA": name} | settings,
            )
            return done.returncode, done.stderr

        yield up, folder / str(base)
        give_back(base)


def test_all_settings_that_are_wrong_are_told_before_anything_is_started(place):
    up, folder = place
    wrong = {"LIMITS": "maybe", "MAX_CONTENT_CHARS": "few", "SCRYPT_LOG_N": "99", "RECENT_KEEP": "-1", "TRUSTED_PROXIES": "foo"}
    status, said = up(**wrong)
    assert status == 2, said
    # What is built is told before.
    _, head, told = said.partition("nothing was started or stopped, as these settings are refused:\n")
    told = told.splitlines()
    assert head, said
    assert {line.split(":")[0].strip() for line in told} == set(wrong)
    assert len(told) == len(wrong), "what several services say is said once"
    assert not list((folder / "log").iterdir()) and not (folder / "run" / "settings").exists()


@pytest.mark.parametrize("is_link", [False, True])
def test_what_is_no_database_is_left_alone(place, is_link):
    up, folder = place
    database = folder / "postgres"
    folder.mkdir()
    if is_link:
        database.symlink_to(folder / "unmounted")
    else:
        (database / "base").mkdir(parents=True)
    status, said = up()
    assert status == 1 and f"{database} is there, but no database" in said, said
    assert database.is_symlink() if is_link else (database / "base").is_dir()


def test_a_start_that_fails_shows_nothing_of_those_before(place):
    up, _ = place
    for value, before in ("much", "none yet"), ("more", "much"):
        status, said = up(REDIS_MAXMEMORY=value)
        assert status == 1 and "redis ended while it was starting" in said, said
        assert value in said and before not in said, said


def test_an_up_that_is_killed_while_it_makes_the_database_can_be_begun_again(place):
    up, folder = place
    with subprocess.Popen(
        [LOCAL, "up", "--detach", "--no-install"], stderr=subprocess.DEVNULL, start_new_session=True,
        env=os.environ | {"PORT_BASE": folder.name, "PARLEY_DATA": str(folder.parent)},
    ) as first:
        eventually(lambda: list(folder.glob("postgres*/PG_VERSION")), what="initdb has begun")
        os.killpg(first.pid, signal.SIGKILL)
    try:
        status, said = up()
        assert status == 0, said
    finally:
        subprocess.run(
            [LOCAL, "down"], env=os.environ | {"PORT_BASE": folder.name, "PARLEY_DATA": str(folder.parent)},
            capture_output=True, timeout=60, check=False,
        )


def test_a_restart_with_wrong_settings_stops_nothing(cluster):
    before = cluster.processes()
    done = local(cluster, "restart", "presence", "gateway-1", MAX_CONTENT_CHARS="few")
    assert done.returncode == 2 and "MAX_CONTENT_CHARS" in done.stderr and "nothing was" in done.stderr
    assert cluster.processes() == before


# ---- a cluster that its machine has ended ----


@pytest.fixture
def crashing_cluster(running):
    yield from running(**CHEAP_PASSWORDS, MESSAGE_RATE_LIMIT="7", SILENCE_SECONDS="61")


def crash(cluster) -> None:
    """All is killed at once, as when the machine loses its power."""
    processes = list(cluster.processes().values())
    for process in processes:
        os.killpg(process["pid"], signal.SIGKILL)
    ports = [int(urlsplit(process["url"]).port) for process in processes]
    eventually(lambda: not any(is_listening(port) for port in ports), what="all ports are free")


def test_up_after_all_was_killed_finds_its_ports_free(crashing_cluster):
    """Each by its pid, so that nginx' workers are left, and hold the port."""
    for process in crashing_cluster.processes().values():
        os.kill(process["pid"], signal.SIGKILL)
    eventually(lambda: {each["state"] for each in crashing_cluster.processes().values()} == {"died"}, what="all have died")
    assert is_listening(crashing_cluster.base)
    begin(crashing_cluster)
    assert {each["state"] for each in crashing_cluster.processes().values()} == {"running"}


def test_what_has_a_pid_of_ours_after_a_reboot_is_left_alone(open_cluster):
    file = open_cluster.folder / str(open_cluster.base) / "run" / "presence.pid"
    *_, this_boot = file.read_text().split()
    # A group whose first process has ended: left behind by ours in this boot, somebody else's in any other.
    with subprocess.Popen(["sh", "-c", "sleep 600 >&- & echo $!"], stdout=subprocess.PIPE, start_new_session=True) as first:
        sleeper = int(first.stdout.readline())
    try:
        for boot, is_ours in ("another-boot", False), (this_boot, True):
            open_cluster.kill("presence")
            file.write_text(f"{first.pid} 1 {boot}\n")
            open_cluster.start("presence")
            assert has_ended(sleeper) == is_ours
    finally:
        with suppress(ProcessLookupError):
            os.kill(sleeper, signal.SIGKILL)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except FileNotFoundError:
        return True


def begin(cluster, *arguments, **environment) -> tuple[str, list[str], dict]:
    """`up` from a shell without the settings of `cluster`: what it says, the gateways, and what the first was given."""
    own = {name: value for name, value in cluster.environment().items() if name not in ("MESSAGE_RATE_LIMIT", "SILENCE_SECONDS")}
    done = subprocess.run(
        [LOCAL, "up", "--detach", "--no-install", *arguments], env=own | environment, capture_output=True, text=True,
        timeout=120, check=False,
    )
    assert done.returncode == 0, done.stderr
    gateways = [name for name in cluster.processes() if name.startswith("gateway-")]
    given = Path(f"/proc/{cluster.pid('gateway-1')}/environ").read_text().split("\0")
    return done.stderr, gateways, dict(line.split("=", 1) for line in given if line)


def test_after_a_crash_up_goes_on_with_what_there_was(crashing_cluster):
    crash(crashing_cluster)
    said, gateways, given = begin(crashing_cluster)
    assert gateways == ["gateway-1", "gateway-2"]
    assert (given["MESSAGE_RATE_LIMIT"], given["SILENCE_SECONDS"]) == ("7", "61")
    (line,) = [line for line in said.splitlines() if "last up" in line]
    assert "--gateways 2" in line and "MESSAGE_RATE_LIMIT" in line and "SILENCE_SECONDS" in line and "down" in line
    # One that fails forgets nothing, and remembers nothing of its own.
    crash(crashing_cluster)
    own = crashing_cluster.environment() | {"SILENCE_SECONDS": "62"}
    for changes, status in ({"MEMORY_BYTES": "much"}, 2), ({"REDIS_MAXMEMORY": "much"}, 1):
        failed = subprocess.run(
            [LOCAL, "up", "--detach", "--no-install"], env=own | changes, capture_output=True, text=True, timeout=120, check=False)
        assert failed.returncode == status and "much" in failed.stderr, failed.stderr
    said, gateways, given = begin(crashing_cluster)
    assert gateways == ["gateway-1", "gateway-2"]
    assert (given["MESSAGE_RATE_LIMIT"], given["SILENCE_SECONDS"]) == ("7", "61") and not {"MEMORY_BYTES", "REDIS_MAXMEMORY"} & set(given)
    # What is given now wins, and is what is remembered from then on.
    for arguments in (["--gateways", "3"], []):
        crash(crashing_cluster)
        shell = {"MESSAGE_RATE_LIMIT": "8"} if arguments else {}
        said, gateways, given = begin(crashing_cluster, *arguments, **shell)
        assert gateways == ["gateway-1", "gateway-2", "gateway-3"]
        assert (given["MESSAGE_RATE_LIMIT"], given["SILENCE_SECONDS"]) == ("8", "61")
        (line,) = [line for line in said.splitlines() if "last up" in line]
        assert ("--gateways" in line, "MESSAGE_RATE_LIMIT" in line) == (not arguments, not arguments)
    # The number was not on the disk yet.
    crash(crashing_cluster)
    (crashing_cluster.folder / str(crashing_cluster.base) / "run" / "gateways").write_text("")
    said, gateways, given = begin(crashing_cluster)
    assert (gateways, given["MESSAGE_RATE_LIMIT"]) == (["gateway-1"], "8")
    # Who goes down has done with it.
    crash(crashing_cluster)
    crashing_cluster.local("down")
    said, gateways, given = begin(crashing_cluster)
    assert gateways == ["gateway-1"] and "last up" not in said
    assert not {"MESSAGE_RATE_LIMIT", "SILENCE_SECONDS"} & set(given)
