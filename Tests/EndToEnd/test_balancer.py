"""What the load balancer answers by itself is in the form and the words of the services."""

import json
import socket
from urllib.parse import urlsplit

import pytest

PATIENCE = 15


def answered(url: str, request: bytes) -> tuple[int, dict, bytes]:
    """The status, the headers and the body that are sent for these bytes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            lines = iter(lambda: answer.readline().decode().strip(), "")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            return status, headers, answer.read(int(headers.get("content-length", 0)))


@pytest.mark.parametrize(
    ("request_line", "fields", "status", "code"),
    [
        ("TRACE /auth/me", "", 405, "method_not_allowed"),
        ("CONNECT /auth/me", "", 405, "method_not_allowed"),
        ("GET /auth/me", "X: " + "x" * 40_000 + "\r\n", 431, "headers_too_large"),
        ("GET /auth/me?" + "x" * 20_000, "", 414, "uri_too_long"),
        ("GET /auth/me", "Content-Length: x\r\n", 400, "malformed_request"),
        ("GET /auth/me", "Transfer-Encoding: gzip\r\n", 501, "unsupported_transfer_coding"),
        ("GET /metrics", "", 404, "not_found"),
    ],
    ids=lambda value: value[:16] if isinstance(value, str) else None,
)
def test_what_nginx_refuses_is_a_problem(cluster, request_line, fields, status, code):
    found, headers, body = answered(cluster.url, f"{request_line} HTTP/1.1\r\nHost: parley\r\n{fields}\r\n".encode())
    assert found == status
    assert headers["content-type"] == "application/problem+json"
    problem = json.loads(body)
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert bool(headers.get("allow")) == (status == 405)


def test_a_request_of_http_1_0_needs_no_host(cluster):
    status, headers, body = answered(cluster.url, b"GET /.well-known/jwks.json HTTP/1.0\r\n\r\n")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["keys"]


def test_who_has_started_a_gateway_is_let_in_at_once(open_cluster):
    """As nginx turns for a while to none of those that it has found away."""
    for name in ("gateway-1", "gateway-2"):
        open_cluster.stop(name)
    try:
        assert open_cluster.web.get("/").status == 503
    finally:
        open_cluster.start("gateway-1")
    status = open_cluster.web.get("/").status
    open_cluster.start("gateway-2")
    assert status == 200
