"""What somebody does on the page, in one tab of a browser."""

import uuid

ONLINE = "document.getElementById('connection').dataset.state === 'online'"


def meet(url, browsers):
    """Alice and Bob, each newly registered in a browser of their own, both in one new room."""
    mark = uuid.uuid4().hex[:8]
    alice, bob = (browser.open(url) for browser in browsers)
    alice.user, bob.user = f"alice-{mark}", f"bob-{mark}"
    alice.room = bob.room = f"tea-{mark}"
    for page in (alice, bob):
        register(page)
    create_room(alice, alice.room)
    enter_room(bob, bob.room)
    return alice, bob


def register(page):
    page.click("#signin-switch")
    page.type("#username", page.user)
    page.type("#password", "correct horse battery staple")
    page.click("#signin-submit")
    page.wait(ONLINE, patience=30)
    page.wait_for_text("#me", page.user)


def create_room(page, name):
    page.click("#browse")
    page.type("#create-name", name)
    page.click("#create-submit")
    page.wait_for_text("#room-name", name)


def enter_room(page, name):
    page.click("#browse")
    page.type("#browse-filter", name)
    page.click(f"#browse-list button[data-room='{name}']")
    page.wait_for_text("#room-name", name)


def say(page, text, settled=True):
    page.type("#content", text)
    page.press("Enter", 13, "\r")
    if settled:
        page.wait(f"[...document.querySelectorAll('.message[data-state=sent] .text')].at(-1)?.innerText === {text!r}")


def hears(page, user, text):
    page.wait_for_text(f".message[data-user='{user}'] .text", text)


def sign_in(page, person):
    """Signs in as somebody who has an account."""
    page.type("#username", person.name)
    page.type("#password", person.password)
    page.click("#signin-submit")
    page.wait(ONLINE, patience=30)
