"""The page, as two people see it in two browsers."""

import uuid

import pytest

import chromium
from visitor import ONLINE, hears, meet, say


pytestmark = chromium.needed


@pytest.fixture
def pair(cluster, browsers):
    """Alice and Bob, each newly registered in a browser of their own, both in one new room."""
    pages = meet(cluster.url, browsers)
    yield pages
    for page in pages:
        page.screenshot(chromium.OUTPUT / f"page-{page.name}-end.png")
        page.close()
    assert [page.problems for page in pages] == [[], []]


def test_a_message_from_one_is_seen_by_the_other(pair):
    alice, bob = pair
    say(alice, "Shall we have tea?")
    hears(bob, alice.user, "Shall we have tea?")
    say(bob, "Yes, at five.")
    hears(alice, bob.user, "Yes, at five.")
    for page in pair:
        page.screenshot(chromium.OUTPUT / f"page-{page.name}.png")
    alice.scheme("dark")
    alice.screenshot(chromium.OUTPUT / "page-alice-dark.png")
    alice.resize(390, 780)
    alice.screenshot(chromium.OUTPUT / "page-alice-narrow.png")


def test_what_looks_like_markup_is_shown_as_it_was_written(pair):
    alice, bob = pair
    say(alice, "<b>x</b> & <img src=x onerror=alert(1)>")
    hears(bob, alice.user, "<b>x</b> & <img src=x onerror=alert(1)>")
    assert bob.evaluate("document.querySelectorAll('#messages b, #messages img').length") == 0


def test_one_sees_who_is_online_and_who_types(pair):
    alice, bob = pair
    for page in pair:
        page.wait_for_text("#online", alice.user)
        page.wait_for_text("#online", bob.user)
        page.wait_for_text("#online-count", "2 online")
    bob.type("#content", "Milk or")
    alice.wait_for_text("#typing", f"{bob.user} is typing")
    bob.press("Enter", 13, "\r")
    hears(alice, bob.user, "Milk or")
    alice.wait("document.getElementById('typing').textContent === ''")


def test_who_has_just_looked_up_stays_there_when_a_message_comes(pair):
    alice, bob = pair
    for number in range(3):
        say(alice, f"{number}, " + "and so on, " * 300 + "ever and ever")
        hears(bob, alice.user, f"{number}, ")
    # A browser that is busy tells of it late, or, here, never.
    bob.evaluate("addEventListener('scroll', (event) => event.stopImmediatePropagation(), true)")
    bob.evaluate("document.getElementById('timeline').scrollTop = 0")
    say(alice, "And this is new.")
    hears(bob, alice.user, "And this is new.")
    assert bob.evaluate("document.getElementById('timeline').scrollTop") == 0
    bob.wait("!document.getElementById('jump').hidden")


def test_one_who_leaves_is_no_longer_online(pair):
    alice, bob = pair
    alice.wait_for_text("#online", bob.user)
    bob.click("#logout")
    bob.wait("!document.getElementById('signin').hidden")
    alice.wait_for_text("#online-count", "1 online")
    assert bob.evaluate("sessionStorage.length + localStorage.length") == 0


def test_a_direct_message_opens_a_conversation_of_two(pair):
    alice, bob = pair
    alice.click("#write-to")
    alice.type("#direct-user", bob.user)
    alice.click("#direct-submit")
    alice.wait_for_text("#room-name", bob.user)
    say(alice, "Between us.")
    bob.wait_for_text("#directs", alice.user)
    bob.click("#directs button")
    hears(bob, alice.user, "Between us.")


def test_a_reload_finds_the_room_and_its_history_again(pair):
    alice, bob = pair
    say(alice, "Remember this.")
    hears(bob, alice.user, "Remember this.")
    bob.reload()
    bob.wait_for_text("#room-name", bob.room)
    hears(bob, alice.user, "Remember this.")


def test_after_a_gateway_was_restarted_both_are_back_and_nothing_is_missing_or_double(pair, cluster):
    alice, bob = pair
    say(alice, "Before.")
    hears(bob, alice.user, "Before.")
    names = [f"gateway-{number + 1}" for number in range(len(cluster.gateway_urls))]
    for page in pair:
        page.evaluate(
            "window.breaks = 0; new MutationObserver(() => window.breaks += 1)"
            ".observe(document.getElementById('connection'), { attributes: true })"
        )
    for name in names:
        cluster.restart(name)
        say(alice, f"While {name} was away.", settled=False)
    for page in pair:
        page.wait(f"window.breaks > 0 && {ONLINE}", patience=60)
    expected = ["Before.", *(f"While {name} was away." for name in names)]
    for page in pair:
        page.wait_for_text("#messages", expected[-1], patience=30)
        page.wait("document.querySelectorAll('.message:not([data-state=sent])').length === 0", patience=30)
        assert page.evaluate("[...document.querySelectorAll('.message .text')].map((text) => text.innerText)") == expected
    say(bob, "Back again.")
    hears(alice, bob.user, "Back again.")


def test_a_wrong_password_is_told_and_nothing_else_happens(cluster, browsers):
    page = browsers[0].open(cluster.url)
    page.type("#username", f"nobody-{uuid.uuid4().hex[:8]}")
    page.type("#password", "wrong horse battery staple")
    page.click("#signin-submit")
    page.wait("document.getElementById('signin-error').textContent !== ''")
    assert page.evaluate("document.getElementById('chat').hidden")
    page.close()
