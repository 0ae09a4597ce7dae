"""What the page says where something is refused: sentences for people, not words of the protocol."""

import uuid

import pytest

import chromium
from people import new_name
from visitor import create_room, register

pytestmark = chromium.needed

DIRECT_ERROR = "document.getElementById('direct-error').textContent"


@pytest.fixture
def visit(cluster, browsers):
    """A tab with nobody signed in."""
    page = browsers[0].open(cluster.url)
    yield page
    page.close()
    assert page.problems == []


@pytest.fixture
def page(visit):
    """A newcomer who is in no room."""
    visit.user = f"dora-{uuid.uuid4().hex[:8]}"
    register(visit)
    return visit


def sentence(page, error):
    """What the page makes of an error with these parts."""
    return page.evaluate(
        f"""(async () => {{
          const {{ sentenceOf }} = await import("/page/words.js");
          const {{ ParleyError }} = await import("/client.js");
          const {{ code, message, ...more }} = {error};
          return sentenceOf(new ParleyError(code, message, more));
        }})()"""
    )


def test_a_new_password_that_is_too_short_is_told_in_words(visit):
    visit.click("#signin-switch")
    assert "8 characters" in visit.evaluate("document.getElementById('password-hint').innerText")
    assert visit.evaluate("document.getElementById('password').minLength") == 8
    visit.type("#username", new_name())
    # Eight for the browser, which counts halves of them, and four for the server.
    visit.type("#password", "🫖🫖🫖🫖")
    visit.click("#signin-submit")
    visit.wait("document.getElementById('signin-error').innerText === 'The password needs 8 characters or more.'")
    # Who has one already is asked for it, whatever its length.
    visit.click("#signin-switch")
    assert visit.evaluate("document.getElementById('password').minLength") == -1
    assert visit.evaluate("document.getElementById('password-hint').hidden") is True


def test_each_refused_field_is_told(visit):
    two = "{code: 'invalid_field', fields: [{field: 'password', code: 'too_long'}, {field: 'name', code: 'invalid'}]}"
    assert sentence(visit, two) == (
        "The password may have 256 characters at most. The name has a character that cannot be used."
    )
    assert sentence(visit, "{code: 'invalid_field', fields: [{field: 'x', code: 'y'}]}") == "Something is wrong with “x”."


def test_what_no_service_has_said_is_a_sentence_too(visit):
    away = "The service cannot be reached right now. Try again in 2 s."
    for code in ("service_unavailable", "http_502", "http_503", "http_504"):
        assert sentence(visit, f"{{code: '{code}', message: 'Service Unavailable', retryAfter: 2000}}") == away
    assert sentence(visit, "{code: 'new_word', message: 'No sentence', retryAfter: 2000}") == "No sentence. Try again in 2 s."


def test_nobody_of_that_name_is_told_so_and_forgotten_when_asked_anew(page):
    page.click("#write-to")
    page.type("#direct-user", "nobody-at-all")
    page.click("#direct-submit")
    page.wait(f"{DIRECT_ERROR} === 'There is nobody of that name.'")
    page.press("Escape", 27)
    page.wait("!document.querySelector('dialog[open]')")
    page.click("#write-to")
    page.wait("document.getElementById('direct-dialog').open")
    assert page.evaluate(f"{DIRECT_ERROR} + document.getElementById('direct-user').value") == ""


def test_a_name_that_another_room_has_makes_a_room_all_the_same(page):
    name = f"Tea {uuid.uuid4().hex[:8]}"
    create_room(page, name)
    page.click("#browse")
    page.type("#create-name", name)
    page.click("#create-submit")
    page.wait(f"[...document.querySelectorAll('#rooms .label')].filter((each) => each.innerText === {name!r}).length === 2")
    page.wait("!document.querySelector('dialog[open]')")
