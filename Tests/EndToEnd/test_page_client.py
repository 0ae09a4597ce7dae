"""The rules of the page's client, which are values without sockets, asked in the browser that will keep them."""

import json
from pathlib import Path

import pytest

import chromium

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def page(cluster):
    browser = chromium.Browser("rules")
    yield browser.open(cluster.url)
    browser.close()


def ask(page, module, body):
    """Runs `body` with the exports of `/client/{module}.js` as `m`."""
    return json.loads(
        page.evaluate(f"import('/client/{module}.js').then((m) => JSON.stringify((() => {{ {body} }})()))")
    )


def explore(page, module, **bounds):
    """Runs a model of what can happen to a module (`models/`), within bounds."""
    model = (Path(__file__).parent / "models" / f"{module}.js").read_text()
    return ask(page, module, f"const bounds = {json.dumps(bounds)};\n{model}")


@pytest.mark.parametrize(
    ("code", "reason", "verdict"),
    [
        (1000, "bye", "stop"),
        (1002, "protocol_error", "stop"),
        (1003, "binary_not_supported", "stop"),
        (1007, "invalid_utf8", "stop"),
        (1009, "message_too_big", "stop"),
        (1008, "token_expired", "renew"),
        (1008, "token_invalid", "renew"),
        (1008, "token_missing", "renew"),
        (1008, "token_revoked", "signed_out"),
        (1008, "banned", "stop"),
        (1008, "flood", "stop"),
        (1008, "too_many_connections", "stop"),
        (1011, "internal_error", "retry"),
        (1012, "draining", "retry"),
        (1013, "slow_consumer", "retry"),
        (1006, "", "retry"),
    ],
)
def test_each_close_tells_whether_to_come_back(page, code, reason, verdict):
    assert ask(page, "policy", f"return m.afterClose({code}, '{reason}')") == verdict


def test_the_pause_grows_to_a_bound_and_is_anywhere_below_it(page):
    longest = ask(page, "policy", "return [0, 1, 2, 6, 50].map((n) => m.backoff(n, () => 1))")
    assert longest == [500, 1000, 2000, 30_000, 30_000]
    assert ask(page, "policy", "return m.backoff(6, () => 0)") == 0
    assert ask(page, "policy", "return m.backoff(6, () => 0.5)") == 15_000


FEED = """
  const feed = new m.RoomFeed("general", 0);
  feed.joined({ epoch: "a", seq: 5 });
  const take = (seq, epoch = "a") => feed.receive({ epoch, seq, id: `${epoch}${seq}` });
"""


def test_a_feed_takes_each_envelope_once(page):
    assert ask(page, "feed", FEED + "return [take(6), take(6), take(7), take(3), feed.since]") == [
        "take", "drop", "take", "drop", {"epoch": "a", "seq": 7},
    ]


def test_a_hole_is_asked_for_once_and_then_told(page):
    answer = ask(
        page,
        "feed",
        FEED + "const first = take(8); feed.joining(); const second = take(9);"
        "feed.joined({ epoch: 'a', seq: 9, recovered: true }); return [first, second, take(8), feed.since]",
    )
    assert answer == ["rejoin", "drop", {"gap": {"epoch": "a", "from_seq": 6, "to_seq": 7}}, {"epoch": "a", "seq": 8}]


def test_after_a_gap_or_a_new_epoch_the_order_goes_on_behind_it(page):
    body = "return [feed.skipped({ epoch: 'a', from_seq: 6, to_seq: 9 }), take(9), take(10)]"
    assert ask(page, "feed", FEED + body) == ["take", "drop", "take"]
    body = """
      const began = feed.epochBegan({ epoch: 'b', first_seq: 1000, previous_epoch: 'a', previous_seq: 5 });
      return [began, take(1000, 'b'), feed.since];
    """
    assert ask(page, "feed", FEED + body) == ["take", "take", {"epoch": "b", "seq": 1000}]


