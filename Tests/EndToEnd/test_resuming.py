"""Who comes back with `since` gets all that was missed, on any gateway, or is told that it cannot be (protocol, 4.3)."""

import threading

import pytest

import people
from conftest import Pair
from reading import Reading, resume
from waiting import eventually

PATIENCE = 30


@pytest.fixture
def forgetful_pair(forgetful_cluster):
    """Alice and Bob where Redis soon forgets; whatever a test has stopped is started again."""
    yield Pair(people.mint(forgetful_cluster, "alice"), people.mint(forgetful_cluster, "bob"))
    for name, process in forgetful_cluster.processes().items():
        if process["state"] != "running":
            forgetful_cluster.start(name)
    forgetful_cluster.await_ready()


def say(client, room, contents):
    """Sends these, as many at once as a connection may, and returns where the last of them stands."""
    for batch in (contents[start:start + 500] for start in range(0, len(contents), 500)):
        for content in batch:
            client.send("send_message", room=room, content=content)
        last = client.collect("message_sent", len(batch), patience=60)[-1]["data"]
    return last


def place(sent):
    return {"epoch": sent["epoch"], "seq": sent["seq"]}


def texts(word, count):
    return [f"{word} {number}" for number in range(count)]


def recent(cluster, room):
    """The seqs that Redis has of the room's log."""
    (key,) = cluster.redis("--scan", "--pattern", f"*:room:{room}:recent").splitlines() or [None]
    if key is None:
        return []
    entries = cluster.redis("--raw", "XRANGE", key, "-", "+").splitlines()
    return [int(line.removesuffix("-0")) for line in entries if line.endswith("-0") and line[:-2].isdigit()]


def forget(cluster, room):
    """Waits until the archive has all of the room, and Redis nothing."""
    eventually(lambda: not recent(cluster, room), patience=PATIENCE, what=f"Redis has forgotten {room}")


def test_what_was_missed_comes_on_another_gateway(open_pair):
    on_a, on_b, room = open_pair
    seen = on_a.say(room, "seen")
    on_b.drop()
    missed = texts("missed", 20)
    say(on_a, room, missed)
    back = open_pair.bob.connect(0)
    joined, reading = resume(back, room, place(seen))
    assert (joined["recovered"], joined["seq"]) == (True, 21)
    on_a.say(room, "live")
    assert reading.read(back, "live").contents == [*missed, "live"]


def test_what_redis_has_forgotten_comes_from_the_archive(forgetful_cluster, forgetful_pair):
    on_a, _, room = forgetful_pair
    seen = on_a.say(room, "seen")
    missed = texts("missed", 30)
    say(on_a, room, missed)
    forget(forgetful_cluster, room)
    back = forgetful_pair.bob.connect(0)
    joined, reading = resume(back, room, place(seen))
    assert joined["recovered"] is True
    on_a.say(room, "live")
    assert reading.read(back, "live").contents == [*missed, "live"]
    # A fresh join shows the newest all the same.
    fresh = forgetful_pair.bob.connect(1)
    fresh.join(room, recent=3)
    assert [frame["data"]["content"] for frame in fresh.collect("new_message", 3)] == [*missed[-2:], "live"]


def test_3000_messages_are_resumed_and_more_than_5000_older_ones_are_not(forgetful_pair):
    on_a, _, room = forgetful_pair
    seen = on_a.say(room, "seen")
    older, missed = texts("older", 2_600), texts("missed", 3_000)
    last_older = say(on_a, room, older)
    say(on_a, room, missed)
    back = forgetful_pair.bob.connect(1)
    joined, reading = resume(back, room, place(last_older))
    assert joined["recovered"] is True
    on_a.say(room, "live")
    assert reading.read(back, "live", patience=60).contents == [*missed, "live"]

    too_late = forgetful_pair.bob.connect(0)
    joined, _ = resume(too_late, room, place(seen), recent=2)
    assert joined["recovered"] is False
    contents = [frame["data"]["content"] for frame in too_late.collect("new_message", 2)]
    assert contents == [missed[-1], "live"]
    # 5,000 still are, whatever Redis has forgotten by now.
    joined, _ = resume(forgetful_pair.bob.connect(0), room, {"epoch": seen["epoch"], "seq": joined["seq"] - 5_000})
    assert joined["recovered"] is True


