"""Accounts: registered ones, and such as exist by a token alone."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass

from client import Client
from cluster import Cluster

SECRET = "shared-secret-of-the-tests-0123456789"


@dataclass
class Person:
    """Somebody with a valid token."""

    cluster: Cluster
    name: str
    token: str
    refresh_token: str = ""
    password: str = ""

    def connect(self, gateway: int | None = None, **options) -> Client:
        """Connects to a gateway by number, or through the load balancer."""
        url = self.cluster.url if gateway is None else self.cluster.gateway_urls[gateway]
        return Client(url, token=self.token, **options).greeted()

    def ticket(self) -> str:
        ticket = self.cluster.web.post("/auth/ticket", {}, self.token).json["ticket"]
        self.cluster.secrets.add(ticket)
        return ticket

    def create_room(self, visibility: str = "public", members: tuple["Person", ...] = ()) -> str:
        """Makes a room with these members; returns its id."""
        room = f"room-{uuid.uuid4().hex[:12]}"
        body = {"id": room, "name": "A room", "visibility": visibility}
        answer = self.cluster.web.post("/rooms", body, self.token)
        assert answer.status == 201, answer
        for member in members:
            self.admit(member, room)
        return room

    def admit(self, other: "Person", room: str, role: str = "member") -> None:
        answer = self.cluster.web.put(f"/rooms/{room}/members/{other.name}", {"role": role}, self.token)
        assert answer.status in (200, 201, 204), answer

    def expel(self, other: "Person", room: str) -> None:
        answer = self.cluster.web.delete(f"/rooms/{room}/members/{other.name}", self.token)
        assert answer.status == 204, answer


def new_name(word: str = "user") -> str:
    return f"{word}-{uuid.uuid4().hex[:10]}"


def register(cluster: Cluster, word: str = "user") -> Person:
    """A new account with a password."""
    name, password = new_name(word), f"pw-{uuid.uuid4().hex}"
    answer = cluster.web.post("/auth/register", {"username": name, "password": password})
    assert answer.status == 201, answer
    login = answer.json
    cluster.secrets |= {password, login["access_token"], login["refresh_token"]}
    return Person(cluster, name, login["access_token"], login["refresh_token"], password)


def mint(cluster: Cluster, word: str = "user", **claims) -> Person:
    """Somebody whom a token of the shared secret vouches for."""
    name = claims.get("sub") or new_name(word)
    token = sign(claims_of(name) | claims)
    cluster.secrets.add(token)
    return Person(cluster, name, token)


def claims_of(name: str) -> dict:
    now = int(time.time())
    return {
        "iss": "parley", "aud": "parley", "sub": name, "name": name, "roles": ["member"],
        "iat": now, "nbf": now, "exp": now + 900, "jti": uuid.uuid4().hex, "sid": uuid.uuid4().hex,
    }


def sign(claims: dict, secret: str = SECRET, **header) -> str:
    """A JWT by HS256 (RFC 7519), of the type of access tokens (RFC 9068)."""
    head = {"alg": "HS256", "typ": "at+jwt"} | header
    signed = b".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
    return (signed + b"." + _encoded(hmac.digest(secret.encode(), signed, hashlib.sha256))).decode()


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
