"""Redis restarted, set back, emptied, replaced (protocol, 4.3; architecture, "Epochs" and "Loading").

Never is a number given twice, a removed member let back in, or anything left out without a word.
"""

import json

import pytest

import people
from client import Client, Closed
from cluster import Cluster
from ledger import Ledger
from reading import resume
from redis_past import Replica, copy_file, set_back
from rest import Service
from talking import Talk, Talker
from waiting import eventually

PATIENCE = 20
SOON = 6  # leases of gateways are renewed each 5 s, all else is looked after each second


@pytest.fixture(scope="module")
def cluster(running):
    yield from running(SCRYPT_LOG_N="14", MESSAGE_RATE_LIMIT="0")


@pytest.fixture(autouse=True)
def all_running(cluster):
    """Whatever a test has killed is started again."""
    yield
    for name, process in cluster.processes().items():
        if process["state"] != "running":
            cluster.start(name)
    cluster.await_ready()


@pytest.fixture(scope="module")
def cast(cluster):
    """Alice, who owns the rooms, and the others."""
    return {name: people.register(cluster, name) for name in ("alice", "bob", "carol", "mallory")}


class Scene:
    """A private room with Alice on the first gateway, Bob and Mallory on the second, none of whom has missed anything."""

    def __init__(self, cluster: Cluster, cast):
        self.cluster = cluster
        self.alice, self.bob, self.carol, self.mallory = cast.values()
        self.room = self.alice.create_room("private", (self.bob, self.mallory))
        self.ledger = Ledger(cluster, self.room)
        self.on_a, self.on_b, self.on_m = self.connect(self.alice, 0), self.connect(self.bob, 1), self.connect(self.mallory, 1)

    def connect(self, person, gateway: int) -> Client:
        client = self.ledger.watch(person.connect(gateway))
        client.join(self.room, recent=0)
        return client

    def say(self, count: int = 5, word: str = "said") -> list[dict]:
        """Alice says so much; returns when it is stored."""
        sent = [self.on_a.say(self.room, f"{word} {number}", ack="stored") for number in range(count)]
        self.on_a.collect("message_stored", count, patience=PATIENCE)
        return sent

    def say_patiently(self, word: str) -> dict:
        """Says it once Redis has come back, however often that takes."""
        key = f"{word}-{self.ledger.newest()}"

        def said():
            self.on_a.send("send_message", room=self.room, content=word, client_msg_id=key, id=key)
            answer = self.on_a.expect(None, reply_to_id=key, patience=PATIENCE)
            assert answer["type"] == "message_sent" or answer["data"]["retryable"], answer
            return answer["data"] if answer["type"] == "message_sent" else None

        return eventually(said, PATIENCE)

    def talk(self) -> Talk:
        return Talk(Talker(self.alice, 0, self.room, self.ledger), Talker(self.bob, 1, self.room, self.ledger))

    def history(self) -> list[dict]:
        """All that a member reads, through the load balancer."""
        found, after = [], 0
        while after is not None:
            answer = self.cluster.web.get(
                f"/history/rooms/{self.room}/messages?after={after}&limit=100", self.bob.token
            )
            assert answer.status == 200, answer
            found += answer.json["messages"]
            after = answer.json["next_after"]
        return found

    def check(self, epochs: int) -> None:
        """Every promise, and how many epochs there have been."""
        self.ledger.await_stored(_place(frame) for frame in self.on_a.heard("message_stored", room=self.room))
        for client in self.ledger.clients:
            if client.socket.protocol.close_code is None:
                client.settle()
        self.ledger.check()
        assert len(self.ledger.epochs()) == epochs

        def settled():
            stored, newest = self.field("stored"), self.field("seq")
            return stored == newest

        eventually(settled, PATIENCE, "all of the newest epoch is stored")
        seqs = [message["seq"] for message in self.history()]
        assert seqs == sorted(seqs) == sorted(seq for _, seq in self.ledger.archived())

    def field(self, name: str) -> str:
        (key,) = [
            key for key in self.cluster.redis("--scan", "--pattern", f"*:room:{self.room}").splitlines()
        ]
        return self.cluster.redis("HGET", key, name)


def _place(frame):
    return frame["data"]["epoch"], frame["data"]["seq"]


