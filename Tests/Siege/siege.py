"""How long an ordinary client's message takes while strangers hold thousands of connections open and others do not read.

Two people at one gateway talk, first undisturbed, then besieged; the last line compares what they felt. Nothing is asserted: on a
machine that others use too, the figures are for people to judge.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import people
from client import Client
from cluster import Cluster
from outages import metric

BESIEGERS = Path(__file__).with_name("besiegers.py")
LOUD_BYTES = 4_000


def main() -> None:
    arguments = parsed()
    cluster = Cluster(
        gateways=1, SCRYPT_LOG_N="14", JWT_ALGORITHM="HS256", JWT_SECRET=people.SECRET, MESSAGE_RATE_LIMIT="0",
        # Only nginx is a proxy: the strangers' addresses count as theirs.
        TRUSTED_PROXIES="127.0.0.1",
    )
    try:
        siege(cluster, arguments)
    finally:
        cluster.close()


def siege(cluster, arguments) -> None:
    alice, bob, shouter = (people.mint(cluster, word) for word in ("alice", "bob", "shouter"))
    quiet, loud = alice.create_room(), shouter.create_room()
    speaker, hearer = alice.connect(0), bob.connect(0)
    speaker.join(quiet)
    hearer.join(quiet)
    shouting = Shouting(shouter.connect(0), loud, arguments.loud)
    before = measure(speaker, hearer, quiet, arguments.messages)
    print(f"undisturbed: {said(before)}", flush=True)
    besiegers = begin(cluster, arguments, loud)
    print(f"besieged by {arguments.half_open} half-open connections and {arguments.slow} slow readers", flush=True)
    during = measure(speaker, hearer, quiet, arguments.messages)
    print(f"besieged: {said(during)}", flush=True)
    for line in state(cluster):
        print(line)
    shouting.end()
    besiegers.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        besiegers.wait(10)
    besiegers.kill()
    delays = [percentile(during, share) - percentile(before, share) for share in (0.5, 0.99)]
    print(f"later by {delays[0]:.1f} ms at the median, {delays[1]:.1f} ms at the 99th percentile")


def begin(cluster, arguments, room) -> subprocess.Popen:
    tokens = [people.mint(cluster, "slow").token for _ in range(arguments.slow)]
    process = subprocess.Popen([sys.executable, BESIEGERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    task = {"url": cluster.gateway_urls[0], "half_open": arguments.half_open, "slow": arguments.slow, "tokens": tokens,
            "room": room}
    process.stdin.write(json.dumps(task) + "\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "ready"
    return process


def measure(speaker, hearer, room, count) -> list[float]:
    """Milliseconds from a send until the other has it, one after another, ten a second."""
    times = []
    for number in range(count):
        began = time.monotonic()
        speaker.send("send_message", room=room, content=f"{number}")
        hearer.expect("new_message", patience=30, content=f"{number}")
        times.append((time.monotonic() - began) * 1_000)
        # Who does not take what comes would look as if they had gone.
        speaker.expect("message_sent")
        speaker.expect("new_message", content=f"{number}")
        time.sleep(max(0.0, 0.1 - (time.monotonic() - began)))
    return times


class Shouting(threading.Thread):
    """Says something long in a room, so many times a second."""

    def __init__(self, client: Client, room: str, rate: int):
        super().__init__(daemon=True)
        self._client, self._room, self._rate, self._ended = client, room, rate, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(1 / self._rate):
            self._client.ask("send_message", "message_sent", room=self._room, content="x" * LOUD_BYTES)

    def end(self) -> None:
        self._ended.set()
        self.join()


def state(cluster):
    url = cluster.gateway_urls[0]
    for name in ("parley_http_unfinished_connections", "parley_gateway_unauthenticated_connections",
                 "parley_gateway_connections", "parley_gateway_slow_consumers_total", "parley_process_open_fds",
                 "parley_process_resident_memory_bytes", 'parley_http_refused_total{reason="header_time"}',
                 'parley_gateway_refused_total{reason="authentication_time"}'):
        yield f"  {name} {metric(url, name):.0f}"


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def said(times: list[float]) -> str:
    return f"median {median(times):.1f} ms, 99th percentile {percentile(times, 0.99):.1f} ms, most {max(times):.1f} ms"


def parsed():
    parser = argparse.ArgumentParser(prog="Tests/run siege", description=__doc__)
    parser.add_argument("--half-open", type=int, default=2_000, help="silent, dripping and unauthenticated connections")
    parser.add_argument("--slow", type=int, default=200, help="connections in a busy room that do not read")
    parser.add_argument("--loud", type=int, default=20, help="messages of 4,000 bytes a second in that room")
    parser.add_argument("--messages", type=int, default=300, help="how many ordinary messages are timed, ten a second")
    return parser.parse_args()


if __name__ == "__main__":
    main()
