"""How the page's `client.js` renews its tokens."""

import pytest

import chromium
from library import names, run

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def page(cluster):
    browser = chromium.Browser("tokens")
    yield browser.open(cluster.url)
    browser.close()


@pytest.fixture
def zed(person):
    return person("zed")


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