@pytest.fixture
def scene(cluster, cast):
    scene = Scene(cluster, cast)
    yield scene
    for client in scene.ledger.clients:
        client.close()


def is_denied(person, gateway: int, room: str) -> None:
    client = person.connect(gateway)
    assert client.ask("join_room", "error", room=room)["data"]["code"] == "room_denied"
    assert client.ask("send_message", "message_error", room=room, content="in")["data"]["code"] == "room_denied"


# ---- restarted ----


def test_a_redis_killed_under_load_opens_one_epoch(scene):
    with scene.talk() as talk:
        talk.on()
        scene.cluster.kill("redis")
        scene.cluster.start("redis")
        talk.on()
    scene.check(epochs=2)
    # Bob has stayed, and was told.
    (told,) = scene.on_b.heard("room_epoch")
    assert told["data"]["epoch"] == scene.ledger.epochs()[1]
    assert told["data"]["first_seq"] == min(seq for epoch, seq in scene.ledger.archived() if epoch == told["data"]["epoch"])


def test_a_place_beyond_every_log_is_merely_unknown(scene):
    epoch = scene.say(1)[0]["epoch"]
    scene.cluster.kill("redis")
    scene.cluster.start("redis")
    scene.say_patiently("after")
    for seq in (2**53, 2**63 - 1):
        joined, _ = resume(scene.bob.connect(1), scene.room, {"epoch": epoch, "seq": seq})
        assert joined["recovered"] is False


# ---- set back ----


def test_a_file_set_back_takes_back_nothing_that_was_decided(scene):
    cluster, ledger = scene.cluster, scene.ledger
    gone = scene.alice.create_room("private", (scene.bob,))
    scene.say()
    dave = people.register(cluster, "dave")
    past = copy_file(cluster)
    stored = scene.say(word="forgotten by redis")
    scene.alice.expel(scene.mallory, scene.room)
    scene.on_m.expect("left", room=scene.room)
    scene.alice.admit(scene.carol, scene.room)
    assert cluster.web.post("/auth/logout", None, dave.token).status == 204
    delete(cluster, gone)
    scene.connect(scene.carol, 0)
    scene.on_b.expect("new_message", id=stored[-1]["id"])
    before = ledger.newest()

    set_back(cluster, past)
    after = scene.say_patiently("after")
    assert after["seq"] > before
    heard = scene.on_b.expect("new_message", id=after["id"], patience=PATIENCE)
    told = scene.on_b.expect("room_epoch")
    assert (told["data"]["epoch"], told["data"]["first_seq"]) == (heard["epoch"], heard["seq"])
    # Who was removed stays out, who came stays in, who was logged out stays so, what was deleted stays away.
    is_denied(scene.mallory, 0, scene.room)
    assert scene.connect(scene.carol, 1).say(scene.room, "still here")["epoch"] == after["epoch"]
    assert Client(cluster.gateway_urls[0], token=dave.token).closed() == Closed(1008, "token_revoked")
    is_denied(scene.bob, 1, gone)
    # What Redis has forgotten is in the archive, and on every page.
    messages = scene.history()
    assert [message["id"] for message in messages][5:10] == [sent["id"] for sent in stored]
    scene.check(epochs=2)


def test_a_removal_that_no_gateway_has_heard_of_takes_effect(scene):
    cluster = scene.cluster
    scene.say()
    past = copy_file(cluster)
    cluster.pause("gateway-2")
    scene.alice.expel(scene.mallory, scene.room)
    set_back(cluster, past)
    cluster.resume("gateway-2")
    left = scene.on_m.expect("left", room=scene.room, patience=PATIENCE)
    assert left["data"]["reason"] == "removed"
    after = scene.say_patiently("not for her")
    scene.on_b.expect("new_message", id=after["id"], patience=PATIENCE)
    assert scene.on_m.heard("new_message", id=after["id"]) == []
    scene.check(epochs=2)


