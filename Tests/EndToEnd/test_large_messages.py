"""Messages as large as the settings may allow: sent, heard, resumed and read again (README, "Settings")."""

import json

import pytest

import people
from conftest import CHEAP_PASSWORDS, Pair
from reading import resume
from test_resuming import forget, place

KIB = 1024
LARGEST = 256 * KIB
LONGEST_METADATA = 64 * KIB


@pytest.fixture(scope="module")
def large_cluster(running):
    yield from running(
        **CHEAP_PASSWORDS, JWT_ALGORITHM="HS256", JWT_SECRET=people.SECRET, LIMITS="off",
        MAX_MESSAGE_BYTES=str(LARGEST), MAX_CONTENT_CHARS="1000000", MAX_METADATA_BYTES=str(LONGEST_METADATA),
        RECENT_SECONDS="1", RECENT_KEEP="100",
    )


@pytest.fixture
def pair(large_cluster):
    return Pair(people.mint(large_cluster, "alice"), people.mint(large_cluster, "bob"))


def large(room: str, word: str, size: int = LARGEST) -> str:
    """A frame of exactly this size, whose envelope is longer still: its metadata is, as it is written."""
    # Numbers of 4 bytes that the gateway writes as 18, and a comma each.
    metadata = {"n": [0] * (LONGEST_METADATA // 19 - 1)}
    data = {"room": room, "client_msg_id": word, "metadata": metadata, "content": word}
    text = json.dumps({"type": "send_message", "id": word, "data": data}, separators=(",", ":"))
    text = text.replace("[0,", "[1e15,").replace(",0", ",1e15")
    return text.replace(f'"content":"{word}', f'"content":"{word}' + "x" * (size - len(text)))


def say(client, room: str, words: list[str]) -> list[dict]:
    """Sends large messages, each after the one before; returns the `message_sent`."""
    sent = []
    for word in words:
        client.send_raw(large(room, word))
        sent.append(client.expect("message_sent", patience=30, reply_to_id=word)["data"])
    return sent


def is_whole(envelope: dict, word: str) -> bool:
    content = envelope["data"]["content"]
    return content.rstrip("x") == word and len(content) > LARGEST // 2 and len(envelope["data"]["metadata"]["n"]) > 3_000


def walked(page_before) -> list[dict]:
    """All messages of a room, by pages from its end."""
    found, before = [], None
    while True:
        page = page_before(before)
        assert page["messages"], page
        found = page["messages"] + found
        before = page["next_before"]
        if page["complete"]:
            return found


def test_a_message_of_the_largest_size_goes_all_ways(large_cluster, pair):
    on_a, on_b, room = pair
    words = [f"word-{number}" for number in range(5)]
    (first,) = say(on_a, room, words[:1])
    assert is_whole(on_b.expect("new_message", id=first["id"]), words[0])
    on_b.drop()
    say(on_a, room, words[1:])
    # By what Redis has, and by what the archive has.
    for is_forgotten in (False, True):
        if is_forgotten:
            forget(large_cluster, room)
        back = pair.bob.connect(0)
        joined, _ = resume(back, room, place(first))
        assert joined["recovered"] is True
        heard = back.collect("new_message", 4, patience=30)
        assert all(is_whole(envelope, word) for envelope, word in zip(heard, words[1:], strict=True))

        def by_frame(before, client=back):
            where = {} if before is None else {"before": before}
            return client.ask("get_history", "history", room=room, limit=200, **where)["data"]

        def by_rest(before):
            where = "" if before is None else f"&before={before}"
            answer = large_cluster.web.get(f"/history/rooms/{room}/messages?limit=200{where}", pair.bob.token)
            assert answer.status == 200, answer
            return answer.json

        for pages in (by_frame, by_rest):
            found = walked(pages)
            assert all(is_whole(envelope, word) for envelope, word in zip(found, words, strict=True))


def test_as_many_of_them_as_a_page_may_have_are_read_at_once(large_cluster, pair):
    """One more than a page is one answer of Redis: all of them are within its bound."""
    on_a, _, room = pair
    words = [f"many-{number}" for number in range(201)]
    say(on_a, room, words)
    page = on_a.ask("get_history", "history", room=room, limit=200)["data"]
    assert [is_whole(envelope, words[-1]) for envelope in page["messages"]] == [True]
    fresh = pair.bob.connect(0)
    fresh.join(room, recent=100)
    heard = fresh.collect("new_message", 100, patience=60)
    assert all(is_whole(envelope, word) for envelope, word in zip(heard, words[-100:], strict=True))


def test_one_byte_more_is_too_many(pair):
    on_a, _, room = pair
    on_a.send_raw(large(room, "more", LARGEST + 1))
    assert (closed := on_a.closed()).code == 1009 and closed.reason == "message_too_big"
