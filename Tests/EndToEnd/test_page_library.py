"""The page's `client.js` as a library, in programs that do with it what the page never does."""

import pytest

import chromium
from library import names, run

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def page(cluster):
    browser = chromium.Browser("library")
    yield browser.open(cluster.url)
    browser.close()


@pytest.fixture
def zed(person):
    return person("zed")


@pytest.fixture
def yan(person):
    return person("yan")


def test_what_one_has_written_is_never_said_by_the_next_who_logs_in(page, zed, yan):
    room = zed.create_room(members=(yan,))
    fates = run(
        page,
        """
        const client = new ParleyClient();
        await client.login(zed.name, zed.password);
        const joined = fate(client.join(room)), secret = fate(client.send(room, "a secret"));
        await client.login(yan.name, yan.password);
        await client.connect();
        const said = await fate(client.send(room, "mine").then(({ seq }) => seq));
        const heard = (await client.history(room)).messages.map(({ user, data }) => [user, data.content]);
        client.disconnect();
        return [await joined, await secret, said, heard];
        """,
        room=room, **names(zed, yan),
    )
    assert fates == ["disconnected", "disconnected", 1, [[yan.name, "mine"]]]


def test_who_logs_in_while_another_is_online_takes_the_place_of_that_one(page, zed, yan):
    room = zed.create_room()
    answer = run(
        page,
        """
        const client = new ParleyClient(), users = [], refused = [];
        client.addEventListener("connected", ({ detail }) => users.push(detail.user));
        client.addEventListener("error", ({ detail }) => refused.push(detail.data.code));
        await client.login(zed.name, zed.password);
        await client.connect();
        await client.join(room);
        const wrong = await fate(client.login(yan.name, "not that"));
        const still = [client.user.id, client.state.state];
        await client.login(yan.name, yan.password);
        const between = client.state.state;
        await client.connect();
        client.disconnect();
        return { wrong, still, between, users, refused };
        """,
        room=room, **names(zed, yan),
    )
    assert answer == {
        "wrong": "invalid_credentials", "still": [zed.name, "online"], "between": "offline",
        "users": [zed.name, yan.name], "refused": [],
    }


def test_a_renewal_under_way_does_not_hand_one_login_to_the_next(page, zed, yan):
    answer = run(
        page,
        """
        const client = new ParleyClient();
        await client.login(zed.name, zed.password);
        const { fetch } = globalThis;
        let goOn, asked;
        const held = new Promise((resolve) => (goOn = resolve)), isAsked = new Promise((resolve) => (asked = resolve));
        globalThis.fetch = async (...call) => {
          if (String(call[0]).endsWith("/auth/refresh")) { asked(); await held; }
          return fetch(...call);
        };
        try {
          const renewed = fate(client.refresh());
          await isAsked;
          await client.login(yan.name, yan.password);
          goOn();
          await renewed;
          return [client.user.id, (await client.rest("GET", "/auth/me")).id];
        } finally {
          globalThis.fetch = fetch;
        }
        """,
        **names(zed, yan),
    )
    assert answer == [yan.name, yan.name]


def test_nobody_who_is_logged_in_says_nothing(page, zed):
    room = zed.create_room()
    fates = run(
        page,
        """
        const client = new ParleyClient();
        return [await soon(client.send(room, "who am I?")), await soon(client.join(room))];
        """,
        room=room,
    )
    assert fates == ["signed_out", "signed_out"]


@pytest.fixture
def room(page, zed):
    """A room of `zed`, whose client is online as `window.client` meanwhile."""
    room = zed.create_room()
    run(
        page,
        """
        window.client = new ParleyClient();
        await client.login(zed.name, zed.password);
        await client.connect();
        """,
        **names(zed),
    )
    yield room
    page.evaluate("client.disconnect()")


@pytest.mark.parametrize("key", ["", "é", "a\n", "k" * 65, 7])
def test_a_key_that_the_protocol_does_not_take_is_refused_and_holds_nobody_back(page, room, key):
    fates = run(
        page,
        """
        const refused = await soon(client.send(room, "x", { clientMessageID: key }));
        return [refused, await soon(client.send(room, "after").then(({ seq }) => seq))];
        """,
        room=room, key=key,
    )
    assert fates == ["invalid_field", 1]


