"""Who is not signed in, where nobody makes an account by themselves, and who stays signed in."""

import json

import pytest

import chromium
from conftest import CHEAP_PASSWORDS
from people import new_name
from visitor import ONLINE, sign_in

pytestmark = chromium.needed

ERROR = "document.getElementById('signin-error').textContent"


@pytest.fixture(scope="module")
def closed(running):
    yield from running(**CHEAP_PASSWORDS, REGISTRATION="off")


@pytest.fixture
def page(closed, browsers):
    page = browsers[0].open(closed.url)
    yield page
    page.close()


def fill(page):
    page.type("#username", new_name())
    page.type("#password", "correct horse battery staple")


def test_who_asks_for_an_account_is_told_who_makes_them(page):
    page.click("#signin-switch")
    fill(page)
    page.click("#signin-submit")
    page.wait(f"{ERROR}.startsWith('Accounts are made by')")
    # What is left is to sign in, with what was typed.
    assert page.evaluate("document.getElementById('signin-other').hidden") is True
    page.click("#signin-submit")
    page.wait(f"{ERROR} === 'Wrong username or password.'")


def test_who_has_guessed_too_often_is_told_so(page):
    fill(page)
    for _ in range(50):
        page.click("#signin-submit")
        page.wait(f"{ERROR} !== '' && !document.getElementById('signin-submit').disabled")
        if page.evaluate(f"{ERROR}.startsWith('Too many tries. Try again in ')"):
            break
        assert page.evaluate(ERROR) == "Wrong username or password."
    else:
        pytest.fail("nobody slows guesses")


TOKENS = "JSON.parse({}.getItem('parley.session'))"


@pytest.fixture
def tabs(cluster, browsers):
    """Two tabs of one browser."""
    tabs = [browsers[0].open(cluster.url) for _ in range(2)]
    yield tabs
    for tab in tabs:
        tab.evaluate("localStorage.clear()")
        tab.close()


def renew(page):
    """Reloads the page with an access token that has ended."""
    page.evaluate(
        f"for (const kept of [localStorage, sessionStorage])"
        f" kept.setItem('parley.session', JSON.stringify({{ ...{TOKENS.format('kept')}, accessUntil: Date.now() }}))"
    )
    page.reload()
    page.wait(ONLINE)


def test_a_tab_that_comes_back_with_older_tokens_takes_those_that_stayed_on_the_device(tabs, person):
    first, second = tabs
    first.click("#stay")
    sign_in(first, person("alice"))
    second.reload()
    second.wait(ONLINE)
    older = second.evaluate("sessionStorage.getItem('parley.session')")
    renew(first)
    newer = first.evaluate(f"{TOKENS.format('localStorage')}.refresh")
    assert newer not in older
    second.evaluate(f"sessionStorage.setItem('parley.session', {json.dumps(older)})")
    second.reload()
    second.wait(ONLINE)
    for page in (first, second):
        for kept in ("localStorage", "sessionStorage"):
            assert page.evaluate(f"{TOKENS.format(kept)}.refresh") == newer, (page, kept)


def test_a_tab_keeps_its_login_beside_a_newer_one_of_somebody_else_that_stays(tabs, person):
    page, other = tabs
    bob = person("bob")
    sign_in(page, bob)
    other.click("#stay")
    sign_in(other, person("alice"))
    page.reload()
    page.wait(ONLINE)
    page.wait_for_text("#me", bob.name)
