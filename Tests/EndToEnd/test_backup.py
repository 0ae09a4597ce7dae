"""A dump and the way back, by the very lines of Operating.md."""

import os
import re
import subprocess

import pytest

from cluster import TOP
from conftest import CHEAP_PASSWORDS
from people import register
from waiting import eventually

PAGE = TOP / "Shared/Schema/Schema.docc/Operating.md"


@pytest.fixture(scope="module")
def kept(running):
    yield from running(**CHEAP_PASSWORDS)


def blocks():
    """What is to be typed to make a dump, and to go back to it."""
    section = PAGE.read_text().partition("## Backup and restore\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[:2]


def typed(cluster, folder, lines):
    """Runs them as a shell does that stops at the first that fails; the dump stands in the folder."""
    done = subprocess.run(
        ["bash", "-euc", lines.replace("./compose/local", str(TOP / "compose/local"))], cwd=folder,
        env=os.environ | cluster.environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def contents(cluster, person, room):
    page = cluster.web.get(f"/history/rooms/{room}/messages?limit=200", person.token)
    assert page.status == 200, page
    return [message["data"]["content"] for message in page.json["messages"]]


def test_what_was_there_at_the_dump_is_there_again(kept, tmp_path):
    alice, bob = register(kept, "alice"), register(kept, "bob")
    room = alice.create_room("private", (bob,))
    on_a = alice.connect(0)
    on_a.join(room)
    direct = on_a.ask("send_message", "message_sent", to=bob.name, content="between us", ack="stored")["room"]
    for number in range(3):
        on_a.say(room, f"before {number}", ack="stored")
    on_a.collect("message_stored", 4)
    dump, restore = blocks()
    typed(kept, tmp_path, dump)
    last = on_a.say(room, "after", ack="stored")
    on_a.expect("message_stored", id=last["id"])
    late, later_room = register(kept, "late"), alice.create_room("private", (bob,))

    typed(kept, tmp_path, restore)

    kept.await_ready()
    # The key that signed it is in the dump.
    on_a = eventually(lambda: alice.connect(0), what="alice connects")
    # Her place was lost with what stood there; the numbers go on above it.
    joined = on_a.join(room, since={"epoch": last["epoch"], "seq": last["seq"]})
    assert joined["recovered"] is False and joined["epoch"] != last["epoch"]
    assert contents(kept, bob, room) == ["before 0", "before 1", "before 2"]
    assert contents(kept, bob, direct) == ["between us"]
    on_b = bob.connect(1)
    on_b.join(room)
    again = on_a.say(room, "again", ack="stored")
    assert again["seq"] > last["seq"]
    on_b.expect("new_message", content="again")
    on_a.expect("message_stored", id=again["id"])
    assert contents(kept, alice, room)[-1] == "again"
    assert kept.web.get(f"/rooms/{later_room}", alice.token).status == 404
    assert kept.web.post("/auth/login", {"username": alice.name, "password": alice.password}).status == 200
    assert kept.web.post("/auth/login", {"username": late.name, "password": late.password}).status == 401
