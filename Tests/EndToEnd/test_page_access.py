"""The page by keyboard, by ear, and for eyes that need contrast: where the focus is, what is announced, what a field is called."""

import uuid

import pytest

import chromium
from visitor import ONLINE, create_room, hears, meet, register, say

pytestmark = chromium.needed

FOCUSED = "document.activeElement.id"

#: Gives the page `ratio`, of two colours (WCAG 2.2, contrast ratio), and `ground`, the colour that an element stands on.
CONTRAST = """
  (() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = (color) => channels(color).slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const ratio = (one, other) => {
      const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
      return (light + 0.05) / (dark + 0.05);
    };
    const ground = (element) => {
      const color = getComputedStyle(element).backgroundColor;
      return channels(color)[3] === 0 ? ground(element.parentElement) : color;
    };
    window.ratio = ratio;
    window.ground = ground;
  })()
"""


@pytest.fixture
def page(cluster, browsers):
    """A newcomer who is in no room."""
    page = browsers[0].open(cluster.url)
    page.user = f"carol-{uuid.uuid4().hex[:8]}"
    register(page)
    yield page
    page.screenshot(chromium.OUTPUT / "page-access.png")
    page.close()
    assert page.problems == []


@pytest.fixture
def pair(cluster, browsers):
    """Alice and Bob, each newly registered in a browser of their own, both in one new room."""
    pages = meet(cluster.url, browsers)
    yield pages
    for page in pages:
        page.close()
    assert [page.problems for page in pages] == [[], []]


def new_room(page):
    page.room = f"room-{uuid.uuid4().hex[:8]}"
    create_room(page, page.room)
    return page.room


def phone(page):
    page.resize(390, 780)
    page.wait("innerWidth === 390")


def hand(page, hovers):
    """A mouse, or a finger: a browser without a screen has neither."""
    answer = f"{{ matches: {'true' if hovers else 'false'} }}"
    page.evaluate(
        "(() => { const real = matchMedia; window.matchMedia = (query) => "
        f"query.includes('hover') ? {answer} : real.call(window, query); }})()"
    )


def in_row(page, room):
    """Whether the focus is on this room's row, and that row is on the page."""
    return f"document.activeElement.dataset.room === {room!r} && document.activeElement.isConnected"


# Where the focus goes


def test_who_has_made_a_room_or_begun_a_conversation_may_write_at_once(page):
    hand(page, hovers=True)
    new_room(page)
    page.wait(f"{FOCUSED} === 'content'")
    page.click("#write-to")
    page.type("#direct-user", page.user)
    page.click("#direct-submit")
    page.wait_for_text("#room-name", page.user)
    page.wait(f"!document.querySelector('dialog[open]') && {FOCUSED} === 'content'")


def test_a_row_keeps_the_focus_when_something_unread_is_counted_in_it(pair):
    alice, bob = pair
    new_room(bob)
    bob.evaluate(f'document.querySelector("#rooms [data-room={alice.room}]").focus()')
    say(alice, "Are you there?")
    bob.wait_for_text("#rooms .count", "1")
    assert bob.evaluate(in_row(bob, alice.room))


def test_rows_that_change_places_keep_the_focus(page):
    seen = page.evaluate(
        """(async () => {
          const { arrange, make } = await import("/page/dom.js");
          const list = document.body.appendChild(make("ul"));
          const row = (key, version = "") => ({ key, version, build: () => make("li", {}, make("button", {}, key)) });
          arrange(list, [row("a"), row("b"), row("c")]);
          const seen = [];
          const look = () => seen.push(document.activeElement.textContent);
          list.children[2].firstChild.focus();
          arrange(list, [row("c"), row("a"), row("b")]);
          look();
          arrange(list, [row("a"), row("c", "new"), row("b")]);
          look();
          arrange(list, [row("a"), row("b")]);
          look();
          list.remove();
          return seen.join(" ");
        })()"""
    )
    assert seen == "c c b"


