"""One WebSocket connection as a client of the protocol has it."""

import json
import socket
import ssl
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import contract

PATIENCE = 20.0


def _without_tickets() -> ssl.SSLContext:
    """TLS 1.2: this library reads and writes one session from two threads, and Python guards nothing.

    With TLS 1.3 the tickets that follow the handshake meet the request now and then, which then never leaves:
    1 to 3 of 100 connections, to a server of Python's own too, and none where no tickets are sent.
    """
    context = ssl.create_default_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass
class Closed:
    """How the server closed."""

    code: int
    reason: str


class Frame(dict):
    """A frame, and its text as it came."""

    text = ""


class Client:
    """Frames that a test has not asked for yet wait in `pending`, in their order."""

    def __init__(self, url: str, path: str = "/ws", token: str | None = None, query: dict | None = None, **options):
        headers = options.pop("additional_headers", {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        address = url.replace("http", "ws", 1) + path + ("?" + urlencode(query) if query else "")
        if address.startswith("wss:"):
            options.setdefault("ssl", _without_tickets())
        self.socket = connect(
            address, additional_headers=headers, open_timeout=PATIENCE, close_timeout=2, max_size=None, proxy=None,
            **options,
        )
        self.pending: list[Frame] = []
        #: Every frame that came, in its order.
        self.received: list[Frame] = []
        self.connected: Frame | None = None

    def greeted(self) -> "Client":
        """Waits for `connected`."""
        self.connected = self.expect("connected")
        return self

    # ---- sending ----

    def send(self, kind: str, /, id=None, **data) -> None:
        """Sends a frame of this type; `id` is the frame's own."""
        frame = {"type": kind, "data": data}
        if id is not None:
            frame["id"] = id
        self.send_raw(json.dumps(frame))

    def send_raw(self, text: str | bytes) -> None:
        """Sends whatever it is; a connection that is being closed is noticed at the next `expect`."""
        with suppress(ConnectionClosed):
            self.socket.send(text)

    def ask(self, kind: str, answer: str, /, **data) -> Frame:
        """Sends a frame with an `id` and returns the answer that carries it."""
        tag = uuid.uuid4().hex[:12]
        self.send(kind, id=tag, **data)
        return self.expect(answer, reply_to_id=tag)

    # ---- hearing ----

    def expect(self, kind: str | None, /, patience: float = PATIENCE, **values) -> Frame:
        """The first frame of this type (None: of any) not taken yet in which, or in whose data, these values stand."""
        deadline = time.monotonic() + patience
        seen = 0
        while True:
            for index, frame in enumerate(self.pending[seen:], seen):
                if kind in (None, frame["type"]) and _holds(frame, values):
                    return self.pending.pop(index)
            seen = len(self.pending)
            try:
                self._receive(deadline - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"no {kind} {values} within {patience} s; pending: {self.pending}") from None
            except ConnectionClosed as closed:
                raise AssertionError(f"closed ({closed}) before {kind} {values}; pending: {self.pending}") from None

    def collect(self, kind: str, count: int, /, patience: float = PATIENCE, **values) -> list[Frame]:
        """The next `count` frames of this kind."""
        deadline = time.monotonic() + patience
        return [self.expect(kind, deadline - time.monotonic(), **values) for _ in range(count)]

    def until(self, message: str, /) -> list[Frame]:
        """Takes all frames of rooms' logs up to the one with this id."""
        last = self.expect("new_message", id=message)
        logged = [frame for frame in self.pending if "seq" in frame]
        self.pending = [frame for frame in self.pending if "seq" not in frame]
        return [*logged, last]

    def settle(self) -> list[Frame]:
        """Everything that the server had to say before it answered a ping; nothing is taken."""
        self.ask("ping", "pong")
        return self.pending

    def heard(self, kind: str, /, **values) -> list[Frame]:
        """The frames of this kind among what has arrived by now."""
        return [frame for frame in self.settle() if frame["type"] == kind and _holds(frame, values)]

    def heard_of(self, kind: str, /) -> list[Frame]:
        """The frames of this kind that wait; nothing more is received."""
        return [frame for frame in self.pending if frame["type"] == kind]

    def closed(self, patience: float = PATIENCE) -> Closed:
        """Waits until the server closes."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self._receive(deadline - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"not closed within {patience} s; pending: {self.pending}") from None
            except ConnectionClosed as closed:
                received = closed.rcvd
                assert received is not None, f"the connection was lost without a close frame: {closed}"
                return Closed(received.code, received.reason)

    def _receive(self, patience: float) -> None:
        text = self.socket.recv(timeout=max(patience, 0))
        assert isinstance(text, str), f"a binary frame of {len(text)} bytes"
        frame = Frame(json.loads(text))
        frame.text = text
        self.received.append(frame)
        self.pending.append(contract.check_frame(frame))

    # ---- what most tests do ----

    def join(self, room: str, **data) -> dict:
        """Joins and returns the data of `joined`."""
        return self.ask("join_room", "joined", room=room, **data)["data"]

    def say(self, room: str, content: str, **data) -> dict:
        """Sends a message and returns the data of `message_sent`."""
        return self.ask("send_message", "message_sent", room=room, content=content, **data)["data"]

    def drop(self) -> None:
        """Loses the connection without a goodbye."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.close()


def _holds(frame: dict, values: dict) -> bool:
    data = frame.get("data") or {}
    return all(frame.get(key) == value or data.get(key) == value for key, value in values.items())