def test_what_is_missing_before_a_gap_or_a_new_epoch_is_asked_for(page):
    assert ask(page, "feed", FEED + "return feed.skipped({ epoch: 'a', from_seq: 7, to_seq: 9 })") == "rejoin"
    body = "return feed.epochBegan({ epoch: 'b', first_seq: 1000, previous_epoch: 'a', previous_seq: 6 })"
    assert ask(page, "feed", FEED + body) == "rejoin"


def test_what_could_not_be_recovered_starts_the_room_anew(page):
    assert ask(page, "feed", FEED + "return feed.joined({ epoch: 'a', seq: 5, recovered: true })") is False
    assert ask(page, "feed", FEED + "return [feed.joined({ epoch: 'c', seq: 2, recovered: false }), feed.since]") == [
        True, {"epoch": "c", "seq": 2},
    ]


@pytest.mark.parametrize(
    "bounds",
    [
        {"recent": 0, "appends": 1, "epochs": 1, "breaks": 2, "mishaps": 2, "jump": 100},
        {"recent": 2, "appends": 1, "epochs": 1, "breaks": 2, "mishaps": 1, "jump": 100},
        {"recent": 2, "appends": 1, "epochs": 1, "breaks": 1, "mishaps": 2, "jump": 1},
    ],
)
def test_in_every_short_history_a_reader_is_shown_each_message_once_or_told_what_is_missing(page, bounds):
    answer = explore(page, "feed", depth=100, **bounds)
    assert answer["problems"] == []
    assert answer["states"] > 15_000


def test_in_many_random_lives_each_message_is_sent_once_and_in_order(page):
    answer = explore(page, "outbox", seed=1, lives=1_500, steps=200, messages=12)
    assert answer["problems"] == []
    assert answer["messages"] == 18_000 and answer["sends"] > 2 * answer["messages"]


OUTBOX = """
  const outbox = new m.Outbox(), settled = [];
  const add = (key, room = "general") => outbox.add({ room, content: key, client_msg_id: key }, false, {
    resolve: (place) => settled.push(`${key} sent ${place.seq}`),
    reject: (error) => settled.push(`${key} failed ${error.code} ${error.uncertain}`),
  });
  const taken = (now) => outbox.take(now).frames.map((each) => each.client_msg_id + (each.retry ? " again" : ""));
  const refuse = (key, code, now) =>
    outbox.refused(key, Object.assign(new Error(), { code, retryAfter: 100, uncertain: false }), now);
"""


def test_the_outbox_sends_in_order_and_settles_by_the_key(page):
    body = """
      add('a'); add('b'); add('c', 'other');
      const sent = [taken(0), taken(1)];
      outbox.accepted({ room: 'general', data: { client_msg_id: 'a', seq: 2 } });
      return [...sent, taken(2), settled];
    """
    assert ask(page, "outbox", OUTBOX + body) == [["a", "c"], [], ["b"], ["a sent 2"]]


def test_what_was_under_way_when_the_connection_ended_is_sent_again_as_such(page):
    body = "add('a'); taken(0); add('b', 'other'); outbox.connectionLost(); return taken(1)"
    assert ask(page, "outbox", OUTBOX + body) == ["a again", "b"]


def test_what_a_reload_leaves_behind_is_saved_with_what_is_known_of_it(page):
    body = "add('a'); taken(0); add('b'); return outbox.saved.map(({ data, uncertain }) => [data.client_msg_id, uncertain])"
    assert ask(page, "outbox", OUTBOX + body) == [["a", True], ["b", False]]


def test_what_waits_to_be_stored_holds_nobody_back_and_is_settled_then(page):
    body = """
      outbox.add({ room: 'general', client_msg_id: 'a', ack: 'stored' }, false, { resolve: ({ seq }) => settled.push(seq) });
      add('b');
      const answer = (seq) => ({ room: 'general', data: { client_msg_id: 'a', seq } });
      taken(0);
      outbox.accepted(answer(1));
      const next = [taken(1), taken(16_000), taken(60_000), settled.length];
      outbox.stored(answer(1));
      return [...next, settled];
    """
    assert ask(page, "outbox", OUTBOX + body) == [["b"], [], ["b again"], 0, [1]]


