"""Those who mean no good, as a process of their own: half-open connections and readers who do not read.

Reads a JSON object from its standard input (`url`, `half_open`, `slow`, `tokens`, `room`), writes a line `ready` when all stand,
and goes on until its standard input ends. Whoever is closed comes again, so that there are always as many.
"""

import asyncio
import base64
import json
import os
import resource
import socket
import struct
import sys
from contextlib import suppress
from urllib.parse import urlsplit

#: A connection's own address of the loopback network, so that no limit of one address is in the way.
PER_ADDRESS = 40
RECEIVE_BYTES = 4_096
SLOW_SECONDS = 10
UPGRADE = (
    "GET /ws HTTP/1.1\r\nHost: parley\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
)


class Besiegers:
    def __init__(self, task: dict):
        place = urlsplit(task["url"])
        self._place, self._task = (place.hostname, place.port), task
        self._standing: set[int] = set()
        self._all = asyncio.Event()
        self._count = task["half_open"] + task["slow"]

    async def run(self) -> None:
        kinds = [self._says_nothing, self._drips, self._stays_unknown]
        for number in range(self._task["half_open"]):
            self._begin(number, kinds[number % len(kinds)])
        for number, token in enumerate(self._task["tokens"][: self._task["slow"]], self._task["half_open"]):
            self._begin(number, self._reads_nothing, token)
        await self._all.wait()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)

    def _begin(self, number, kind, *more) -> None:
        task = asyncio.create_task(self._again_and_again(number, kind, *more))
        _tasks.add(task)

    async def _again_and_again(self, number, kind, *more) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await kind(number, *more)
            await asyncio.sleep(0.1)

    async def _connect(self, number, limit=RECEIVE_BYTES):
        source = f"127.1.{number // PER_ADDRESS // 250}.{number // PER_ADDRESS % 250 + 1}"
        near = socket.socket()
        near.setblocking(False)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        near.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(near, self._place)
        return await asyncio.open_connection(sock=near, limit=limit)

    def _stands(self, number) -> None:
        self._standing.add(number)
        if len(self._standing) == self._count:
            self._all.set()

    async def _says_nothing(self, number) -> None:
        reader, writer = await self._connect(number)
        self._stands(number)
        await reader.read()
        writer.close()

    async def _drips(self, number) -> None:
        """A byte of a header each second."""
        reader, writer = await self._connect(number)
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        self._stands(number)
        while not reader.at_eof():
            writer.write(b"x")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1_000), 1)
        writer.close()

    async def _stays_unknown(self, number) -> None:
        """A WebSocket that does not say who it is."""
        reader, writer = await self._connect(number)
        writer.write(f"{UPGRADE}\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        self._stands(number)
        await reader.read()
        writer.close()

    async def _reads_nothing(self, number, token) -> None:
        """Joins the busy room, and reads no more."""
        reader, writer = await self._connect(number)
        writer.write(f"{UPGRADE}Authorization: Bearer {token}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        join = json.dumps({"type": "join_room", "data": {"room": self._task["room"], "recent": 0}}).encode()
        writer.write(struct.pack("!BBI", 0x81, 0x80 | len(join), 0) + join)
        await reader.readuntil(b'"joined"')
        self._stands(number)
        # The buffer of the stream is full soon, and then nobody reads. Just before the gateway gives it up, it comes anew.
        await asyncio.sleep(SLOW_SECONDS)
        writer.transport.abort()


_tasks: set[asyncio.Task] = set()

if __name__ == "__main__":
    _most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))
    asyncio.run(Besiegers(json.loads(sys.stdin.readline())).run())
