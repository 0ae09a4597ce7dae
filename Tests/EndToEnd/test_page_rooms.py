"""Which rooms the page shows, joins and opens, for people who are in several or in many."""

import pytest

import chromium
import people
from conftest import CHEAP_PASSWORDS
from visitor import ONLINE, sign_in

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def narrow(running):
    """A connection takes three rooms here."""
    yield from running(**CHEAP_PASSWORDS, MAX_ROOMS_PER_CONNECTION="3")


@pytest.fixture
def alice(narrow):
    return people.register(narrow, "alice")


@pytest.fixture
def bob(narrow):
    return people.register(narrow, "bob")


@pytest.fixture
def page(narrow, browsers):
    page = browsers[0].open(narrow.url)
    yield page
    page.screenshot(chromium.OUTPUT / "page-rooms.png")
    page.close()
    assert page.problems == []


def open_room(page, room):
    page.click(f"#sidebar button[data-room='{room}']")
    page.wait(f"location.hash === '#{room}' && document.getElementById('older').hidden")


def test_a_reload_opens_the_room_that_the_address_names(page, alice, bob):
    rooms = [alice.create_room() for _ in range(2)]
    sign_in(page, alice)
    direct = f"dm:{alice.name}_{bob.name}"
    page.click("#write-to")
    page.type("#direct-user", bob.name)
    page.click("#direct-submit")
    page.wait_for_text("#room-name", bob.name)
    for room, name in [(rooms[0], "A room"), (rooms[1], "A room"), (direct, bob.name)]:
        open_room(page, room)
        page.reload()
        page.wait_for_text("#rooms", "A room")
        page.wait_for_text("#room-name", name)
        assert page.evaluate("location.hash") == f"#{room}"
        assert page.evaluate("document.querySelector('#sidebar [aria-current=page]').dataset.room") == room


def test_who_is_in_more_rooms_than_a_connection_takes_reaches_each_of_them(page, alice, bob):
    rooms = [bob.create_room(members=(alice,)) for _ in range(5)]
    foreign, talking = bob.create_room(), bob.connect()
    sign_in(page, alice)
    page.wait("document.querySelectorAll('#rooms button').length === 5")
    for number, room in enumerate([*rooms, *rooms]):
        open_room(page, room)
        talking.say(room, f"Number {number}.")
        page.wait_for_text(".message .text", f"Number {number}.")
    shown = page.evaluate("[...document.querySelectorAll('.message .text')].map((text) => text.innerText)")
    assert shown == ["Number 4.", "Number 9."]
    page.click("#browse")
    page.wait(f"document.querySelector('#browse-list [data-room={foreign}]') !== null")
    joinable = page.evaluate("[...document.querySelectorAll('#browse-list button')].map(({ dataset }) => dataset.room)")
    assert not set(joinable) & set(rooms)


@pytest.fixture
def crowded(narrow):
    """More public rooms than anybody reads a list of."""
    narrow.sql(
        "INSERT INTO auth.rooms (id, name, visibility)"
        " SELECT 'a-' || number, 'One of many', 'public' FROM generate_series(1, 1100) number"
    )
    yield
    narrow.sql("DELETE FROM auth.rooms WHERE name = 'One of many'")


def test_among_a_thousand_public_rooms_one_finds_ones_own(page, alice, crowded):
    room = alice.create_room("private")
    sign_in(page, alice)
    page.wait(f"document.querySelector('#rooms [data-room={room}]') !== null")


def test_names_of_rooms_are_learned_when_auth_is_there_again(page, alice, narrow):
    room = alice.create_room()
    sign_in(page, alice)
    open_room(page, room)
    narrow.stop("auth")
    try:
        page.reload()
        page.wait(ONLINE)
        page.wait_for_text("#rooms", room)
        page.wait_for_text("#room-name", room)
    finally:
        narrow.start("auth")
    page.wait_for_text("#rooms", "A room")
    page.wait_for_text("#room-name", "A room")