def test_a_resume_goes_on_while_others_go_on_sending(forgetful_cluster, forgetful_pair):
    on_a, _, room = forgetful_pair
    seen = on_a.say(room, "seen")
    missed, meanwhile = texts("missed", 500), texts("meanwhile", 1_500)
    say(on_a, room, missed)
    forget(forgetful_cluster, room)
    sender = threading.Thread(target=say, args=(on_a, room, meanwhile))
    sender.start()
    back = [forgetful_pair.bob.connect(number % 2) for number in range(4)]
    readings = [resume(client, room, place(seen)) for client in back]
    sender.join()
    on_a.say(room, "end")
    for client, (joined, reading) in zip(back, readings, strict=True):
        assert joined["recovered"] is True
        assert reading.read(client, "end", patience=60).contents == [*missed, *meanwhile, "end"]


def restart_redis(cluster):
    cluster.kill("redis")
    cluster.start("redis")
    cluster.await_ready()


def test_an_old_epoch_is_resumed_through_its_end(forgetful_cluster, forgetful_pair):
    on_a, _, room = forgetful_pair
    seen = on_a.say(room, "seen")
    first = texts("first", 30)
    say(on_a, room, first)
    forget(forgetful_cluster, room)
    restart_redis(forgetful_cluster)
    second = texts("second", 3)
    of_second = say(on_a, room, second)
    restart_redis(forgetful_cluster)
    of_third = on_a.say(room, "third")
    assert len({sent["epoch"] for sent in (seen, of_second, of_third)}) == 3

    back = forgetful_pair.bob.connect(1)
    joined, reading = resume(back, room, place(seen))
    assert (joined["recovered"], joined["epoch"]) == (True, of_third["epoch"])
    reading.read(back, "third")
    assert reading.contents == [*first, *second, "third"] and reading.gaps == []
    assert [data["epoch"] for data in reading.epochs] == [of_second["epoch"], of_third["epoch"]]


def test_the_place_before_an_epoch_that_has_nothing_yet_can_be_resumed(forgetful_cluster, forgetful_pair):
    on_a, _, room = forgetful_pair
    seen = on_a.say(room, "seen")
    restart_redis(forgetful_cluster)
    back = forgetful_pair.bob.connect(1)
    joined, reading = resume(back, room, place(seen))
    assert joined["recovered"] is True and joined["epoch"] != seen["epoch"]
    again = forgetful_pair.bob.connect(0)
    rejoined, after = resume(again, room, {"epoch": joined["epoch"], "seq": joined["seq"]})
    assert rejoined["recovered"] is True
    on_a.say(room, "new")
    assert reading.read(back, "new").contents == ["new"] and len(reading.epochs) == 1
    assert after.read(again, "new").contents == ["new"] and after.epochs == []


def test_who_stays_is_told_of_the_new_epoch(forgetful_cluster, forgetful_pair):
    on_a, on_b, room = forgetful_pair
    seen = on_a.say(room, "seen")
    reading = Reading(room, seen["epoch"], 0).read(on_b, "seen")
    restart_redis(forgetful_cluster)
    on_a.say(room, "new")
    reading.read(on_b, "new", patience=PATIENCE)
    assert reading.contents == ["seen", "new"] and len(reading.epochs) == 1 and reading.gaps == []


