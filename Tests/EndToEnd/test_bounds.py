"""What nginx bounds follows the settings of the services: none that is raised ends at the load balancer."""

import re
import subprocess

import pytest

from balancer import SOURCE, Balancer, clean_environment
from conftest import CHEAP_PASSWORDS
from echo import Echo, heard
from rest import Service, is_problem

KIB = 1024


@pytest.fixture(scope="module")
def echo():
    with Echo() as behind:
        yield behind.place


@pytest.fixture
def edge(echo, tmp_path):
    """nginx before the echo, with these settings."""
    started = []

    def start(**settings: str) -> Service:
        started.append(Balancer(tmp_path, echo, **settings))
        return started[-1].web

    yield start
    for balancer in started:
        balancer.close()


def test_a_body_may_be_as_large_as_the_setting_says(edge):
    web = edge(MAX_BODY_BYTES="1MiB")
    for size in (KIB * KIB, 300 * KIB):
        assert ["Content-Length", str(size)] in heard(web.post("/", b"x" * size))
    is_problem(web.post("/", b"x" * (KIB * KIB + 1)), 413, "body_too_large")


@pytest.mark.parametrize("setting", ["65536", "64KiB", "0064KiB"])
def test_a_header_may_be_as_large_as_the_setting_says(edge, setting):
    web = edge(MAX_HEADER_BYTES=setting)
    assert web.get("/", headers={"X-Long": "x" * 65_000}).status == 200
    is_problem(web.get("/", headers={"X-Long": "x" * 70_000}), 431, "headers_too_large")


def test_a_request_line_may_be_as_long_as_the_setting_says(edge):
    web = edge(MAX_REQUEST_LINE_BYTES="32KiB")
    around = len("GET /? HTTP/1.1")
    assert web.get("/?" + "x" * (32 * KIB - around)).status == 200
    is_problem(web.get("/?" + "x" * 40_000), 414, "uri_too_long")


def test_what_is_not_raised_stays(edge):
    web = edge(MAX_BODY_BYTES="2KiB", MAX_HEADER_BYTES="4KiB", MAX_REQUEST_LINE_BYTES="1024")
    assert web.post("/", b"x" * 256 * KIB).status == 200
    is_problem(web.post("/", b"x" * (256 * KIB + 1)), 413, "body_too_large")
    assert web.get("/", headers={"X-Long": "x" * 16_000}).status == 200
    is_problem(web.get("/", headers={"X-Long": "x" * 17_000}), 431, "headers_too_large")
    assert web.get("/?" + "x" * 16_000).status == 200
    is_problem(web.get("/?" + "x" * 17_000), 414, "uri_too_long")


@pytest.mark.parametrize(
    ("setting", "file", "bound"),
    [
        ("", "settings.conf", "client_header_timeout 10s"), ("HEADER_SECONDS=1", "settings.conf", "client_header_timeout 10s"),
        ("HEADER_SECONDS=40", "settings.conf", "client_header_timeout 40s"),
        ("", "settings.conf", "client_body_timeout 15s"), ("BODY_SECONDS=29", "settings.conf", "client_body_timeout 15s"),
        ("BODY_SECONDS=120", "settings.conf", "client_body_timeout 120s"),
        ("", "lasting.conf", "proxy_read_timeout 90s"), ("SILENCE_SECONDS=20", "lasting.conf", "proxy_read_timeout 90s"),
        ("SILENCE_SECONDS=600", "lasting.conf", "proxy_read_timeout 630s"),
        ("SILENCE_SECONDS=600", "lasting.conf", "proxy_send_timeout 630s"),
    ],
)
def test_nginx_waits_as_long_as_the_services(tmp_path, setting, file, bound):
    settings = dict([setting.split("=")]) if setting else {}
    subprocess.run(["sh", SOURCE / "settings.sh", tmp_path], env=clean_environment() | settings, check=True)
    assert (tmp_path / file).read_text().splitlines().count(f"{bound};") == 1


@pytest.fixture(scope="module")
def raised_cluster(running):
    yield from running(**CHEAP_PASSWORDS, MAX_BODY_BYTES="1MiB", SILENCE_SECONDS="600")


def test_a_cluster_has_the_bounds_of_its_settings(raised_cluster):
    login = {"username": "nobody-here", "password": "wrong password", "spare": "x" * 900 * KIB}
    is_problem(raised_cluster.web.post("/auth/login", login), 401, "invalid_credentials")
    (file,) = raised_cluster.folder.glob("*/nginx/lasting.conf")
    assert "proxy_read_timeout 630s;" in file.read_text()


def test_what_lasts_has_its_own_times():
    routes = (SOURCE / "routes.conf").read_text()
    (block,) = re.findall(r"location ~ \^/\(ws.*?\n}", routes, re.DOTALL)
    assert "include lasting.conf;" in block and routes.count("lasting.conf") == 1
