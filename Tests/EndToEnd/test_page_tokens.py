"""How the page's `client.js` renews its tokens."""

import time

import pytest

import chromium
from library import names, run
from rest import Service

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def page(cluster):
    browser = chromium.Browser("tokens")
    yield browser.open(cluster.url)
    browser.close()


@pytest.fixture
def zed(person):
    return person("zed")


@pytest.fixture(scope="module")
def brief_auth(cluster):
    """One whose access tokens are good for a minute."""
    return Service(cluster.spawn("auth", ACCESS_TOKEN_TTL="60").url)


#: Gives `client` the log-in `tokens`, and `renewals`: the refresh tokens that it has asked with.
TAKE_UP = """
  const client = new ParleyClient({ store: { load: () => tokens, save: () => {} } }), renewals = [];
  const { fetch } = globalThis;
  globalThis.fetch = (url, options) => {
    if (String(url).endsWith("/auth/refresh")) renewals.push(JSON.parse(options.body).refresh_token);
    return fetch(url, options);
  };
"""


def tokens_of(person, seconds, **others):
    """What a store holds of a log-in whose access token lasts so long."""
    until = round((time.time() + seconds) * 1000)
    user = {"id": person.name, "name": person.name, "roles": []}
    return {"access": person.token, "accessUntil": until, "refresh": person.refresh_token, "user": user} | others


@pytest.mark.parametrize(("passed", "renewals"), [(0, 0), (49, 1)])
def test_a_token_of_a_minute_is_renewed_when_that_is_due_and_not_whenever_it_is_said_to_end(
    page, cluster, brief_auth, zed, passed, renewals
):
    login = brief_auth.post("/auth/login", {"username": zed.name, "password": zed.password}).json
    cluster.secrets |= {login["access_token"], login["refresh_token"]}
    count = run(
        page,
        TAKE_UP + """
        const { now } = Date;
        try {
          client.restore();
          // As after a sleep of the machine: timers stand still meanwhile.
          client.addEventListener("connected", () => (Date.now = () => now() + passed * 1_000));
          const told = new Promise((resolve) => client.addEventListener("token_expiring", resolve, { once: true }));
          await client.connect();
          await told;
          // Behind a renewal that has begun.
          await navigator.locks.request("parley-renewal", () => {});
          return renewals.length;
        } finally {
          await client.close();
          Object.assign(Date, { now });
          globalThis.fetch = fetch;
        }
        """,
        tokens=tokens_of(zed, 60, access=login["access_token"], refresh=login["refresh_token"]), passed=passed,
    )
    assert count == renewals


def test_a_token_that_is_no_longer_believed_is_renewed_once(page, zed):
    # As where the key that signed it has been deleted.
    forged = zed.token[:-8] + "AAAAAAAA"
    answer = run(
        page,
        TAKE_UP + """
        try {
          client.restore();
          return [await fate(client.rest("GET", "/auth/me").then(({ id }) => id)), renewals.length];
        } finally {
          await client.close();
          globalThis.fetch = fetch;
        }
        """,
        tokens=tokens_of(zed, 900, access=forged),
    )
    assert answer == [zed.name, 1]


def test_a_renewal_that_is_not_answered_is_asked_for_again_while_the_server_takes_the_same_token(page, zed):
    answer = run(
        page,
        """
        const calls = [], lost = 1;
        const { fetch } = globalThis, { timeout } = AbortSignal;
        let wait = null;
        AbortSignal.timeout = (milliseconds) => {
          wait = milliseconds;
          return timeout.call(AbortSignal, calls.length === lost ? 200 : milliseconds);
        };
        // The server hears of each call, and its answer to one is lost.
        globalThis.fetch = async (url, options) => {
          const number = calls.push({ path: new URL(url).pathname, body: options.body, wait }) - 1;
          const answer = await fetch(url, { ...options, signal: null });
          if (number !== lost) return answer;
          return new Promise((_, reject) => {
            const abort = () => reject(options.signal.reason);
            options.signal?.aborted ? abort() : options.signal?.addEventListener("abort", abort);
          });
        };
        const client = new ParleyClient();
        try {
          await client.login(zed.name, zed.password);
          const again = new Promise((resolve) => client.addEventListener("session", resolve, { once: true }));
          const outcome = await soon(client.refresh());
          await soon(again);
          return {
            outcome, user: client.user?.id, paths: calls.map(({ path }) => path), waits: calls.map(({ wait }) => wait),
            isSameToken: calls[1].body === calls[2]?.body,
          };
        } finally {
          await client.close();
          Object.assign(globalThis, { fetch });
          Object.assign(AbortSignal, { timeout });
        }
        """,
        **names(zed),
    )
    waits = answer.pop("waits")
    assert answer == {
        "outcome": "timeout", "user": zed.name, "paths": ["/auth/login", "/auth/refresh", "/auth/refresh"], "isSameToken": True,
    }
    # nginx gives up after 30 s; the server takes a token again for 10 s, and two pass before it is asked again.
    assert waits[0] > 30_000 and all(wait + 2_000 < 10_000 for wait in waits[1:])