def end_of_the_old_epoch_lost(cluster, room, epoch, seq):
    """As if Redis had been set back: the end that it remembers of an epoch is moved down."""
    (key,) = cluster.redis("--scan", "--pattern", f"*:room:{room}").splitlines()
    remembered = cluster.redis("HGET", key, "epochs").split()
    moved = [f"{name}:{first}:{seq}" if name == epoch else f"{name}:{first}:{last}"
             for name, first, last in (entry.split(":") for entry in remembered)]
    assert moved != remembered
    cluster.redis("HSET", key, "epochs", " ".join(moved))


def test_what_only_the_archive_has_of_an_old_epoch_is_given_too(forgetful_cluster, forgetful_pair):
    on_a, _, room = forgetful_pair
    first = texts("first", 10)
    last = say(on_a, room, first)
    forget(forgetful_cluster, room)
    restart_redis(forgetful_cluster)
    on_a.say(room, "new")
    end_of_the_old_epoch_lost(forgetful_cluster, room, last["epoch"], 4)
    for seq, missed in ((2, first[2:]), (4, first[4:]), (8, first[8:]), (10, [])):
        back = forgetful_pair.bob.connect(1)
        joined, reading = resume(back, room, {"epoch": last["epoch"], "seq": seq})
        assert joined["recovered"] is True
        assert reading.read(back, "new").contents == [*missed, "new"] and reading.gaps == []
    # Beyond what the archive has, nobody knows.
    back = forgetful_pair.bob.connect(1)
    assert back.join(room, since={"epoch": last["epoch"], "seq": 11})["recovered"] is False


@pytest.mark.parametrize("ahead", [1, 1_000_000_000])
def test_beyond_the_newest_nothing_is_made_up(open_pair, ahead):
    on_a, _, room = open_pair
    newest = say(on_a, room, ["one", "two"])
    back = open_pair.bob.connect(0)
    joined, _ = resume(back, room, {"epoch": newest["epoch"], "seq": newest["seq"] + ahead}, recent=1)
    assert (joined["recovered"], joined["seq"]) == (False, 2)
    on_a.say(room, "live")
    assert Reading(room, joined["epoch"], 1).read(back, "live").contents == ["two", "live"]


def test_of_an_unknown_epoch_nothing_is_made_up(open_pair):
    on_a, _, room = open_pair
    on_a.say(room, "one")
    back = open_pair.bob.connect(1)
    joined, _ = resume(back, room, {"epoch": "zzzzzz", "seq": 1}, recent=5)
    assert (joined["recovered"], joined["seq"]) == (False, 1)
    assert Reading(room, joined["epoch"], 0).read(back, "one").contents == ["one"]


def test_without_the_archive_a_resume_is_whole_or_none(forgetful_cluster, forgetful_pair):
    on_a, _, room = forgetful_pair
    seen = on_a.say(room, "seen")
    missed = texts("missed", 400)
    say(on_a, room, missed)
    eventually(lambda: recent(forgetful_cluster, room)[:1] > [1], patience=PATIENCE, what="the oldest are trimmed")
    forgetful_cluster.stop("postgres")
    newest = say(on_a, room, ["while the archive is away"])
    kept = recent(forgetful_cluster, room)
    assert kept[0] > seen["seq"] + 1 and kept[-1] == newest["seq"]

    back = forgetful_pair.bob.connect(1)
    joined, _ = resume(back, room, place(seen), recent=1)
    assert joined["recovered"] is False
    back.expect("new_message", content="while the archive is away")
    # What Redis has is enough for who was not away so long.
    back = forgetful_pair.bob.connect(0)
    joined, reading = resume(back, room, {"epoch": seen["epoch"], "seq": kept[0] - 1})
    assert joined["recovered"] is True
    reading.read(back, "while the archive is away")
    assert len(reading.contents) == len(kept)

    forgetful_cluster.start("postgres")

    def resumed():
        return resume(forgetful_pair.bob.connect(1), room, place(seen))[0]["recovered"]

    assert eventually(resumed, patience=PATIENCE, what="the archive answers again")
