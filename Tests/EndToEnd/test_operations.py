"""What an operator sees: health, metrics, the programs' own flags (protocol, sections 1 and 7)."""

import json
import os
import re
import socket
import subprocess
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from client import Client
from cluster import BINARIES, TOP
from people import SECRET
from ports import claim_port
from rest import Service
from waiting import eventually

SERVICES = ["gateway", "auth", "history", "presence"]


def url_of(cluster, service):
    return {
        "gateway": cluster.gateway_urls[0], "auth": cluster.auth_url, "history": cluster.history_url,
        "presence": cluster.presence_url,
    }[service]


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_tells_how_it_is(cluster, service):
    own = Service(url_of(cluster, service))
    assert own.get("/healthz").status == 200
    ready = own.get("/readyz")
    assert (ready.status, ready.type, ready.json["status"]) == (200, "application/json", "ready")
    checks = ready.json["checks"]
    assert {"redis", "keys"} <= checks.keys() and ("postgres" in checks) == (service in ("auth", "history"))
    for check in checks.values():
        assert check["ok"] is True and check["latency_ms"] >= 0
    metrics = own.get("/metrics")
    assert (metrics.status, metrics.type) == (200, "text/plain")
    lines = metrics.body.decode().splitlines()
    samples = [line for line in lines if line and not line.startswith("#")]
    names = {re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line)[0] for line in samples}
    assert names and all(name.startswith(("parley_", "process_")) for name in names)
    assert any(line.startswith("# TYPE parley_") for line in lines)
    assert all(re.fullmatch(r"\S+(\{.*\})? [-+0-9.eEInfNa]+", line) for line in samples)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_the_load_balancer_hides_them(cluster, path):
    assert cluster.web.get(path).status == 404


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("GET /%zz HTTP/1.1", 400), ("GET /\0 HTTP/1.1", 400), ("GET /%00 HTTP/1.1", 400), ("GET /../x HTTP/1.1", 400),
     (f"GET /{'x' * 40_000} HTTP/1.1", 414), ("CONNECT x:1 HTTP/1.1", 400), ("GET / HTTP/3.0", 505)],
    ids=["bad-escape", "nul", "escaped-nul", "above-the-top", "too-long", "connect", "version"],
)
def test_the_load_balancer_tells_what_is_wrong_with_a_request(cluster, request_line, status):
    place = urlsplit(cluster.url)
    with socket.create_connection((place.hostname, place.port), timeout=8) as connection:
        connection.sendall(f"{request_line}\r\nHost: x\r\n\r\n".encode())
        answer = HTTPResponse(connection)
        answer.begin()
        problem = json.loads(answer.read())
    assert (answer.status, problem["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_messages_are_counted(cluster, pair):
    def accepted():
        text = Service(cluster.gateway_urls[0]).get("/metrics").body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if re.match(r"parley_\w*messages_accepted\w*_total[ {]", line))

    before = accepted()
    for number in range(3):
        pair.on_a.say(pair.room, f"{number}")
    assert accepted() - before == 3


def test_status_tells_of_every_process(cluster):
    processes = cluster.processes()
    assert set(processes) == {"gateway-1", "gateway-2", "auth", "history", "presence", "redis", "postgres", "nginx"}
    for process in processes.values():
        assert set(process) >= {"name", "pid", "url", "state"} and process["state"] == "running"
        os.kill(process["pid"], 0)


def run(service, *arguments, **environment):
    done = subprocess.run(
        [BINARIES / service, *arguments], env={"PATH": os.environ["PATH"]} | environment, capture_output=True,
        text=True, timeout=20, check=False,
    )
    return done


@pytest.mark.parametrize("service", SERVICES)
def test_a_program_tells_of_itself(service):
    version = run(service, "--version")
    assert version.returncode == 0 and re.search(r"\d+\.\d+", version.stdout)
    text = run(service, "--help")
    assert text.returncode == 0 and "REDIS_URL" in text.stdout and "PORT" in text.stdout
    assert run(service, "--check-config").returncode == 0


#: What compose.yaml decides itself: addresses and names, files of the host, and times that end with a container's.
NOT_OF_THE_SHELL = {
    "HOST", "PORT", "GATEWAY_ID", "DATABASE_URL", "REDIS_CA", "TLS_CERT", "TLS_KEY", "SHUTDOWN_SECONDS",
}


def offered_settings():
    """Name to default, service by service, as `--help` tells them; what is empty has no default."""
    form = re.compile(r"^  ([A-Z][A-Z0-9_]+), --.*\n.*; (?:default (?!empty)(.+)|default empty|no default)\]$", re.MULTILINE)
    return {service: dict(form.findall(run(service, "--help").stdout)) for service in SERVICES}


def test_containers_are_given_every_setting():
    """A setting that compose.yaml does not name never reaches a container, and nobody is told."""
    offered = {name for settings in offered_settings().values() for name in settings}
    passed = set(re.findall(r"^ +([A-Z][A-Z0-9_]+):", (TOP / "compose" / "compose.yaml").read_text(), re.MULTILINE))
    assert "MESSAGE_RATE_WINDOW" in offered
    assert offered - NOT_OF_THE_SHELL <= passed


def as_help_tells(default):
    """A default of the README; None where it is told in words."""
    if number := re.fullmatch(r"([\d,]+)( KiB| MiB)?", default):
        return str(int(number[1].replace(",", "")) << {None: 0, " KiB": 10, " MiB": 20}[number[2]])
    word = re.fullmatch(r"`([^`]+)`", default)
    return word[1] if word else None


def test_the_readme_tells_of_settings_as_they_are():
    offered = offered_settings()
    rows = re.findall(
        r"^\| ((?:`[A-Z][A-Z0-9_]+`(?:, )?)+) \| (.*?) \| (.*?) \| ", (TOP / "README.md").read_text(), re.MULTILINE)
    compared = 0
    for names, defaults, owners in rows:
        names = re.findall(r"\w+", names)
        if owners == "`compose/`":
            continue
        found = {service for service in SERVICES if offered[service].keys() & set(names)}
        assert found == set(SERVICES if owners.startswith("all") else owners.split(", ")), names
        told = [as_help_tells(default) for default in re.split(r", (?=[`\d]|the )", defaults)]
        for name, default in zip(names, told if len(told) == len(names) else []):
            if default is not None:
                assert default in {settings.get(name) for settings in offered.values()}, name
                compared += 1
    assert compared > 40


def test_postgres_keeps_its_memory_in_containers_as_here(cluster):
    """The file of its settings is the same; what its allocator does stands in two places."""
    text = (TOP / "compose" / "compose.yaml").read_text()
    contained = dict(re.findall(r'^ +(MALLOC_[A-Z_]+): "([0-9]+)"$', text, re.MULTILINE))
    given = Path(f"/proc/{cluster.pid('postgres')}/environ").read_bytes().decode().split("\0")
    assert contained
    assert contained == dict(each.split("=", 1) for each in given if each.startswith("MALLOC_"))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["--no-such-flag"], {}, "no-such-flag"),
        (["--port=many"], {}, "PORT"),
        ([], {"PORT": "70000"}, "PORT"),
        ([], {"REDIS_URL": "nonsense"}, "REDIS_URL"),
        ([], {"JWT_ALGORITHM": "none"}, "JWT_ALGORITHM"),
        ([], {"JWT_ALGORITHM": "HS256"}, "JWT_SECRET"),
        ([], {"JWT_ALGORITHM": "HS256", "JWT_SECRET": "short"}, "JWT_SECRET"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(service, arguments, environment, named):
    done = run(service, *arguments, **environment)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and named.lower() in lines[0].lower().replace("--", ""), done.stderr
    assert "short" not in done.stderr or environment.get("JWT_SECRET") != "short" or "shorter" in done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_are_shown_without_secrets(service):
    shown = run(service, "--print-config", JWT_ALGORITHM="HS256", JWT_SECRET=SECRET,
                REDIS_URL="redis://me:pw-of-redis@127.0.0.1:1", DATABASE_URL="postgres://me:pw-of-postgres@127.0.0.1:1/x")
    assert shown.returncode == 0 and "REDIS_URL" in shown.stdout
    for secret in (SECRET, "pw-of-redis", "pw-of-postgres"):
        assert secret not in shown.stdout + shown.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_program_can_ask_how_it_is_itself(cluster, service):
    port = url_of(cluster, service).rsplit(":", 1)[1]
    assert run(service, "health", PORT=port).returncode == 0
    assert run(service, "health", PORT="1").returncode == 1


def test_readiness_names_what_is_missing(open_cluster):
    open_cluster.stop("postgres")
    try:
        def not_ready():
            answer = open_cluster.history.get("/readyz")
            return answer.status == 503 and answer.json

        shown = eventually(not_ready)
        assert shown["status"] == "not_ready"
        assert (shown["checks"]["postgres"]["ok"], shown["checks"]["redis"]["ok"]) == (False, True)
        assert open_cluster.history.get("/healthz").status == 200
    finally:
        open_cluster.start("postgres")
    open_cluster.await_ready()


def test_the_page_is_served_safely(cluster):
    page = cluster.web.get("/")
    assert (page.status, page.type) == (200, "text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy and "default-src" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_the_logs_are_json_lines(cluster, person):
    person().connect(0)
    levels = set()
    for name, text in cluster.logs().items():
        if name in ("redis", "postgres"):
            continue
        assert text, name
        for line in text.splitlines():
            entry = json.loads(line)
            assert {"time", "level", "msg", "service"} <= set(entry), line
            levels.add(entry["level"])
            assert next(iter(entry)) == "time"
    assert levels <= {"trace", "debug", "info", "notice", "warning", "error", "critical"}


def test_no_secret_stands_in_any_log(cluster, open_cluster, person):
    """Everything that the tests have used so far, and each way to show a token once more."""
    canary = "canary-of-a-message-4711"
    alice = person("alice")
    for options in ({"query": {"token": alice.token}}, {"subprotocols": ["chat.v1", f"bearer.{alice.token}"]},
                    {"query": {"ticket": alice.ticket()}}, {"token": alice.token}):
        client = Client(cluster.url, **options).greeted()
    room = alice.create_room()
    client.say(room, canary, metadata={"x": canary})
    client.send_raw('{"type":"send_message","data":{"content":"' + canary + '"}')
    client.send("send_message", room=room, content=[canary])
    client.send("authenticate", token=f"{canary}.a.b")
    client.closed()
    cluster.web.post("/auth/login", {"username": alice.name, "password": canary})
    cluster.web.get(f"/history/rooms/{room}/messages?token={canary}&q={canary}", alice.token)
    for each in (cluster, open_cluster):
        for name, text in each.logs().items():
            for secret in {canary, *each.secrets}:
                assert secret not in text, f"{name} has logged a secret"
            assert SECRET not in text


@pytest.mark.parametrize("service", ["auth", "history"])
def test_a_log_names_the_addresses_that_nobody_answers_at(service):
    environment = {
        "HOST": "127.0.0.1", "PORT": str(claim_port()), "REDIS_URL": "redis://me:hidden@127.0.0.1:1/3",
        "DATABASE_URL": "postgres://me:hidden@127.0.0.1:2/chat",
    }
    process = subprocess.Popen([BINARIES / service], env=environment, stdout=subprocess.PIPE, text=True)
    wanted = {"cannot connect to redis": "redis://127.0.0.1:1/3", "cannot connect to postgres": "postgres://127.0.0.1:2/chat"}
    try:
        for _, text in zip(range(200), process.stdout):
            assert "hidden" not in text
            line = json.loads(text)
            if (address := wanted.pop(line["msg"], None)) is not None:
                assert line["address"] == address and line["reason"]
            if not wanted:
                break
        assert wanted == {}
    finally:
        process.kill()
        process.wait()
