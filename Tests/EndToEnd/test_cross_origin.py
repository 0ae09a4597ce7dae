"""Pages of other origins: who may read the answers, and that one of them can do all that a page of the product can."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import chromium
import people
from balancer import Balancer
from conftest import CHEAP_PASSWORDS
from rest import Service, is_problem

PAGE, OTHER = "https://chat.example", "https://other.example:8443"
LOGIN = {"username": "nobody-here", "password": "wrong password"}


def asked(service: Service, method: str, path: str, origin: str | None, wanted: str | None = None, body=None):
    """The headers of the answer, and its status."""
    headers = {"Origin": origin} if origin else {}
    if wanted:
        headers |= {"Access-Control-Request-Method": wanted, "Access-Control-Request-Headers": "authorization,content-type"}
    answer = service.call(method, path, body, headers=headers)
    return answer.status, answer.headers


@pytest.mark.parametrize("path", ["/auth/login", "/auth/me", "/rooms", "/rooms/general/members/alice", "/client.js",
                                  "/history/rooms/general/messages", "/presence/limits/me"])
def test_a_preflight_from_an_allowed_page_is_answered(open_cluster, path):
    status, headers = asked(open_cluster.web, "OPTIONS", path, PAGE, "POST")
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == PAGE
    assert headers["Access-Control-Allow-Methods"] == headers["Allow"]
    assert headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("origin", ["https://evil.example", "https://chat.example.evil", "http://chat.example", "null"])
@pytest.mark.parametrize("method, path", [("OPTIONS", "/auth/login"), ("POST", "/auth/login"), ("GET", "/client.js")])
def test_any_other_page_is_not(open_cluster, origin, method, path):
    _, headers = asked(open_cluster.web, method, path, origin, "POST", LOGIN if method == "POST" else None)
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert "Origin" in headers.get_all("Vary")


@pytest.mark.parametrize("origin", [PAGE, OTHER])
def test_an_allowed_page_reads_refusals_too(open_cluster, origin):
    status, headers = asked(open_cluster.web, "POST", "/auth/login", origin, body=LOGIN)
    assert (status, headers["Access-Control-Allow-Origin"]) == (401, origin)
    assert "Retry-After" in headers["Access-Control-Expose-Headers"]


def test_an_allowed_page_reads_what_the_load_balancer_refuses(open_cluster, cluster):
    for service, readers in [(open_cluster.web, PAGE), (cluster.web, None)]:
        answer = service.call("POST", "/auth/login", headers={"Origin": PAGE, "Content-Length": "1000000"})
        is_problem(answer, 413, "body_too_large")
        assert answer.headers["Access-Control-Allow-Origin"] == readers


@pytest.fixture
def deserted(tmp_path):
    """The load balancer, with a setting and with nothing behind it."""
    started = []

    def start(setting: str) -> Service:
        started.append(Balancer(tmp_path, ALLOWED_ORIGINS=setting))
        return started[-1].web

    yield start
    for balancer in started:
        balancer.close()


@pytest.mark.parametrize(
    ("setting", "origin", "readers"),
    [(PAGE, PAGE, PAGE), (f"{PAGE},{OTHER}", OTHER, OTHER), (f"{OTHER}, {PAGE}", PAGE, PAGE), ("*", PAGE, "*"),
     (f"{OTHER}, *", PAGE, "*"), ("HTTPS://Chat.Example", PAGE, PAGE), ("", PAGE, None), (PAGE, None, None), (PAGE, OTHER, None),
     (PAGE, "https://chat.exampl", None), (PAGE, PAGE + ".evil", None), (PAGE, "https://chatXexample", None),
     (f"{PAGE},{OTHER}", f"{PAGE},{OTHER}", None), (PAGE, "*", None), (PAGE, "", None), (PAGE, f"*|{OTHER}", None)],
)
def test_an_allowed_page_reads_that_a_service_is_away(deserted, setting, origin, readers):
    balancer = deserted(setting)
    status, headers = asked(balancer, "OPTIONS", "/history/rooms/general/messages", origin, "GET")
    assert (status, headers["Access-Control-Allow-Origin"]) == (204 if readers else 503, readers)
    assert ("GET" in headers.get("Access-Control-Allow-Methods", "")) == bool(readers)
    assert headers["Access-Control-Allow-Headers"] == ("Authorization, Content-Type" if readers else None)
    answer = balancer.get("/history/rooms/general/messages", headers={} if origin is None else {"Origin": origin})
    is_problem(answer, 503, "service_unavailable")
    assert answer.headers["Access-Control-Allow-Origin"] == readers
    assert answer.headers["Access-Control-Expose-Headers"] == ("Retry-After" if readers else None)
    assert answer.headers["Vary"] == (None if "*" in setting or not setting else "Origin")


def test_what_is_for_operators_no_page_reads(open_cluster):
    for url in [*open_cluster.gateway_urls, open_cluster.auth_url]:
        status, headers = asked(Service(url), "GET", "/metrics", PAGE)
        assert status == 200
        assert "Access-Control-Allow-Origin" not in headers


def test_without_a_setting_no_page_of_elsewhere_reads_anything(cluster):
    for method, path in [("OPTIONS", "/auth/login"), ("GET", "/client.js")]:
        _, headers = asked(cluster.web, method, path, PAGE, "POST")
        assert not [name for name in headers if name.lower().startswith("access-control-")]


# ---- in a browser ----


class Elsewhere(BaseHTTPRequestHandler):
    """An empty page of somebody else."""

    def do_GET(self):
        body = b"<!doctype html><title>Elsewhere</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture(scope="module")
def elsewhere():
    """Two origins of others."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.1:{server.server_port}" for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def shared_cluster(running, elsewhere):
    """A cluster that lets pages of the first of them in."""
    yield from running(**CHEAP_PASSWORDS, ALLOWED_ORIGINS=elsewhere[0])


@pytest.fixture(scope="module")
def browser():
    opened = chromium.Browser("elsewhere")
    yield opened
    opened.close()


CHAT = """
(async () => {
  const { ParleyClient } = await import("%(url)s/client.js");
  const client = new ParleyClient({ url: "%(url)s" });
  await client.register("%(name)s", "correct horse");
  await client.connect();
  await client.join("%(room)s");
  const heard = new Promise((done) => client.addEventListener("new_message", ({ detail }) => done(detail.data.content)));
  await client.send("%(room)s", "from elsewhere");
  return heard;
})().catch((error) => `failed: ${error}`)
"""


@pytest.mark.page
@pytest.mark.skipif(chromium.executable() is None, reason="chromium is not installed")
def test_a_page_of_an_allowed_origin_logs_in_and_chats(shared_cluster, elsewhere, browser):
    room = people.register(shared_cluster, "host").create_room()
    words = {"url": shared_cluster.url, "room": room, "name": people.new_name("visitor")}
    allowed, denied = (browser.open(origin) for origin in elsewhere)
    assert allowed.evaluate(CHAT % words) == "from elsewhere"
    assert denied.evaluate(CHAT % (words | {"name": people.new_name("visitor")})).startswith("failed: ")
    assert json.loads(denied.evaluate(
        f"fetch('{shared_cluster.url}/rooms').then(() => 'read', () => 'hidden').then(JSON.stringify)")) == "hidden"
