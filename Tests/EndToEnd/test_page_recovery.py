"""What the page makes of a connection that does not go as it should, with a hand on its WebSocket."""

import json

import pytest

import chromium
from visitor import ONLINE, hears, meet, say


pytestmark = chromium.needed

#: Keeps what is sent, says what the server never said, and loses what it did say.
SPY = """
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    sent = [];
    heard = [];
    openedAt = Date.now();
    losing = () => false;
    isMute = false;
    constructor(url, protocols) {
      super(url, protocols);
      window.sockets.push(this);
      window.socket = this;
    }
    set onmessage(listener) {
      this.say = (frame) => listener({ data: JSON.stringify(frame) });
      super.onmessage = (message) => {
        const frame = JSON.parse(message.data);
        this.heard.push(frame);
        if (!this.losing(frame)) listener(message);
      };
    }
    send(text) {
      this.sent.push(JSON.parse(text));
      if (!this.isMute) super.send(text);
    }
  };
"""


@pytest.fixture
def pair(cluster, browsers):
    """Alice and Bob in one room, their pages loaded anew under the eyes of a spy."""
    pages = meet(cluster.url, browsers)
    for page in pages:
        page.call("Page.addScriptToEvaluateOnNewDocument", source=SPY)
        come_back(page)
    yield pages
    for page in pages:
        page.screenshot(chromium.OUTPUT / f"page-{page.name}-recovery.png")
        page.close()
    assert [page.problems for page in pages] == [[], []]


def come_back(page):
    """Loads the page anew."""
    page.reload()
    page.wait(ONLINE)
    page.wait_for_text("#room-name", page.room)


def sent(page, kind):
    """The data of what this tab has sent of that kind on its present connection."""
    return page.evaluate(f"socket.sent.filter(({{ type }}) => type === {json.dumps(kind)}).map(({{ data }}) => data)")


def tell(page, kind, **data):
    """Lets the page hear a frame about its room."""
    page.evaluate(f"socket.say({json.dumps({'v': 1, 'type': kind, 'room': page.room, 'data': data})})")


def shown(page):
    return page.evaluate("[...document.querySelectorAll('.message .text')].map((text) => text.innerText)")


def test_a_reload_asks_the_server_for_its_rooms_and_shows_no_token(pair):
    alice, bob = pair
    address = bob.evaluate("socket.url")
    assert address.endswith("/ws?rejoin=true&recent=0")
    assert bob.wait("socket.heard.find(({ type }) => type === 'joined')")["room"] == bob.room
    assert {"room": bob.room} not in [{"room": data["room"]} for data in sent(bob, "join_room")]
    say(alice, "Are you back?")
    hears(bob, alice.user, "Are you back?")
    # The next connection goes on where this one ends, by itself.
    bob.evaluate("socket.close()")
    bob.wait(f"sockets.length === 2 && {ONLINE}")
    assert bob.evaluate("socket.url").endswith("/ws")
    bob.wait("socket.sent.some(({ type, data }) => type === 'join_room' && data.since.seq === 1)")


def test_what_was_on_its_way_when_the_page_was_reloaded_arrives_once(pair):
    alice, bob = pair
    alice.evaluate("socket.isMute = true")
    for text in ("one", "two"):
        say(alice, text, settled=False)
    alice.wait("socket.sent.some(({ type }) => type === 'send_message')")
    alice.reload()
    hears(bob, alice.user, "two")
    assert shown(bob) == ["one", "two"]
    alice.wait("[...document.querySelectorAll('.message')].map(({ dataset }) => dataset.state).join() === 'sent,sent'")
    assert shown(alice) == ["one", "two"]
    assert [(data["content"], data.get("retry")) for data in sent(alice, "send_message")] == [("one", True), ("two", None)]
    assert alice.evaluate("sessionStorage.getItem('parley.outbox')") is None


def test_what_was_lost_without_a_word_is_asked_for(pair):
    alice, bob = pair
    bob.evaluate("socket.losing = ({ type, seq }) => type === 'new_message' && (seq === 2 || seq === 3)")
    for text in ("one", "two", "three"):
        say(alice, text)
    bob.wait("socket.heard.some(({ seq }) => seq === 3)")
    bob.evaluate("socket.losing = () => false")
    say(alice, "four")
    hears(bob, alice.user, "four")
    assert shown(bob) == ["one", "two", "three", "four"]
    assert sent(bob, "join_room")[-1]["since"]["seq"] == 1


def test_a_direct_conversation_goes_on_after_a_break(pair):
    alice, bob = pair
    alice.click("#write-to")
    alice.type("#direct-user", bob.user)
    alice.click("#direct-submit")
    alice.wait_for_text("#room-name", bob.user)
    say(alice, "one")
    bob.wait_for_text("#directs", alice.user)
    bob.click("#directs button")
    hears(bob, alice.user, "one")
    # The room of a message that came unasked is joined behind it.
    direct = "dm:" + "_".join(sorted([alice.user, bob.user]))
    bob.wait(f"socket.sent.some(({{ type, data }}) => type === 'join_room' && data.room === '{direct}' && data.since.seq === 1)")
    bob.evaluate("socket.losing = () => true")
    say(alice, "two")
    bob.evaluate("socket.close()")
    hears(bob, alice.user, "two")
    assert shown(bob) == ["one", "two"]