def test_what_was_lost_before_it_was_stored_is_sent_again_as_such(page):
    body = """
      outbox.add({ room: 'general', client_msg_id: 'a', ack: 'stored' }, false, {});
      taken(0);
      outbox.accepted({ room: 'general', data: { client_msg_id: 'a', seq: 1 } });
      refuse('a', 'timeout', 0);
      return [taken(50), taken(100)];
    """
    assert ask(page, "outbox", OUTBOX + body) == [[], ["a again"]]


def test_a_passing_fault_is_waited_out_and_holds_back_only_its_own_room(page):
    body = """
      add('a'); taken(0); refuse('a', 'bus_unavailable', 0); add('b'); add('c', 'other');
      return [taken(50), taken(100), settled];
    """
    assert ask(page, "outbox", OUTBOX + body) == [["c"], ["a"], []]


def test_a_fault_of_the_message_fails_it_at_once(page):
    body = "add('a'); taken(0); refuse('a', 'muted', 0); return [settled, taken(1000)]"
    assert ask(page, "outbox", OUTBOX + body) == [["a failed muted false"], []]


def test_silence_counts_as_an_unknown_fate(page):
    body = "add('a'); taken(0); const before = taken(14_999); taken(15_000); return [before, taken(60_000)]"
    assert ask(page, "outbox", OUTBOX + body) == [[], ["a again"]]


def test_an_overdue_answer_makes_the_connection_suspect(page):
    body = "add('a'); return [0, 5_999, 6_000].map((now) => { const { nextAt, isSuspect } = outbox.take(now); return [nextAt, isSuspect]; })"
    assert ask(page, "outbox", OUTBOX + body) == [[6_000, False], [6_000, False], [15_000, True]]


def test_an_error_keeps_what_its_frame_tells(page):
    body = """
      const { code, fields, scope, rateLimit, retryable, retryAfter } = m.ParleyError.ofFrame({ type, data });
      return { code, fields, scope, rateLimit, retryable, retryAfter };
    """
    wrong = 'const type = "error", data = { code: "invalid_field", field: "limit", error: "no" };'
    assert ask(page, "errors", wrong + body) == {
        "code": "invalid_field", "fields": [{"field": "limit", "code": "invalid_field"}],
        "scope": None, "rateLimit": None, "retryable": False, "retryAfter": None,
    }
    fast = 'const type = "rate_limit_exceeded", data = { scope: "room", rate_limit_info: { max_messages: 5 }, retry_after_ms: 7 };'
    assert ask(page, "errors", fast + body) == {
        "code": "rate_limited", "fields": [],
        "scope": "room", "rateLimit": {"max_messages": 5}, "retryable": True, "retryAfter": 7,
    }


def test_a_tombstone_takes_the_words_of_what_was_shown_and_is_no_news(page):
    shown = ask(
        page,
        "../page/conversation",
        """
        const talk = new m.Conversation("tea", "alice");
        const said = (seq, data) => talk.take({ id: `m-${seq}`, seq, ts: 0, user: "bob", data });
        const news = [said(1, { content: "one" }), said(2, { content: "two" })];
        news.push(said(2, { content: null, deleted: true }), said(1, { content: "one" }));
        news.push(said(3, { content: null, deleted: true }));
        return { news, contents: talk.entries.map(({ content }) => content) };
        """,
    )
    assert shown == {"news": [True, True, False, False, True], "contents": ["one", None, None]}


@pytest.mark.parametrize(
    ("content", "address"),
    [
        ("See https://example.org/Foo_(bar).", "https://example.org/Foo_(bar)"),
        ("(as https://example.org/a says)", "https://example.org/a"),
        ("(https://example.org/Foo_(bar))!", "https://example.org/Foo_(bar)"),
        ("[https://example.org/a], and", "https://example.org/a"),
        ("https://example.org/?a=[1]", "https://example.org/?a=[1]"),
        ("https://).", None),
        ("Nothing here.", None),
    ],
)
def test_a_web_address_ends_where_its_sentence_goes_on(page, content, address):
    parts = ask(page, "../page/links", f"return m.cutAtAddresses({json.dumps(content)})")
    assert "".join(part["text"] for part in parts) == content
    assert [part["text"] for part in parts if part["isAddress"]] == ([address] if address else [])
