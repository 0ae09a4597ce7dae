"""How the page's files come over the network: once while they stay the same, and small."""

import gzip
import urllib.error
import urllib.request

import pytest

PATIENCE = 20
#: As browsers ask.
PACKED = {"Accept-Encoding": "gzip, deflate, br"}


def asked(url, path, method="GET", **headers):
    """The status, the headers and the body as sent, coded or not."""
    request = urllib.request.Request(url + path, method=method, headers={"Accept-Encoding": "identity", **headers})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_that_is_known_is_not_sent_again(cluster, method):
    for url in (cluster.url, *cluster.gateway_urls):
        status, headers, _ = asked(url, "/page.js", method)
        tag = headers["ETag"]
        assert (status, headers["Cache-Control"]) == (200, "no-cache")
        for known in (tag, f'"other", W/{tag}', "*"):
            status, headers, body = asked(url, "/page.js", method, **{"If-None-Match": known})
            assert (status, body, headers["ETag"]) == (304, b"", tag), known
            assert headers["Content-Security-Policy"]
        assert asked(url, "/page.js", method, **{"If-None-Match": f'"x{tag[2:]}'})[0] == 200


def test_a_browser_asks_by_what_it_was_given_compressed(cluster):
    status, headers, _ = asked(cluster.url, "/style.css", **PACKED)
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    again = asked(cluster.url, "/style.css", **PACKED, **{"If-None-Match": headers["ETag"]})
    assert (again[0], again[2]) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/style.css", "/client.js", "/page/rooms.js"])
def test_what_is_worth_it_is_compressed(cluster, path):
    _, headers, plain = asked(cluster.url, path)
    assert headers["Content-Encoding"] is None
    assert "Accept-Encoding" in headers["Vary"]
    _, headers, packed = asked(cluster.url, path, **PACKED)
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 1.5


def test_pages_of_history_are_compressed_and_tokens_are_not(cluster, person):
    alice = person("alice")
    room = alice.create_room()
    on = alice.connect(0)
    on.join(room)
    on.ask("send_message", "message_sent", room=room, content="and so on, " * 200)
    bearer = {"Authorization": f"Bearer {alice.token}"}
    _, headers, packed = asked(cluster.url, f"/history/rooms/{room}/messages", **PACKED, **bearer)
    assert headers["Content-Encoding"] == "gzip"
    assert b"and so on" in gzip.decompress(packed)
    assert asked(cluster.url, "/rooms", **PACKED, **bearer)[1]["Content-Encoding"] is None
