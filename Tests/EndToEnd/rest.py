"""HTTP as a plain client speaks it."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import contract

PATIENCE = 20


@dataclass
class Answer:
    """What a request was answered with."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0]


class Service:
    """One address. A body that is no bytes is sent as JSON; `token` goes into the Authorization header."""

    def __init__(self, url: str, source: str | None = None):
        self.url = url
        #: The address of this machine that requests come from.
        self._source = (source, 0) if source else None
        self._place = urlsplit(url)

    def call(self, method: str, path: str, body=None, token: str | None = None, headers: dict | None = None) -> Answer:
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return contract.check_answer(method, path, Answer(answer.status, answer.headers, answer.read()))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        """By TLS to whom the system's authorities vouch for; SSL_CERT_FILE names others."""
        kind = http.client.HTTPSConnection if self._place.scheme == "https" else http.client.HTTPConnection
        return kind(self._place.hostname, self._place.port, timeout=PATIENCE, source_address=self._source)

    def get(self, path: str, token: str | None = None, **more) -> Answer:
        return self.call("GET", path, None, token, **more)

    def post(self, path: str, body=None, token: str | None = None, **more) -> Answer:
        return self.call("POST", path, body, token, **more)

    def put(self, path: str, body=None, token: str | None = None, **more) -> Answer:
        return self.call("PUT", path, body, token, **more)

    def delete(self, path: str, token: str | None = None, **more) -> Answer:
        return self.call("DELETE", path, None, token, **more)


def is_problem(answer: Answer, status: int, code: str) -> dict:
    """Checks the form of an error (RFC 9457) and returns it."""
    assert (answer.status, answer.json.get("code")) == (status, code), answer
    assert answer.type == "application/problem+json", answer
    problem = answer.json
    assert problem["status"] == status and isinstance(problem["title"], str), problem
    return problem
