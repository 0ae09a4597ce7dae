"""A broadcaster by Python's websockets that does one thing wrong, to see that the bench notices: lose, double or swap. Prints its port."""

import asyncio
import sys

from websockets.asyncio.server import broadcast, serve

FAULT = sys.argv[1]
connections, held = set(), []


async def talk(connection):
    connections.add(connection)
    async for message in connection:
        spoil(message)


def spoil(message):
    """The sixth message is the one."""
    spoil.count += 1
    if spoil.count == 6 and FAULT == "lose":
        return
    if spoil.count == 6 and FAULT == "swap":
        held.append(message)
        return
    broadcast(connections, message)
    if spoil.count == 6 and FAULT == "double":
        broadcast(connections, message)
    while held:
        broadcast(connections, held.pop())


async def main():
    spoil.count = 0
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


asyncio.run(main())
