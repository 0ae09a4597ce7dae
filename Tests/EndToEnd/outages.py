"""What tests of outages do and look at."""

from rest import Service
from waiting import eventually

PATIENCE = 30


def awaken(cluster) -> None:
    """Starts what has died or was stopped, and waits until all are ready."""
    for name, process in cluster.processes().items():
        if process["state"] != "running":
            cluster.start(name)
    cluster.await_ready()


def mend(cluster) -> None:
    """The same, and until nobody is told any more that something is missing."""
    awaken(cluster)
    for number in range(2):
        eventually(lambda number=number: set(degraded(cluster, number).values()) == {0}, PATIENCE)


def degraded(cluster, number=0) -> dict[str, float]:
    """Component to 1 while the gateway tells that it has failed."""
    lines = Service(cluster.gateway_urls[number]).get("/metrics").body.decode().splitlines()
    samples = [line.rsplit(" ", 1) for line in lines if line.startswith("parley_gateway_degraded{")]
    return {labels.split('"')[1]: float(value) for labels, value in samples}


def say_stored(on_a, on_b, room):
    """Says what both hear and the archive has; returns the data of `message_sent`."""
    said = on_a.say(room, "before", ack="stored")
    on_a.expect("message_stored", id=said["id"])
    on_b.expect("new_message", id=said["id"])
    return said


def keep_saying(client, room, count, prefix):
    """Sends and returns what was acknowledged of it."""
    for number in range(count):
        client.send("send_message", room=room, content=f"{prefix} {number}", client_msg_id=f"{prefix}-{number}")
    return {frame["data"]["id"]: frame for frame in client.collect("message_sent", count)}


def answer_to(client, room, key, patience=PATIENCE):
    """Sends once, with a key that is used again until it is settled, and returns the answer of either kind."""
    client.send("send_message", room=room, content=key, client_msg_id=key, id=key)
    return client.expect(None, patience, reply_to_id=key)


def all_messages(person, room):
    client, found, query = person.connect(1), [], {"after": 0}
    while True:
        page = client.ask("get_history", "history", room=room, limit=200, **query)["data"]
        found += page["messages"]
        if page["next_after"] is None:
            return found
        query = {"after": page["next_after"]}


def readable(person, room, count):
    """All messages of the room, once there are so many."""

    def read():
        try:
            found = all_messages(person, room)
        except (AssertionError, OSError):
            return None
        return found if len(found) >= count else None

    return eventually(read, patience=PATIENCE, what=f"{count} messages are readable")


def archived(cluster, room, count):
    """Waits until the archive has so many messages of the room, each seq once."""

    def found():
        (row,) = cluster.sql(
            f"SELECT count(*), count(DISTINCT (epoch, seq)) FROM history.messages WHERE room = '{room}'")
        return row == [str(count)] * 2

    return eventually(found, patience=PATIENCE, what=f"{count} messages of {room} are archived")


def status_of(url, path):
    return Service(url).get(path).status


def metric(url, name):
    """The value of a metric with its labels; None where it is not there."""
    for line in Service(url).get("/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rsplit(" ", 1)[1])
    return None