def test_a_removal_that_the_control_log_has_lost_takes_effect_when_its_reader_is_back(scene):
    cluster = scene.cluster
    cluster.pause("gateway-2")
    for client in cluster.redis("CLIENT", "LIST").splitlines():
        fields = dict(pair.split("=", 1) for pair in client.split())
        if fields["name"].startswith("gateway") and fields["name"].endswith("-control"):
            cluster.redis("CLIENT", "KILL", "ID", fields["id"])
    scene.alice.expel(scene.mallory, scene.room)
    cluster.redis("XTRIM", "control:log", "MAXLEN", "0")
    cluster.resume("gateway-2")
    # Long before the room's turn among the quiet ones comes.
    left = scene.on_m.expect("left", room=scene.room, patience=5)
    assert left["data"]["reason"] == "removed"


def test_who_has_left_since_is_not_seen_again(scene):
    eve = people.register(scene.cluster, "eve")
    scene.alice.admit(eve, scene.room)
    on_e = scene.connect(eve, 1)
    scene.on_a.expect("user_joined", user=eve.name)
    past = copy_file(scene.cluster)
    scene.on_m.ask("leave_room", "left", room=scene.room)
    scene.on_a.expect("user_left", user=scene.mallory.name)
    on_e.close()
    scene.on_a.expect("user_left", user=eve.name)
    set_back(scene.cluster, past)

    def online():
        scene.on_a.send("get_presence", room=scene.room, id="who")
        answer = scene.on_a.expect(None, reply_to_id="who", patience=PATIENCE)
        return {user["user"] for user in answer["data"].get("users", [])} == {scene.alice.name, scene.bob.name}

    eventually(online, PATIENCE)
    key = f"presence:user:{eve.name}"
    eventually(lambda: json.loads(scene.cluster.redis("GET", key) or "{}").get("status") == "offline", PATIENCE)


def test_who_comes_back_from_the_old_epoch_is_given_its_end(scene):
    cluster = scene.cluster
    scene.say(3)
    past = copy_file(cluster)
    end = scene.say(3, "forgotten by redis")
    since = {"epoch": end[0]["epoch"], "seq": 2}
    set_back(cluster, past)
    after = scene.say_patiently("after")
    back = scene.ledger.watch(scene.bob.connect(0))
    joined = back.join(scene.room, since=since)
    assert joined["recovered"] is True
    back.expect("new_message", id=after["id"], patience=PATIENCE)
    frames = [frame for frame in back.received if frame.get("room") == scene.room]
    assert [(frame["type"], frame.get("seq")) for frame in frames if frame["type"] != "user_joined"] == [
        ("joined", None), *(("new_message", seq) for seq in (3, 4, 5, 6)), ("room_epoch", None), ("new_message", after["seq"]),
    ]
    scene.check(epochs=2)


def test_gateways_that_know_nothing_and_race_open_one_epoch(scene):
    cluster = scene.cluster
    scene.say()
    past = copy_file(cluster)
    scene.say(word="forgotten by redis")
    before = scene.ledger.newest()
    for name in ("gateway-1", "gateway-2"):
        cluster.kill(name)
    set_back(cluster, past)
    for name in ("gateway-1", "gateway-2"):
        cluster.start(name)
    clients = [scene.ledger.watch(person.connect(gateway)) for gateway in (0, 1) for person in (scene.alice, scene.bob)]
    for number, client in enumerate(clients):
        client.send("send_message", room=scene.room, content="first", client_msg_id=f"race-{number}")
    sent = [client.expect("message_sent", patience=PATIENCE)["data"] for client in clients]
    assert sorted(each["seq"] for each in sent) == list(range(min(s["seq"] for s in sent), min(s["seq"] for s in sent) + 4))
    assert min(each["seq"] for each in sent) > before
    scene.on_a = scene.connect(scene.alice, 0)
    scene.check(epochs=2)


# ---- emptied ----


