"""A chat across all gateways of a running cluster, through its load balancer only.

usage: compose_check.py URL GATEWAYS
"""

import json
import sys
import time
import urllib.request
import uuid
from contextlib import ExitStack

from websockets.sync.client import connect

PATIENCE = 20  # seconds that anything may take


def post(url, body, token=None):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


class Person:
    """Somebody with an account and one connection."""

    def __init__(self, url, stack):
        name = f"user-{uuid.uuid4().hex[:10]}"
        body = {"username": name, "password": uuid.uuid4().hex}
        self.token = post(f"{url}/auth/register", body)["access_token"]
        self.connect(url, stack)

    def connect(self, url, stack):
        address = url.replace("http", "ws", 1) + "/ws"
        headers = {"Authorization": f"Bearer {self.token}"}
        self.socket = stack.enter_context(connect(address, additional_headers=headers, open_timeout=PATIENCE))
        self.gateway = self.await_frame("connected")["data"]["gateway"]

    def send(self, kind, **data):
        self.socket.send(json.dumps({"type": kind, "data": data}))

    def await_frame(self, kind, **data):
        """The next frame of this type whose data holds these values."""
        deadline = time.monotonic() + PATIENCE
        while True:
            frame = json.loads(self.socket.recv(timeout=max(0.1, deadline - time.monotonic())))
            if frame["type"] == kind and data.items() <= frame["data"].items():
                return frame


def one_on_each(url, gateways, stack):
    """People on as many different gateways; who meets a known one tries again."""
    people = {}
    for _ in range(20 * gateways):
        person = Person(url, stack)
        people.setdefault(person.gateway, person)
        if len(people) == gateways:
            return list(people.values())
    raise AssertionError(f"only the gateways {sorted(people)} answered, not {gateways}")


def main(url, gateways):
    with ExitStack() as stack:
        people = one_on_each(url, gateways, stack)
        room = f"room-{uuid.uuid4().hex[:10]}"
        post(f"{url}/rooms", {"id": room, "name": "Across", "visibility": "public"}, people[0].token)
        for person in people:
            person.send("join_room", room=room)
            person.await_frame("joined")
        for number, person in enumerate(people, 1):
            person.send("send_message", room=room, content=f"from {person.gateway}", client_msg_id=f"m-{number}")
            heard = [p.await_frame("new_message", client_msg_id=f"m-{number}") for p in people]
            assert {frame["seq"] for frame in heard} == {number}, heard
        print(f"{len(people)} messages, each heard through {gateways} gateways")


main(sys.argv[1], int(sys.argv[2]))
