"""A WebSocket client that keeps no rule: it sends the bytes that a test gives it (RFC 6455, section 5)."""

import base64
import os
import socket
import struct
from urllib.parse import urlsplit

PATIENCE = 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RawSocket:
    """`status` and `headers` are what the handshake was answered with."""

    def __init__(self, url: str, path: str = "/ws", method: str = "GET", **headers: str):
        place = urlsplit(url)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=PATIENCE)
        self._received = b""
        fields = {
            "Host": place.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value)]
        self.send_bytes("\r\n".join([*lines, "", ""]).encode())
        first, *rest = self._take_until(b"\r\n\r\n").decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest if line)}

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send(self, opcode: int, payload: bytes, *, final: bool = True, masked: bool = True, reserved: int = 0) -> None:
        """Sends one frame."""
        head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
        bit = 0x80 if masked else 0
        if len(payload) < 126:
            head += bytes([bit | len(payload)])
        elif len(payload) < 65_536:
            head += bytes([bit | 126]) + struct.pack("!H", len(payload))
        else:
            head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
        if masked:
            key = os.urandom(4)
            payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
            head += key
        self.send_bytes(head + payload)

    def receive(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload. The server's frames are unmasked."""
        first, second = self._take(2)
        assert second & 0x80 == 0, "a server must not mask"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        return first & 0x0F, self._take(length)

    def closed(self) -> tuple[int, str]:
        """Code and reason of the close frame, whatever comes before."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0], payload[2:].decode()

    def ended(self) -> bool:
        """Whether the server has ended its side, all frames read."""
        return self._socket.recv(65_536) == b""

    def close(self) -> None:
        self._socket.close()

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            data = self._socket.recv(65_536)
            assert data, f"the connection ended, {len(self._received)} bytes left over"
            self._received += data
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def _take_until(self, mark: bytes) -> bytes:
        while mark not in self._received:
            data = self._socket.recv(65_536)
            assert data, f"the connection ended within the answer: {self._received!r}"
            self._received += data
        taken, _, self._received = self._received.partition(mark)
        return taken
