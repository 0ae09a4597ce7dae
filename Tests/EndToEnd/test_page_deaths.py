"""Two people go on talking in their browsers while what is behind the page dies, part after part."""

import time

import pytest

import chromium
from visitor import ONLINE, meet

GATEWAYS = ("gateway-1", "gateway-2")
PENDING = "document.querySelectorAll('.message[data-state=pending]').length"
SETTLED = "document.querySelectorAll('.message:not([data-state=sent])').length === 0"

pytestmark = chromium.needed

#: Writes by the page's own form, every so often, until `window.hush()`.
TALK = """
  window.isSamePage = true;
  window.said = 0;
  const timer = setInterval(() => {
    document.getElementById("content").value = `${document.getElementById("me").textContent} ${++window.said}`;
    document.getElementById("composer").requestSubmit();
  }, 100);
  window.hush = () => clearInterval(timer);
"""

SHOWN = "[...document.querySelectorAll('.message .text')].map((text) => text.innerText)"


@pytest.fixture(scope="module")
def rough_cluster(running):
    """Two gateways without limits that are not long about ending."""
    yield from running(SCRYPT_LOG_N="14", LIMITS="off", DRAIN_SECONDS="2")


@pytest.fixture
def pair(rough_cluster, browsers):
    pages = meet(rough_cluster.url, browsers)
    yield pages
    for page in pages:
        page.screenshot(chromium.OUTPUT / f"page-{page.name}-deaths.png")


def test_everything_written_is_shown_once_and_in_order_while_all_that_serves_it_dies(pair, rough_cluster):
    for page in pair:
        page.evaluate(f"(() => {{ {TALK} }})()")
    for die in (kill_gateways, hold_gateway, end_gateways, kill_redis):
        die(rough_cluster, pair)
        for page in pair:
            page.wait(f"{ONLINE} && document.querySelectorAll('.message[data-state=sent]').length > 0", patience=30)
    for page in pair:
        page.evaluate("window.hush()")
    written = [[f"{page.user} {number + 1}" for number in range(page.evaluate("window.said"))] for page in pair]
    assert all(len(each) > 30 for each in written)

    for page in pair:
        page.wait(f"{ONLINE} && {SETTLED}", patience=60)
    shown = [all_shown(page, sum(map(len, written))) for page in pair]
    assert shown[0] == shown[1]
    for page, texts in zip(pair, written, strict=True):
        assert [text for text in shown[0] if text.startswith(page.user)] == texts
        assert page.evaluate("window.isSamePage") and page.problems == []


def kill_gateways(cluster, pages):
    """Each is killed with messages in its hands, if somebody talks by it."""
    for name in GATEWAYS:
        cluster.pause(name)
        wait_for_silence(pages)
        cluster.kill(name)
        cluster.start(name)


def hold_gateway(cluster, pages):
    """It stands still for a moment, and wakes up with what it was sent meanwhile."""
    cluster.pause(GATEWAYS[0])
    try:
        wait_for_silence(pages)
    finally:
        cluster.resume(GATEWAYS[0])


def wait_for_silence(pages, patience=1.5):
    """Until somebody has had no answer for several messages; where nobody talks by that gateway, for a moment."""
    end = time.monotonic() + patience
    while time.monotonic() < end and not any(page.evaluate(f"{PENDING} > 5") for page in pages):
        time.sleep(0.02)


def end_gateways(cluster, pages):
    for name in GATEWAYS:
        cluster.restart(name)


def kill_redis(cluster, pages):
    cluster.kill("redis")
    cluster.start("redis")
    cluster.await_ready()


#: A reader at the end lets go of what is far above: look up, then ask for more.
LOOK_UP = """
  document.getElementById("timeline").scrollTop = 0;
  const older = document.getElementById("older");
  if (!older.hidden && older.ariaDisabled !== "true") older.click();
"""


#: Why there may be no more: what the page says, and whether it would ask.
STATE = """
  ["announcer", "older", "connection"].map((id) => {
    const { textContent, hidden, ariaDisabled } = document.getElementById(id);
    return { id, textContent, hidden, ariaDisabled };
  })
"""


def all_shown(page, count):
    """The texts of the whole conversation, its earlier pages loaded too."""
    end = time.monotonic() + 60
    while len(shown := page.evaluate(SHOWN)) < count:
        assert time.monotonic() < end, (len(shown), count, page.evaluate(STATE))
        page.evaluate(f"(() => {{ {LOOK_UP} }})()")
        time.sleep(0.05)
    return shown
