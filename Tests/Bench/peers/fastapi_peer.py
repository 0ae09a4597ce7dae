"""FastAPI with Redis and PostgreSQL, as many a team builds its chat: each message is stored, published, and given to all of /ROOM.

Only what is stored is told, the sender too: its own message is its answer. One process, by uvicorn with uvloop; addresses come by
REDIS_URL and DATABASE_URL. Prints its port.
"""

import asyncio
import os
import sys
from collections import defaultdict
from contextlib import asynccontextmanager, suppress

import asyncpg
import redis.asyncio
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

TABLE = """CREATE TABLE IF NOT EXISTS messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room text NOT NULL, content text NOT NULL, at timestamptz NOT NULL DEFAULT now())"""
INDEX = "CREATE INDEX IF NOT EXISTS messages_room ON messages (room, id)"
STORE = "INSERT INTO messages (room, content) VALUES ($1, $2)"

rooms = defaultdict(set)


@asynccontextmanager
async def lifespan(app):
    app.state.redis = redis.asyncio.from_url(os.environ["REDIS_URL"], decode_responses=True)
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as app.state.archive:
        await app.state.archive.execute(TABLE)
        await app.state.archive.execute(INDEX)
        async with app.state.redis.pubsub(ignore_subscribe_messages=True) as channels:
            await channels.psubscribe("room:*")
            told = asyncio.create_task(tell(channels))
            yield
            told.cancel()


async def tell(channels):
    """Gives what is published to those of the room who are here."""
    async for message in channels.listen():
        for socket in list(rooms[message["channel"].removeprefix("room:")]):
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.send_text(message["data"])


app = FastAPI(lifespan=lifespan)


@app.websocket("/{room}")
async def talk(socket: WebSocket, room: str):
    await socket.accept()
    rooms[room].add(socket)
    try:
        async for content in socket.iter_text():
            await app.state.archive.execute(STORE, room, content)
            await app.state.redis.publish(f"room:{room}", content)
    finally:
        rooms[room].discard(socket)


class Server(uvicorn.Server):
    """Tells its port once it listens."""

    async def startup(self, sockets=None):
        await super().startup(sockets)
        for server in self.servers:
            print(server.sockets[0].getsockname()[1], flush=True)


Server(uvicorn.Config(
    app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 0, loop="uvloop", ws_per_message_deflate=False,
    ws_ping_interval=None, log_level="warning", access_log=False,
)).run()