def test_a_gap_is_filled_from_the_history(pair):
    alice, bob = pair
    say(alice, "one")
    hears(bob, alice.user, "one")
    bob.evaluate("socket.losing = ({ type, seq }) => type === 'new_message' && seq === 2")
    say(alice, "two")
    epoch = bob.wait("socket.heard.find(({ seq }) => seq === 2)")["epoch"]
    tell(bob, "gap", epoch=epoch, from_seq=2, to_seq=2)
    hears(bob, alice.user, "two")
    say(alice, "three")
    hears(bob, alice.user, "three")
    assert shown(bob) == ["one", "two", "three"]
    assert sent(bob, "get_history")[-1]["after"] == 1


def test_what_the_archive_could_not_take_is_marked_and_can_be_sent_anew(pair):
    alice, bob = pair
    say(alice, "Keep this.")
    (message,) = sent(alice, "send_message")
    tell(
        alice, "message_error", client_msg_id=message["client_msg_id"], code="invalid_field", field="data",
        error="The archive could not keep it.", retryable=False,
    )
    alice.wait_for_text(".message[data-state=failed] .fate", "Not sent. The archive could not keep it.")
    alice.wait("document.getElementById('announcer').textContent === 'Not sent. The archive could not keep it.'")
    alice.click(".fate .retry")
    bob.wait("document.querySelectorAll('.message').length === 2")
    first, second = sent(alice, "send_message")
    assert first["client_msg_id"] != second["client_msg_id"] and "retry" not in second


def test_what_is_refused_is_told_to_those_who_hear_the_page(pair):
    _, bob = pair
    bob.evaluate("socket.isMute = true")
    say(bob, "May I?", settled=False)
    key = bob.wait("socket.sent.find(({ type }) => type === 'send_message')")["data"]["client_msg_id"]
    tell(bob, "message_error", client_msg_id=key, code="muted", error="", retryable=False)
    bob.wait("document.getElementById('announcer').textContent === 'Not sent. You are muted in this room.'")


def test_what_is_too_long_stays_where_it_was_written(pair):
    alice, bob = pair
    longest = alice.evaluate("socket.heard.find(({ type }) => type === 'connected')")["data"]["limits"]["content_chars"]
    say(alice, "🫖" * (longest + 1), settled=False)
    assert alice.evaluate("document.getElementById('content').validationMessage").startswith("Too long by 1: ")
    assert alice.evaluate("[...document.getElementById('content').value].length") == longest + 1
    assert sent(alice, "send_message") == [] and shown(alice) == []
    alice.press("Backspace", 8)
    alice.press("Enter", 13, "\r")
    hears(bob, alice.user, "🫖" * longest)


def test_what_was_refused_can_be_written_anew(pair):
    alice, bob = pair
    alice.evaluate("socket.isMute = true")
    say(alice, "May I speek?", settled=False)
    key = alice.wait("socket.sent.find(({ type }) => type === 'send_message')")["data"]["client_msg_id"]
    tell(alice, "message_error", client_msg_id=key, code="muted", error="", retryable=False)
    alice.wait("document.querySelector('.fate .edit') !== null")
    assert alice.evaluate("document.querySelector('.fate .retry')") is None
    alice.type("#content", "Well.")
    alice.click(".fate .edit")
    alice.wait("document.getElementById('content').value === 'Well.\\nMay I speek?' && !document.querySelector('.message')")
    alice.evaluate("socket.isMute = false")
    alice.press("Enter", 13, "\r")
    hears(bob, alice.user, "May I speek?")


def test_a_reload_keeps_what_was_begun_and_what_was_refused(pair):
    alice, _ = pair
    alice.evaluate("socket.isMute = true")
    say(alice, "May I?", settled=False)
    key = alice.wait("socket.sent.find(({ type }) => type === 'send_message')")["data"]["client_msg_id"]
    tell(alice, "message_error", client_msg_id=key, code="muted", error="", retryable=False)
    alice.wait("document.querySelector('.fate .edit') !== null")
    alice.type("#content", "And another")
    come_back(alice)
    alice.wait_for_text(".message[data-state=failed] .fate", "Not sent. You are muted in this room.")
    assert shown(alice) == ["May I?"]
    assert alice.evaluate("document.getElementById('content').value") == "And another"
    alice.click(".fate .edit")
    alice.wait("document.getElementById('content').value === 'And another\\nMay I?'")


