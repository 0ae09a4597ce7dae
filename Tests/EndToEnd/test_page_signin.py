"""The sight of who is not signed in, where nobody makes an account by themselves."""

import pytest

import chromium
from conftest import CHEAP_PASSWORDS
from people import new_name

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