def test_a_flush_under_live_connections_mends_by_itself(scene):
    cluster = scene.cluster
    admin = administrator(cluster)
    policies = {"policies": {"bot": {"messages": 7, "seconds": 30}}}
    assert cluster.presence.put("/presence/limits", policies, admin).status == 200
    revoked = people.register(cluster, "dave")
    assert cluster.web.post("/auth/logout", None, revoked.token).status == 204
    kept = {key: cluster.redis("GET", key) for key in ("auth:run", "auth:keys")}
    assert all(kept.values())
    with scene.talk() as talk:
        talk.on()
        cluster.redis("FLUSHALL")
        talk.on()
        cluster.redis("FUNCTION", "FLUSH")
        talk.on()
    scene.check(epochs=2)

    def is_back(what):
        eventually(what, SOON)

    is_back(lambda: {key: cluster.redis("GET", key) for key in kept} == kept)
    is_back(lambda: cluster.redis("HKEYS", "auth:revoked").splitlines())
    is_back(lambda: cluster.presence.get("/presence/limits", admin).json["policies"].get("bot"))
    is_back(lambda: cluster.redis("SCARD", "gateways") == str(2 * cluster.loops) and cluster.redis("GET", "gw:gateway-1"))
    # Nobody was put out, and everybody is still seen.
    for client in (scene.on_a, scene.on_b, scene.on_m):
        client.ask("ping", "pong")

    def online():
        users = scene.on_a.ask("get_presence", "presence_list", room=scene.room)["data"]["users"]
        return {user["user"] for user in users} == {scene.alice.name, scene.bob.name, scene.mallory.name}

    is_back(online)
    is_back(lambda: json.loads(cluster.redis("GET", f"presence:user:{scene.bob.name}") or "{}").get("status") == "online")
    is_back(lambda: scene.room in scene.mallory.connect(0).connected["data"]["rooms"])
    scene.bob.connect(0, query={"ticket": scene.bob.ticket()})
    assert Client(cluster.gateway_urls[0], token=revoked.token).closed() == Closed(1008, "token_revoked")
    # A gateway that starts now learns all from this Redis.
    cluster.restart("gateway-2")
    assert Client(cluster.gateway_urls[1], token=revoked.token).closed() == Closed(1008, "token_revoked")
    scene.connect(scene.bob, 1)


def test_a_room_that_was_emptied_twice_never_begins_again(scene):
    numbers = [sent["seq"] for sent in scene.say(2)]
    # Nobody follows the room, so no gateway knows a number of it.
    for client in (scene.on_a, scene.on_b, scene.on_m):
        client.close()
    scene.on_a = scene.ledger.watch(scene.alice.connect(0))
    for _ in range(3):
        scene.cluster.redis("FLUSHALL")
        numbers += [scene.say_patiently("after")["seq"], scene.say_patiently("and again")["seq"]]
    assert numbers[:2] == [1, 2] and numbers == sorted(set(numbers)) and numbers[2] > 1_000_000
    scene.check(epochs=4)


def test_a_new_room_after_a_flush_begins_at_one(scene):
    scene.cluster.redis("FLUSHALL")
    room = scene.alice.create_room()
    client = scene.alice.connect(0)
    client.join(room)
    assert client.say(room, "first")["seq"] == 1


# ---- failed over ----


def test_a_promoted_replica_that_lacks_the_tail(scene):
    cluster = scene.cluster
    replica = Replica(cluster)
    try:
        scene.say()
        replica.await_sync()
        replica.cut()
        lost = scene.say(word="not replicated")
        scene.alice.expel(scene.mallory, scene.room)
        scene.on_m.expect("left", room=scene.room)
        with scene.talk() as talk:
            talk.on()
            cluster.kill("redis")
            replica.promote()
            talk.on()
        is_denied(scene.mallory, 0, scene.room)
        assert {sent["id"] for sent in lost} <= {message["id"] for message in scene.history()}
        scene.check(epochs=2)
    finally:
        replica.end()
    # The old primary comes back, with all that it had, and without what was said meanwhile.
    cluster.start("redis")
    scene.say_patiently("after")
    is_denied(scene.mallory, 1, scene.room)
    scene.check(epochs=3)


# ---- helpers ----


def delete(cluster, room: str) -> None:
    """As auth deletes a room: the row, and a word to everybody."""
    word = json.dumps({"room": room, "deleted": True})
    cluster.sql(
        f"BEGIN; DELETE FROM auth.rooms WHERE id = '{room}';"
        f" INSERT INTO auth.outbox (type, data) VALUES ('room', '{word}'); COMMIT"
    )


def administrator(cluster) -> str:
    (file,) = cluster.folder.glob("*/secrets/admin-password")
    password = file.read_text().strip()
    cluster.secrets.add(password)
    login = Service(cluster.auth_url).post("/auth/login", {"username": "admin", "password": password})
    assert login.status == 200, login
    return login.json["access_token"]