def without_history(page, answer):
    """Loads the page anew, and answers in the server's place who asks for history, until `window.isHealed`."""
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source=f"""
          const {{ send }} = WebSocket.prototype;
          WebSocket.prototype.send = function (text) {{
            const {{ type, id, data }} = JSON.parse(text);
            if (type !== "get_history" || window.isHealed) return send.call(this, text);
            const answer = (({answer}))(data);
            if (answer) setTimeout(() => this.say({{ v: 1, reply_to_id: id, ...answer }}));
          }};
        """,
    )
    come_back(page)


def test_a_history_that_cannot_be_loaded_is_told_where_it_is_missing(pair):
    _, bob = pair
    error = {"code": "history_unavailable", "error": "", "retryable": True, "retry_after_ms": 500}
    without_history(bob, f"() => ({json.dumps({'type': 'error', 'data': error})})")
    bob.wait("document.getElementById('older').textContent.startsWith('The archive cannot be reached right now.')")
    bob.evaluate("window.isHealed = true")
    bob.wait("document.getElementById('older').hidden")


def test_the_focus_stays_where_earlier_messages_are_asked_for(pair):
    _, bob = pair
    page = {"type": "history", "data": {"messages": [], "next_before": 1, "next_after": None, "complete": False}}
    without_history(bob, f"() => window.isAsked ? null : (window.isAsked = true, {json.dumps(page)})")
    bob.wait("document.getElementById('older').textContent === 'Load earlier messages'")
    bob.evaluate("(() => { const older = document.getElementById('older'); older.focus(); older.click(); })()")
    bob.wait("document.getElementById('older').textContent === 'Loading…'")
    # A browser takes the focus away from what cannot have it before it draws.
    bob.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    assert bob.evaluate("document.activeElement.id") == "older"
    assert bob.evaluate("document.getElementById('older').ariaDisabled") == "true"


@pytest.fixture
def unloved(cluster):
    """A content that PostgreSQL refuses."""
    content = "Love me not."
    cluster.sql(f"ALTER TABLE history.messages ADD CONSTRAINT unloved CHECK (envelope NOT LIKE '%\"{content}\"%')")
    yield content
    cluster.sql("ALTER TABLE history.messages DROP CONSTRAINT unloved")


def test_a_tombstone_is_shown_where_a_message_was(pair, unloved):
    alice, bob = pair
    for text in ("Before.", unloved, "After."):
        say(alice, text, settled=text != unloved)
    hears(bob, alice.user, "After.")
    alice.wait_for_text(".message[data-state=failed] .text", unloved)
    come_back(bob)
    hears(bob, alice.user, "After.")
    assert shown(bob) == ["Before.", "This message was deleted.", "After."]
    assert bob.evaluate("document.querySelectorAll('.text.deleted').length") == 1


def test_what_is_degraded_is_told_until_it_is_restored_or_another_gateway_is_there(pair):
    page, _ = pair
    for component, effect in [("bus", "Messages wait."), ("history", "Older messages cannot be read.")]:
        tell(page, "service_degraded", component=component, effect=effect)
    page.wait_for_text("#notice", "Messages wait. Older messages cannot be read.")
    tell(page, "service_restored", component="bus", effect="")
    page.wait("document.getElementById('notice-text').textContent === 'Older messages cannot be read.'")
    page.evaluate("socket.close()")
    page.wait(f"sockets.length === 2 && {ONLINE} && document.getElementById('notice').hidden")


def test_a_token_that_ends_is_renewed_on_the_live_connection(pair):
    page, _ = pair
    before = page.evaluate("JSON.parse(sessionStorage.getItem('parley.session')).access")
    tell(page, "token_expiring", expires_in=60)
    page.wait("socket.heard.some(({ type }) => type === 'authenticated')")
    after = page.evaluate("JSON.parse(sessionStorage.getItem('parley.session')).access")
    assert before != after and sent(page, "authenticate") == [{"token": after}]
    assert page.evaluate("sockets.length === 1 && socket.readyState === WebSocket.OPEN")


def test_one_that_is_sent_away_comes_back_at_the_time_that_it_was_given(pair):
    alice, bob = pair
    alice.evaluate("window.away = Date.now()")
    tell(alice, "server_draining", reconnect_after_ms=1_500)
    alice.evaluate("socket.onclose({ code: 1012, reason: 'draining' })")
    alice.wait(f"sockets.length === 2 && {ONLINE}")
    waited = alice.evaluate("socket.openedAt - window.away")
    assert 1_500 <= waited < 8_000
    say(alice, "Here again.")
    hears(bob, alice.user, "Here again.")


@pytest.mark.parametrize("reason", ["slow_consumer", "overloaded"])
def test_one_that_was_too_slow_or_too_many_comes_back_and_misses_nothing(pair, reason):
    alice, bob = pair
    bob.evaluate(f"socket.losing = () => true; socket.onclose({{ code: 1013, reason: '{reason}' }})")
    say(alice, "Meanwhile.")
    bob.wait(f"sockets.length === 2 && {ONLINE}")
    hears(bob, alice.user, "Meanwhile.")
    assert shown(bob) == ["Meanwhile."]
