"""Every hostile request that is tried, and what it is answered with: the list of test_hostile.py and of Tests/Hostile.md.

A case is sent as it stands, and after it an ordinary request that asks to close. `answer` is what came back: each status,
with the code of its problem, and at last `goes on` where the ordinary request was answered too, or `closed` where not.
"""

import struct
from dataclasses import dataclass

HOST = b"Host: parley\r\n"
POST = b"POST /healthz HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MALFORMED = "400 malformed_request; closed"
#: What that `POST` is answered with where it is understood: the address has another method.
UNDERSTOOD = "405 method_not_allowed; goes on"
SERVED = "200; goes on"


def get(fields: bytes = HOST, target: bytes = b"/healthz", version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + target + b" " + version + b"\r\n" + fields + b"\r\n"


@dataclass(frozen=True)
class Case:
    """`data` is what is sent; `answer` what it is answered with; `cut` means that it ends in mid-request."""

    name: str
    data: bytes
    answer: str


REQUESTS = [
    # ---- the request line ----
    Case("HTTP/0.9 request", b"GET /\r\n\r\n", MALFORMED),
    Case("HTTP/2.0", get(version=b"HTTP/2.0"), "505 unsupported_version; closed"),
    Case("preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 unsupported_version; closed"),
    Case("version `HTTP/1.10`", get(version=b"HTTP/1.10"), MALFORMED),
    Case("version `http/1.1`", get(version=b"http/1.1"), MALFORMED),
    Case("two spaces in the request line", b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n", MALFORMED),
    Case("tab in the request line", b"GET\t/healthz HTTP/1.1\r\n" + HOST + b"\r\n", MALFORMED),
    Case("space after the version", b"GET /healthz HTTP/1.1 \r\n" + HOST + b"\r\n", MALFORMED),
    Case("space before the method", b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", MALFORMED),
    Case("method that is no token", b"G(T /healthz HTTP/1.1\r\n" + HOST + b"\r\n", MALFORMED),
    Case("unknown method", b"BREW /healthz HTTP/1.1\r\n" + HOST + b"\r\n", "405 method_not_allowed; goes on"),
    Case("method in small letters", b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n", "405 method_not_allowed; goes on"),
    Case("`TRACE`, which would echo secrets", b"TRACE /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
         "405 method_not_allowed; goes on"),
    Case("greeting of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32, MALFORMED),
    Case("header of the PROXY protocol", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + get(), MALFORMED),
    Case("two empty lines before", b"\r\n\r\n" + get(), SERVED),
    Case("three empty lines before", b"\r\n\r\n\r\n" + get(), MALFORMED),
    Case("request line of 8 KiB", get(target=b"/healthz?" + b"x" * (8_192 - 22)), SERVED),
    Case("request line of 8 KiB and a byte", get(target=b"/healthz?" + b"x" * (8_192 - 21)), "414 uri_too_long; closed"),
    Case("a megabyte without an end of line", b"G" * 1_000_000, "414 uri_too_long; closed"),
    # ---- targets ----
    Case("absolute target", get(target=b"http://parley/healthz"), SERVED),
    Case("absolute target, other `Host`: the target counts", get(b"Host: other\r\n", b"http://parley/healthz"), SERVED),
    Case("absolute target without `Host`", get(b"", b"http://parley/healthz"), MALFORMED),
    Case("absolute target with user information", get(target=b"http://me@parley/healthz"), MALFORMED),
    Case("absolute target of another scheme", get(target=b"ftp://parley/healthz"), MALFORMED),
    Case("target without a slash", get(target=b"healthz"), MALFORMED),
    Case("`OPTIONS *`", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", "204; goes on"),
    Case("`GET *`", get(target=b"*"), MALFORMED),
    Case("`CONNECT`", b"CONNECT parley:80 HTTP/1.1\r\n" + HOST + b"\r\n", MALFORMED),
    Case("NUL in the target", get(target=b"/\x00healthz"), MALFORMED),
    Case("escaped NUL in the target", get(target=b"/healthz%00"), MALFORMED),
    Case("broken escape", get(target=b"/healthz%4"), MALFORMED),
    Case("escapes that are no UTF-8", get(target=b"/healthz%C0%AE"), MALFORMED),
    Case("bytes beyond ASCII in the target", get(target=b"/h\xc3\xa9"), MALFORMED),
    Case("fragment in the target", get(target=b"/healthz#x"), MALFORMED),
    Case("`..` in the target", get(target=b"/../../etc/passwd"), "404 not_found; goes on"),
    Case("escaped `..` in the target", get(target=b"/%2e%2e%2fetc/passwd"), "404 not_found; goes on"),
    # ---- Host ----
    Case("no `Host`", get(b""), MALFORMED),
    Case("no `Host`, HTTP/1.0", get(b"", version=b"HTTP/1.0"), "200; closed"),
    Case("two `Host`", get(HOST + HOST), MALFORMED),
    Case("`Host` with a path", get(b"Host: parley/x\r\n"), MALFORMED),
    Case("`Host` with user information", get(b"Host: me@parley\r\n"), MALFORMED),
    Case("`Host` with two names", get(b"Host: parley, other\r\n"), MALFORMED),
    Case("`Host` whose port is no number", get(b"Host: parley:x\r\n"), MALFORMED),
    Case("`Host` with a broken IPv6 address", get(b"Host: [::1\r\n"), MALFORMED),
    # ---- lines and fields ----
    Case("lines that end with LF", b"GET /healthz HTTP/1.1\nHost: parley\n\n", MALFORMED),
    Case("one line that ends with LF", b"GET /healthz HTTP/1.1\r\nHost: parley\n\r\n", MALFORMED),
    Case("CR within a line", get(HOST + b"X: a\rY: b\r\n"), MALFORMED),
    Case("NUL in a value", get(HOST + b"X: a\x00b\r\n"), MALFORMED),
    Case("a thousand combining marks in a value", get(HOST + b"Origin: http://a" + b"\xcc\x81\xcc\x96" * 500 + b"\r\n"), MALFORMED),
    Case("the same, encoded, in a path", get(target=b"/healthz/" + b"%CC%81%CC%96" * 500), MALFORMED),
    Case("control character in a value", get(HOST + b"X: a\x01b\r\n"), MALFORMED),
    Case("folded line (obs-fold)", get(HOST + b"X: a\r\n b\r\n"), MALFORMED),
    Case("white space before the first field", get(b" X: a\r\n" + HOST), MALFORMED),
    Case("space before the colon", get(HOST + b"Content-Length : 0\r\n"), MALFORMED),
    Case("tab before the colon", get(HOST + b"Content-Length\t: 0\r\n"), MALFORMED),
    Case("line without a colon", get(HOST + b"X\r\n"), MALFORMED),
    Case("empty name", get(HOST + b": a\r\n"), MALFORMED),
    Case("name with brackets", get(HOST + b"X(): a\r\n"), MALFORMED),
    Case("name beyond ASCII", get(HOST + b"X\xe9: a\r\n"), MALFORMED),
    Case("value beyond ASCII", get(HOST + b"X: \xe9\xff\r\n"), SERVED),
    Case("header of 32 KiB", get(HOST + b"X: " + b"x" * (32_768 - 17) + b"\r\n"), SERVED),
    Case("header of 32 KiB and a byte", get(HOST + b"X: " + b"x" * (32_768 - 16) + b"\r\n"),
         "431 headers_too_large; closed"),
    Case("101 fields", get(HOST + b"X: a\r\n" * 100), "431 headers_too_large; closed"),
    Case("a header without an end", get(HOST)[:-2] + b"X: a\r\n" * 100_000, "431 headers_too_large; closed"),
    # ---- how long a body is ----
    Case("`Content-Length` and `Transfer-Encoding`", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         MALFORMED),
    Case("`Transfer-Encoding` and `Content-Length`", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
         MALFORMED),
    Case("`Content-Length` twice, different", POST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n", MALFORMED),
    Case("`Content-Length` twice, the same", POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", MALFORMED),
    Case("`Content-Length: 0, 0`", POST + b"Content-Length: 0, 0\r\n\r\n", MALFORMED),
    Case("`Content-Length: +1`", POST + b"Content-Length: +1\r\n\r\nx", MALFORMED),
    Case("`Content-Length: -1`", POST + b"Content-Length: -1\r\n\r\n", MALFORMED),
    Case("`Content-Length: 0x1`", POST + b"Content-Length: 0x1\r\n\r\nx", MALFORMED),
    Case("`Content-Length: 1 1`", POST + b"Content-Length: 1 1\r\n\r\nx", MALFORMED),
    Case("empty `Content-Length`", POST + b"Content-Length:\r\n\r\n", MALFORMED),
    Case("`Content-Length` beyond 64 bits", POST + b"Content-Length: 18446744073709551617\r\n\r\n",
         "413 body_too_large; closed"),
    Case("`Content-Length` over the limit", POST + b"Content-Length: 65537\r\n\r\n", "413 body_too_large; closed"),
    Case("body at the limit", POST + b"Content-Length: 65536\r\n\r\n" + b"x" * 65_536, UNDERSTOOD),
    Case("body of a `GET`", get(HOST + b"Content-Length: 1\r\n") + b"x", SERVED),
    Case("`Transfer-Encoding: gzip, chunked`", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
         "501 unsupported_transfer_coding; closed"),
    Case("`Transfer-Encoding: identity`", POST + b"Transfer-Encoding: identity\r\n\r\n",
         "501 unsupported_transfer_coding; closed"),
    Case("`Transfer-Encoding: chunked, chunked`", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n", MALFORMED),
    Case("`Transfer-Encoding: chunked, identity`", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n", MALFORMED),
    Case("`Transfer-Encoding: xchunked`", POST + b"Transfer-Encoding: xchunked\r\n\r\n",
         "501 unsupported_transfer_coding; closed"),
    Case("`Transfer-Encoding` with a vertical tab", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", MALFORMED),
    Case("`Transfer-Encoding` twice", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", MALFORMED),
    Case("`Transfer-Encoding`, HTTP/1.0", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", MALFORMED),
    # ---- chunks ----
    Case("chunks with extensions and trailers", CHUNKED + b"3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n", UNDERSTOOD),
    Case("trailer that changes the framing", CHUNKED + b"0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n", UNDERSTOOD),
    Case("chunk without a size", CHUNKED + b"\r\n", MALFORMED),
    Case("chunk size `-1`", CHUNKED + b"-1\r\n", MALFORMED),
    Case("chunk size `0x1`", CHUNKED + b"0x1\r\nx\r\n", MALFORMED),
    Case("chunk size with a space after it", CHUNKED + b"1 \r\nx\r\n", MALFORMED),
    Case("chunk size beyond 64 bits", CHUNKED + b"10000000000000001\r\n", MALFORMED),
    Case("chunk size of 64 bits", CHUNKED + b"ffffffffffffffff\r\n", "413 body_too_large; closed"),
    Case("chunks over the limit together", CHUNKED + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 4 + b"1\r\n",
         "413 body_too_large; closed"),
    Case("chunk longer than its size", CHUNKED + b"1\r\nxy\r\n0\r\n\r\n", MALFORMED),
    Case("chunk that ends with LF", CHUNKED + b"1\r\nx\n0\r\n\r\n", MALFORMED),
    Case("chunk size that ends with LF", CHUNKED + b"1\nx\r\n0\r\n\r\n", MALFORMED),
    Case("CR in a chunk extension", CHUNKED + b"1;a\rb\r\nx\r\n", MALFORMED),
    Case("chunk extension without an end", CHUNKED + b"1;" + b"x" * 2_000, MALFORMED),
    Case("many chunk extensions", CHUNKED + (b"1;" + b"x" * 900 + b"\r\nx\r\n") * 20, MALFORMED),
    Case("space before a trailer's colon", CHUNKED + b"0\r\nX : y\r\n\r\n", MALFORMED),
    Case("trailers of 32 KiB and more", CHUNKED + b"0\r\n" + b"X: y\r\n" * 10_000, "431 headers_too_large; closed"),
    # ---- the connection ----
    Case("fifty requests at once", get() * 50, "200 × 50; goes on"),
    Case("`HEAD`", b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"\r\n", SERVED),
    Case("`HEAD` of what is not there", b"HEAD /nothing HTTP/1.1\r\n" + HOST + b"\r\n", "404; goes on"),
    Case("`Connection: close`", get(HOST + b"Connection: close\r\n"), "200; closed"),
    Case("`Connection: close` among others", get(HOST + b"Connection: foo, Close\r\n"), "200; closed"),
    Case("HTTP/1.0", get(version=b"HTTP/1.0"), "200; closed"),
    Case("HTTP/1.0 that stays", get(HOST + b"Connection: keep-alive\r\n", version=b"HTTP/1.0"), SERVED),
    Case("`Expect: 100-continue`, body not waited with",
         POST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", UNDERSTOOD),
    Case("`Expect: 100-continue`, body over the limit",
         POST + b"Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n", "413 body_too_large; closed"),
    Case("`Expect` of something else", get(HOST + b"Expect: tea\r\n"), "417 unknown_expectation; closed"),
    Case("second request hidden in a body", POST + b"Content-Length: 44\r\n\r\n" + b"GET /healthz HTTP/1.1\r\nHost: smuggled-in\r\n\r\n",
         UNDERSTOOD),
    Case("`Upgrade: h2c`", get(HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
         SERVED),
]


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True, reserved: int = 0, length=None):
    """The bytes of a frame, whose `length` may lie."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    size = len(payload) if length is None else length
    if size < 126:
        head = bytes([first, bit | size])
    elif size < 65_536:
        head = bytes([first, bit | 126]) + struct.pack("!H", size)
    else:
        head = bytes([first, bit | 127]) + struct.pack("!Q", size)
    # A mask of zeros changes nothing, and is a mask.
    return head + (b"\0\0\0\0" if masked else b"") + payload


TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9

#: Sent after the upgrade, by somebody who has not said who they are; each is answered with a close frame.
FRAMES = [
    Case("frame without a mask", frame(TEXT, b"{}", masked=False), "1002 protocol_error"),
    Case("reserved bit", frame(TEXT, b"{}", reserved=2), "1002 protocol_error"),
    Case("reserved opcode", frame(3, b"x"), "1002 protocol_error"),
    Case("reserved control opcode", frame(11), "1002 protocol_error"),
    Case("ping in fragments", frame(PING, b"x", final=False), "1002 protocol_error"),
    Case("ping of 126 bytes", frame(PING, b"x" * 126), "1002 protocol_error"),
    Case("continuation of nothing", frame(0, b"x"), "1002 protocol_error"),
    Case("new message within a message", frame(TEXT, b"x", final=False) + frame(TEXT, b"x"), "1002 protocol_error"),
    Case("length in more bytes than it needs", bytes([0x81, 0xFE, 0, 1]) + b"\0\0\0\0x", "1002 protocol_error"),
    Case("length of 8 EiB", frame(TEXT, length=2**63 - 1), "1009 message_too_big"),
    Case("length with the top bit set", bytes([0x81, 0xFF]) + b"\xff" * 8 + b"\0\0\0\0", "1002 protocol_error"),
    Case("frame over the limit", frame(TEXT, length=65_537), "1009 message_too_big"),
    Case("fragments over the limit together",
         frame(TEXT, b"x" * 40_000, final=False) + frame(0, b"x" * 40_000), "1009 message_too_big"),
    Case("message of 1,025 empty fragments", frame(TEXT, final=False) + frame(0, final=False) * 1_024,
         "1009 message_too_big"),
    Case("binary frame", frame(BINARY, b"x"), "1003 binary_not_supported"),
    Case("text that is no UTF-8", frame(TEXT, b"\xff"), "1007 invalid_utf8"),
    Case("text that ends within a character", frame(TEXT, b"\xe2\x82"), "1007 invalid_utf8"),
    Case("surrogate in UTF-8", frame(TEXT, b"\xed\xa0\x80"), "1007 invalid_utf8"),
    Case("wrong UTF-8 in a frame that has not ended", frame(TEXT, b"\xff", length=1_000), "1007 invalid_utf8"),
    Case("close code 1005", frame(CLOSE, struct.pack("!H", 1005)), "1002 protocol_error"),
    Case("close code 999", frame(CLOSE, struct.pack("!H", 999)), "1002 protocol_error"),
    Case("close frame of one byte", frame(CLOSE, b"x"), "1002 protocol_error"),
    Case("close reason that is no UTF-8", frame(CLOSE, struct.pack("!H", 1000) + b"\xff"), "1007 invalid_utf8"),
    Case("21 frames that are no JSON", frame(TEXT, b"{") * 21, "1008 flood"),
    Case("JSON a thousand levels deep, 21 times", frame(TEXT, b"[" * 1_000 + b"]" * 1_000) * 21, "1008 flood"),
    Case("101 frames of one who does not say who they are", frame(TEXT, b'{"type":"ping"}') * 101, "1008 flood"),
    Case("two long ones of the same", frame(TEXT, b'{"type":"ping","data":{"x":"%s"}}' % (b"x" * 60_000)) * 2, "1008 flood"),
    Case("text that wants to be a token", frame(TEXT, b'{"type":"authenticate","data":{"token":"x.y.z"}}'),
         "1008 token_invalid"),
]