def test_who_has_no_room_yet_starts_at_the_heading(page):
    assert page.evaluate(FOCUSED) == "room-name"


def test_what_was_not_sent_leaves_the_focus_where_one_writes(page):
    room = new_room(page)
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="const Real = WebSocket; window.WebSocket = class extends Real {"
        " constructor(...all) { super(...all); window.socket = this; } };",
    )
    page.reload()
    page.wait(ONLINE)
    page.wait_for_text("#room-name", room)
    hand(page, hovers=True)
    say(page, "Keep this.")
    for choice in ("retry", "discard"):
        page.wait("document.querySelector('.message')?.dataset.state === 'sent'")
        page.evaluate(
            f"""(() => {{
              const data = {{ client_msg_id: document.querySelector('.message').dataset.key, code: 'invalid_field' }};
              socket.onmessage({{ data: JSON.stringify({{ v: 1, type: 'message_error', room: '{room}', data }}) }});
              document.querySelector('.fate .{choice}').focus();
            }})()"""
        )
        page.press("Enter", 13, "\r")
        page.wait(f"{FOCUSED} === 'content'")
    page.wait("document.querySelectorAll('.message').length === 0")


def test_a_chosen_room_has_the_focus_where_nobody_types_without_being_asked(page):
    room = new_room(page)
    hand(page, hovers=False)
    page.evaluate("document.activeElement.blur()")
    page.click(f"#rooms button[data-room='{room}']")
    page.wait(f"{FOCUSED} === 'room-name'")


# What lies over the conversation


def test_the_list_of_rooms_on_a_phone_takes_the_focus_and_gives_it_back(page):
    room = new_room(page)
    phone(page)
    page.click("#menu")
    page.wait(in_row(page, room))
    assert page.evaluate("document.getElementById('room').inert") is True
    page.press("Escape", 27)
    page.wait(f"{FOCUSED} === 'menu'")
    assert page.evaluate("document.getElementById('menu').ariaExpanded") == "false"
    assert page.evaluate("document.getElementById('room').inert") is False


def test_the_list_of_rooms_closes_from_outside_and_on_a_wider_screen(page):
    new_room(page)
    phone(page)
    page.click("#menu")
    page.wait("document.getElementById('room').inert")
    page.evaluate("document.elementFromPoint(380, 300).click()")
    page.wait("!document.getElementById('room').inert && document.getElementById('menu').ariaExpanded === 'false'")
    page.click("#menu")
    page.wait("document.getElementById('room').inert")
    page.resize(1280, 800)
    page.wait("!document.getElementById('room').inert")


def test_the_people_over_a_conversation_close_by_escape_and_from_outside(page):
    new_room(page)
    phone(page)
    page.click("#people-toggle")
    page.wait("!document.getElementById('people').hidden")
    page.press("Escape", 27)
    page.wait(f"document.getElementById('people').hidden && {FOCUSED} === 'people-toggle'")
    page.click("#people-toggle")
    page.wait("!document.getElementById('people').hidden")
    page.evaluate("document.elementFromPoint(60, 300).click()")
    page.wait("document.getElementById('people').hidden")
    # Beside the conversation they stay.
    page.resize(1280, 800)
    page.wait("!document.getElementById('people').hidden")
    page.evaluate("document.getElementById('timeline').click()")
    page.evaluate("document.getElementById('timeline').focus()")
    page.press("Escape", 27)
    assert page.evaluate("document.getElementById('people').hidden") is False


# What is announced, and how things are called


