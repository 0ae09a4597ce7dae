"""One WebSocket connection of a storm's client: all that passes is recorded."""

import asyncio
import json
from itertools import count

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from record import Closed, Frame, Opened, Record

OPEN_SECONDS = 4.0
#: A careful client asks whether anybody is there, as the server does; a process that is held still never answers.
PING_SECONDS = 2.0
SILENCE_SECONDS = 5.0
#: What ends a connection or keeps it from being made: come back with backoff.
LOST = (OSError, WebSocketException, TimeoutError, asyncio.IncompleteReadError)

_numbers = count(1)


class Link:
    """Frames come by iterating; iteration ends with the connection."""

    def __init__(self, socket, number: int, record: Record):
        self._socket, self._record = socket, record
        self.number = number
        self.close_code: int | None = None

    @classmethod
    async def open(cls, url: str, token: str, person: str, record: Record, compress: bool) -> "Link":
        address = url.replace("http", "ws", 1) + "/ws"
        socket = await connect(
            address, additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=OPEN_SECONDS, proxy=None,
            close_timeout=1, max_size=None, ping_interval=None, compression="deflate" if compress else None,
        )
        link = cls(socket, next(_numbers), record)
        record.add(Opened(record.now(), link.number, person, url))
        return link

    async def send(self, kind: str, /, id: str | None = None, **data) -> None:
        body = {"type": kind, "data": data} | ({"id": id} if id is not None else {})
        text = json.dumps(body)
        self._record.add(Frame(self._record.now(), self.number, True, text))
        await self._socket.send(text)

    async def frames(self):
        """Every frame until the connection ends, whoever ends it, or nobody seems to be there any more."""
        pinging = asyncio.create_task(self._ping())
        try:
            while True:
                text = await asyncio.wait_for(self._socket.recv(), SILENCE_SECONDS)
                frame = Frame(self._record.now(), self.number, False, text)
                self._record.add(frame)
                yield frame
        except LOST as lost:
            self._note_end(lost)
        finally:
            pinging.cancel()
            self.drop()

    def drop(self) -> None:
        """Loses the connection without a goodbye."""
        self._socket.transport.abort()

    async def _ping(self) -> None:
        try:
            while True:
                await asyncio.sleep(PING_SECONDS)
                await self.send("ping")
        except ConnectionClosed:
            return  # whoever reads the frames notices too

    def _note_end(self, lost: Exception) -> None:
        received = lost.rcvd if isinstance(lost, ConnectionClosed) else None
        self.close_code = received.code if received else None
        self._record.add(Closed(self._record.now(), self.number, self.close_code, received.reason if received else ""))
