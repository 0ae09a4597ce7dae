"""Ports of one's own, however many suites run beside each other.

A port on which nobody listens is not one that nobody wants: between the choice and the first `listen` lies a build, and
whoever looks meanwhile would choose the same. So what is chosen is claimed, by a name in the abstract namespace of Unix
sockets (unix(7)): it is seen wherever the ports are, is had by one at a time, and ends with its process.
"""

import random
import socket

#: Both lie below what the system gives to outgoing connections, and above what the unit tests' servers take.
BLOCKS = range(20_000, 32_000, 100)
SINGLES = range(32_000, 32_700)

_claims: dict[int, socket.socket] = {}


def claim_block() -> int:
    """The first of a hundred ports that are free, and nobody else's until `give_back` or the end of this process."""
    return claim(BLOCKS)


def claim_port() -> int:
    """One port that is free, and nobody else's until the end of this process: also while nothing listens there."""
    return claim(SINGLES)


def claim(places: range) -> int:
    """The first port of one of these places, each as long as their step. Where to look first is random."""
    for first in random.sample(places, len(places)):
        held = socket.socket(socket.AF_UNIX)
        try:
            held.bind(f"\0parley-tests-ports-{first}")
        except OSError:
            held.close()
            continue
        if all(_is_free(port) for port in range(first, first + places.step)):
            _claims[first] = held
            return first
        held.close()
    raise RuntimeError(f"no {places.step} free ports in {places}")


def give_back(first: int) -> None:
    """Lets others have what was claimed here, if it still is."""
    if held := _claims.pop(first, None):
        held.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