def test_a_lost_connection_is_announced_once(cluster, browsers):
    page = browsers[0].open(cluster.url)
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="const Real = WebSocket; window.isCut = false; window.WebSocket = class extends Real {"
        " constructor(url, kinds) { super(window.isCut ? 'ws://127.0.0.1:9/' : url, kinds); window.socket = this; } };",
    )
    page.reload()
    page.user = f"carol-{uuid.uuid4().hex[:8]}"
    register(page)
    new_room(page)
    page.evaluate("window.isCut = true; socket.close()")
    page.wait("document.getElementById('connection').dataset.state === 'waiting'")
    page.wait_for_text("#notice", "The connection was lost.")
    assert "Reconnecting" in page.evaluate("document.getElementById('connection').innerText")
    page.evaluate(
        """(() => {
          window.announced = [];
          const regions = document.querySelectorAll("[role=status], [role=alert], [aria-live=polite]");
          const note = (changes) => announced.push(...changes.map(({ target }) => target.textContent));
          for (const each of regions) {
            new MutationObserver(note).observe(each, { subtree: true, childList: true, characterData: true });
          }
          window.shown = new Set();
          const look = () => shown.add(document.getElementById("connection").innerText);
          new MutationObserver(look).observe(document.getElementById("connection"),
            { subtree: true, childList: true, characterData: true, attributes: true });
        })()"""
    )
    # Seconds are counted, and tries are made, and none of it is news.
    page.wait("window.shown.size >= 4")
    assert page.evaluate("announced") == []
    page.evaluate("window.isCut = false")
    page.click("#notice-action")
    page.wait(ONLINE)
    assert "Online" in page.evaluate("announced.join()")
    page.close()


def test_the_field_is_called_after_the_room_and_headings_by_their_text(page):
    room = new_room(page)
    assert page.evaluate("document.getElementById('content').ariaLabel") == f"Message {room}"
    assert page.evaluate("[...document.querySelectorAll('#chat h2')].map((each) => each.textContent.trim())") == [
        "Rooms", "Direct messages", "Welcome to Parley", "Online",
    ]


def test_names_and_messages_run_in_their_own_direction(page):
    name = "שיחה " + uuid.uuid4().hex[:8]
    create_room(page, name)
    direction = "getComputedStyle(document.querySelector({!r})).direction"
    for selector in ("#room-name", "#rooms [aria-current=page] .label"):
        assert page.evaluate(direction.format(selector)) == "rtl", selector
    page.type("#content", "שלום")
    assert page.evaluate(direction.format("#content")) == "rtl"
    assert page.evaluate("['name', 'create-name'].map((id) => document.getElementById(id).dir).join()") == "auto,auto"


# What is seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fields_have_borders_that_can_be_seen(page, scheme):
    new_room(page)
    page.scheme(scheme)
    page.evaluate(CONTRAST)
    page.evaluate("document.activeElement.blur()")
    page.click("#browse")
    page.evaluate("document.activeElement.blur()")
    ratios = page.evaluate(
        """['content', 'browse-filter', 'create-name', 'create-visibility', 'direct-user', 'password'].map((id) => {
          const field = document.getElementById(id);
          const border = getComputedStyle(field).borderTopColor;
          return Math.min(ratio(border, ground(field)), ratio(border, ground(field.parentElement)));
        })"""
    )
    assert min(ratios) >= 3, ratios
    quiet = "ratio(getComputedStyle(document.querySelector('.hash')).color, "
    assert page.evaluate(quiet + "ground(document.querySelector('#rooms [aria-current=page] .hash')))") >= 4.5


def test_long_names_break_neither_the_time_nor_the_composer(page):
    name = "a long name of a room " * 2 + uuid.uuid4().hex[:8]
    create_room(page, name)
    phone(page)
    assert page.evaluate("document.getElementById('content').offsetHeight") < 60
    page.type("#content", "one\ntwo\nthree")
    assert page.evaluate("document.getElementById('content').offsetHeight") > 60
    page.press("Enter", 13, "\r")
    page.wait_for_text(".message .text", "three")
    page.evaluate("document.querySelector('.author').textContent = 'w'.repeat(32)")
    page.evaluate("document.querySelector('.byline time').textContent = '04:34 AM'")
    assert page.evaluate("document.querySelector('.byline time').getClientRects().length") == 1
    assert page.evaluate("document.querySelector('.byline time').offsetHeight") < 24
