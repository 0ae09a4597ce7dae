"""Tests/Hostile.md, made of the list of hostile cases: `python3 Tests/EndToEnd/hostile_page.py > Tests/Hostile.md`."""

import ast
from pathlib import Path

import hostile

HEAD = """\
# Hostile cases

Every hostile case that is tried against running services, and what it is answered with. This page is made by
`python3 Tests/EndToEnd/hostile_page.py`; the lint holds it to [hostile.py](EndToEnd/hostile.py), and
[test_hostile.py](EndToEnd/test_hostile.py) holds the services to both.

"goes on" means that an ordinary request sent behind the case on the same connection was answered; "closed", that the
server ended the connection instead. Every error but those to `HEAD` is a problem document (RFC 9457), whose code stands
here, and holds nothing of what was sent.
"""
REQUESTS = """
## Requests

At the port of each of the four services.
"""
FRAMES = """
## WebSocket frames

At a gateway, from somebody who has not said who they are; the close frame's code and reason.
"""
TESTS = """
## By tests of their own

| case | test |
|---|---|
"""


def page() -> str:
    tests = "".join(f"| {said} | `{name}` |\n" for name, said in own_tests())
    return HEAD + REQUESTS + _table(hostile.REQUESTS) + FRAMES + _table(hostile.FRAMES) + TESTS + tests


def own_tests():
    """The tests of hostile cases with a sentence that says what is tried and what comes of it."""
    sources = [Path(__file__).with_name(name).read_text() for name in ("test_hostile.py", "test_tls.py")]
    for node in (node for source in sources for node in ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and (said := ast.get_docstring(node)):
            yield node.name, said.splitlines()[0].rstrip(".")


def _table(cases) -> str:
    rows = "".join(f"| {case.name.replace('|', '&#124;')} | {case.answer} |\n" for case in cases)
    return "\n| case | answered |\n|---|---|\n" + rows


if __name__ == "__main__":
    print(page(), end="")
