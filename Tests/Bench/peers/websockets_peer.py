"""Python's websockets as a broadcaster: whatever a client of /ROOM says goes to all that are there, the sender too. Prints its port."""

import asyncio
import sys
from collections import defaultdict
from contextlib import suppress

from websockets import ConnectionClosed
from websockets.asyncio.server import broadcast, serve

rooms = defaultdict(set)


async def talk(connection):
    room = rooms[connection.request.path]
    room.add(connection)
    try:
        with suppress(ConnectionClosed):
            async for message in connection:
                broadcast(room, message)
    finally:
        room.discard(connection)


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    async with serve(talk, "127.0.0.1", port, compression=None, max_size=2**24, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


asyncio.run(main())
