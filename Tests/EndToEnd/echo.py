"""A service that answers with the headers that have come to it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rest import Answer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # Plain text: JSON would have to be of the contract.
        body = json.dumps([[name, value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Says nothing."""


class Echo:
    """Listens at `place` while it is entered."""

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.place = f"127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def heard(answer: Answer) -> list[list[str]]:
    """The headers that the echo was sent, by its answer."""
    assert answer.status == 200, answer
    return answer.json
