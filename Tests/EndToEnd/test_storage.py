"""Where things stand in Redis and PostgreSQL, as the architecture says."""

import hashlib
import re

from partition import tag
from waiting import eventually


def pairs(text):
    lines = text.splitlines()
    return dict(zip(lines[::2], lines[1::2], strict=True))


def test_a_room_stands_under_the_tag_of_its_partition(cluster, pair):
    on_a, on_b, room = pair
    on_a.send("send_message", room=room, content="hello", client_msg_id="k", ack="stored")
    stored = on_a.expect("message_stored")["data"]
    key = f"{tag(room)}:room:{room}"
    hash_of_room = pairs(cluster.redis("HGETALL", key))
    assert (hash_of_room["epoch"], hash_of_room["seq"]) == (stored["epoch"], "1")
    eventually(lambda: cluster.redis("HGET", key, "stored") == "1")
    assert len(hash_of_room["run"]) == 40 and hash_of_room["visibility"] == "public"
    assert pairs(cluster.redis("HGETALL", f"{key}:members")) == {pair.alice.name: "owner", pair.bob.name: "member"}
    entry = cluster.redis("XRANGE", f"{key}:recent", "-", "+").splitlines()
    assert entry[0] == "1-0" and entry[2] == on_b.expect("new_message").text
    assert any(cluster.redis("EXISTS", f"{key}:seen:{number}") == "1" for number in (0, 1))
    # Of which all is in the archive stands among those to be stored no more.
    eventually(lambda: cluster.redis("ZSCORE", f"{tag(room)}:unstored", room) == "")
    assert pair.alice.name in cluster.redis("HKEYS", f"{key}:online")


def test_a_user_and_a_gateway_stand_where_others_look(cluster, pair):
    assert re.search(r"^gateway-1(:1)?\.", cluster.redis("HKEYS", f"{{u:{pair.alice.name}}}:devices"), re.MULTILINE)
    for number in (1, 2):
        assert cluster.redis("GET", f"gw:gateway-{number}").startswith(f"gateway-{number}.")
        assert 0 < int(cluster.redis("PTTL", f"gw:gateway-{number}")) <= 15_000
    pair.on_a.say(pair.room, "x")
    assert cluster.redis("TYPE", f"{{u:{pair.alice.name}}}:units") == "list"
    assert 0 < int(cluster.redis("TTL", f"{{u:{pair.alice.name}}}:units")) <= 121


def test_a_ticket_is_kept_as_a_digest_only(cluster, person):
    ticket = person().ticket()
    key = f"ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
    assert 0 < int(cluster.redis("TTL", key)) <= 30
    assert cluster.redis("EXISTS", f"ticket:{ticket}") == "0"


def test_redis_never_forgets_by_itself(cluster):
    for setting, value in (("appendonly", "yes"), ("maxmemory-policy", "noeviction"), ("appendfsync", "everysec")):
        assert cluster.redis("CONFIG", "GET", setting).splitlines() == [setting, value]


def test_the_archive_holds_one_row_per_message(cluster, pair):
    pair.on_a.send("send_message", room=pair.room, content="it's \"kept\" ü", ack="stored")
    stored = pair.on_a.expect("message_stored")["data"]
    tables = {row[0] for row in cluster.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'history'")}
    assert {"heads", "migrations"} <= tables
    (row,) = cluster.sql(f"SELECT room, epoch, seq FROM history.heads WHERE room = '{pair.room}'")
    assert row == [pair.room, stored["epoch"], "1"]
    (row,) = cluster.sql(f"SELECT id, epoch, seq FROM history.messages WHERE room = '{pair.room}'")
    assert row == [stored["id"], stored["epoch"], "1"]
    assert cluster.sql("SELECT relkind FROM pg_class WHERE oid = 'history.messages'::regclass") == [["p"]]


def test_passwords_and_refresh_tokens_are_kept_as_hashes(cluster, person):
    alice = person("alice")
    (row,) = cluster.sql(f"SELECT password FROM auth.accounts WHERE handle = '{alice.name}'")
    assert row[0].startswith("$scrypt$ln=14,r=8,p=1$")
    for (table,) in cluster.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'auth'"):
        held = cluster.sql(f"SELECT * FROM auth.{table}")
        for secret in (alice.password, alice.refresh_token, alice.token):
            assert all(secret not in cell for row in held for cell in row), table


def test_one_history_instance_owns_each_partition(cluster, pair):
    pair.on_a.say(pair.room, "x")
    assert cluster.redis("EXISTS", f"{tag(pair.room)}:log:lease") == "1"