@pytest.mark.parametrize("nowhere", [None, 7, {}, {"to": None}])
def test_what_is_sent_nowhere_is_refused_and_holds_nobody_back(page, room, nowhere):
    fates = run(
        page,
        """
        const error = await client.send(nowhere, "x").catch((error) => error);
        return [error.code, error.fields?.[0]?.field, await soon(client.send(room, "after").then(({ seq }) => seq))];
        """,
        room=room, nowhere=nowhere,
    )
    assert fates == ["invalid_field", "room", 1]


def test_who_is_connected_may_connect_again(page, room):
    assert run(page, "return [await soon(client.connect()), client.state.state]") == ["done", "online"]


def test_what_a_client_lacks_outside_a_page_is_told_at_once(page):
    told = run(
        page,
        """
        const failure = (options) => { try { new ParleyClient(options); } catch (error) { return `${error}`; } };
        const { WebSocket } = globalThis;
        const nowhere = failure({ url: null });
        delete globalThis.WebSocket;
        try {
          return [nowhere, failure({})];
        } finally {
          globalThis.WebSocket = WebSocket;
        }
        """,
    )
    assert told == [
        "TypeError: Outside a page a ParleyClient has to be told where Parley is: { url }.",
        "TypeError: A ParleyClient needs a global WebSocket, and there is none here.",
    ]


def test_a_closed_client_holds_nothing_and_leaves_its_login_to_another(page, zed):
    answer = run(
        page,
        """
        const channels = new Set(), listening = [];
        const { BroadcastChannel, addEventListener } = globalThis;
        globalThis.BroadcastChannel = class extends BroadcastChannel {
          constructor(name) { super(name); channels.add(this); }
          close() { super.close(); channels.delete(this); }
        };
        globalThis.addEventListener = (type, listener, options) => listening.push(options?.signal);
        let kept = null;
        const store = { load: () => kept, save: (tokens) => (kept = tokens) };
        try {
          const client = new ParleyClient({ store });
          await client.login(zed.name, zed.password);
          await client.connect();
          const before = [channels.size, listening.length];
          const first = kept.refresh;
          client.refresh().catch(() => {});
          await client.close();
          const after = [channels.size, listening.filter((signal) => !signal?.aborted).length];
          const heir = new ParleyClient({ store });
          heir.restore();
          const isNewest = kept.refresh !== first;
          const user = (await heir.rest("GET", "/auth/me")).id;
          await heir.close();
          return { before, after, state: client.state.state, gone: client.user, isNewest, user, again: await soon(client.connect()) };
        } finally {
          Object.assign(globalThis, { BroadcastChannel, addEventListener });
        }
        """,
        **names(zed),
    )
    assert answer == {
        "before": [1, 2], "after": [0, 0], "state": "offline", "gone": None, "isNewest": True, "user": zed.name,
        "again": "signed_out",
    }


def test_who_comes_back_is_given_the_recent_envelopes_that_were_asked_for(page, zed):
    room = zed.create_room()
    contents = run(
        page,
        """
        let kept = null;
        const store = { load: () => kept, save: (tokens) => (kept = tokens) };
        const before = new ParleyClient({ store });
        await before.login(zed.name, zed.password);
        await before.connect();
        await before.join(room);
        for (const content of ["one", "two", "three"]) await before.send(room, content);
        await before.close();

        const client = new ParleyClient({ store }), contents = [];
        client.restore();
        const three = new Promise((resolve) => client.addEventListener("new_message", ({ detail }) => {
          contents.push(detail.data.content);
          if (contents.length === 3) resolve();
        }));
        await client.connect({ rejoin: { recent: 2 } });
        await new Promise((resolve) => client.addEventListener("joined", resolve, { once: true }));
        await client.send(room, "four");
        await soon(three);
        await client.close();
        return contents;
        """,
        room=room, **names(zed),
    )
    assert contents == ["two", "three", "four"]
