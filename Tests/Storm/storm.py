"""A storm: people talk while everything dies around them, and then everything is compared.

    Tests/run storm [--minutes M] [--seed S] …
"""

import argparse
import asyncio
import json
import random
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import archive
import report
from checks import check
from checks.evidence import Evidence
from cluster import Cluster
from crowd import Crowd, Sizes
from faults import Faults
from record import Record, Remark
from recovery import recoveries, table
from schedule import GATEWAYS, HISTORIES, SERVICES, STORES, plan
from sender import WORDS

FAULTS_PER_MINUTE = 7
STATUS_SECONDS = 10.0
SETTLE_SECONDS = 90.0
TOKEN_SECONDS = "86400"
DRAIN_SECONDS = "3"
#: So little that who comes back late is given the archive, and rooms that are quiet for a minute have no recent log at all.
RECENT = {"RECENT_KEEP": "100", "RECENT_SECONDS": "20"}
#: What the runtime writes when it gives up.
CRASHES = re.compile(r"Fatal error|\*\*\* (?:Signal|Program crashed)|Crashed:|Current stack trace")
#: Three of the senders' words in a row are somebody's message.
CONTENTS = re.compile(" ".join([f"(?:{'|'.join(WORDS)})"] * 3))


class Storm:
    """One run, from a new cluster to the complete record."""

    def __init__(self, options: argparse.Namespace, folder: Path):
        self._options, self._folder = options, folder
        self._seconds = options.minutes * 60
        self._count = options.faults or round(options.minutes * FAULTS_PER_MINUTE)
        self.record = Record(folder=folder)

    def run(self) -> None:
        self._say("starting a cluster")
        cluster = Cluster(
            gateways=len(GATEWAYS), SCRYPT_LOG_N="14", LIMITS="off", ACCESS_TOKEN_TTL=TOKEN_SECONDS,
            DRAIN_SECONDS=DRAIN_SECONDS, **RECENT, REDIS_APPENDFSYNC=self._options.appendfsync,
        )
        try:
            cluster.spawn("history")
            asyncio.run(self._weather(cluster))
            self._read_logs(cluster)
        finally:
            self.record.close()
            self._keep_logs(cluster)
            cluster.close()

    async def _weather(self, cluster: Cluster) -> None:
        options = self._options
        sizes = Sizes(options.senders, options.receivers, options.rooms)
        crowd = await asyncio.to_thread(Crowd, cluster, sizes, options.seed, self.record)
        faults = Faults(cluster, self.record, [*SERVICES, *STORES], self._say)
        with _tasks(client.run() for client in [*crowd.senders, *crowd.receivers]), _tasks(
            work() for work in [*(receiver.ask for receiver in crowd.receivers), *(s.post for s in crowd.senders)]
        ), _tasks([faults.watch(), self._tell_status(crowd)]):
            await self._until(lambda: all(_has_joined(each) for each in crowd.receivers), "everybody is in")
            with _tasks([*(s.write() for s in crowd.senders), *(r.roam() for r in crowd.roamers)]):
                began = self.record.now()
                await faults.perform(plan(options.seed, self._seconds, self._count), began)
                await asyncio.sleep(max(0.0, began + self._seconds - self.record.now()))
            await self._calm(cluster, crowd)
        await asyncio.to_thread(archive.collect, cluster, crowd.rooms, self.record)

    async def _calm(self, cluster: Cluster, crowd: Crowd) -> None:
        """Everybody settles what is owed, the log drains, and all have read to the end."""
        self._say("the weather clears up")
        await self._until(lambda: not any(len(sender.outbox) for sender in crowd.senders), "all outboxes are empty")
        await self._until(lambda: archive.is_drained(cluster, crowd.rooms), "all is stored", in_thread=True)
        newest = await asyncio.to_thread(archive.newest, cluster)

        def all_read():
            places = ((receiver, room) for receiver in crowd.receivers for room in receiver.places)
            return all(receiver.has_read(room, newest.get(room, 0)) for receiver, room in places)

        for receiver in crowd.receivers:
            receiver.come_back_now()
        await self._until(all_read, "everybody has read everything")

    async def _until(self, condition, what: str, in_thread: bool = False) -> None:
        """What does not come to be in time is told here, and found by the checks."""
        deadline = self.record.now() + SETTLE_SECONDS
        while self.record.now() < deadline:
            if await asyncio.to_thread(condition) if in_thread else condition():
                self._say(what)
                return
            await asyncio.sleep(0.1)
        self._say(f"NOT WITHIN {SETTLE_SECONDS:.0f} s: {what}")

    async def _tell_status(self, crowd: Crowd) -> None:
        while True:
            await asyncio.sleep(STATUS_SECONDS)
            owed = sum(len(sender.outbox) for sender in crowd.senders)
            online = sum(client.link is not None for client in [*crowd.senders, *crowd.receivers])
            reconnects = sum(client.reconnects for client in [*crowd.senders, *crowd.receivers])
            self._say(
                f"-- {len(self.record.wishes)} messages, {owed} owed, {online} online, {reconnects} reconnects,"
                f" {len(self.record.faults)} faults"
            )

    def _read_logs(self, cluster: Cluster) -> None:
        for process, text in cluster.logs().items():
            for secret in cluster.secrets:
                if secret in text:
                    self.record.add(Remark(process, "a secret"))
            for what, pattern in (("a crash", CRASHES), ("what somebody wrote", CONTENTS)):
                if found := pattern.search(text):
                    self.record.add(Remark(process, f"{what}: {found.group()}"))

    def _keep_logs(self, cluster: Cluster) -> None:
        for file in cluster.log_files():
            shutil.copy(file, self._folder)

    def _say(self, text: str) -> None:
        print(f"{self.record.now():7.1f}  {text}", flush=True)


@contextmanager
def _tasks(work):
    """Runs them beside what is in the block, and ends them with it; who failed meanwhile, fails it."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()


def _has_joined(receiver) -> bool:
    return all(place.is_joined for place in receiver.places.values())


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tests/run storm", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, help="the same seed, the same faults (default: a new one)")
    parser.add_argument("--faults", type=int, help=f"how many (default: {FAULTS_PER_MINUTE} a minute)")
    parser.add_argument("--senders", type=int, default=Sizes.senders)
    parser.add_argument("--receivers", type=int, default=Sizes.receivers)
    parser.add_argument("--rooms", type=int, default=Sizes.rooms)
    parser.add_argument(
        "--appendfsync", choices=("always", "everysec"), default="always",
        help="with everysec a SIGKILL of Redis may lose what it held back while a sync was under way (decision 0004)",
    )
    parser.add_argument("--keep", action="store_true", help="keep the record of a storm without violations too")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="check a record again; nothing is started")
    parser.add_argument(
        "--recovery", type=Path, nargs="+", metavar="FOLDER", help="the recovery table of kept storms, as Markdown"
    )
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    return options


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.recovery:
        evidence = [Evidence(Record.load(folder)) for folder in options.recovery]
        print(report.markdown(table([each for storm in evidence for each in recoveries(storm)])))
        return 0
    if options.check:
        settings = json.loads((options.check / "report.json").read_text())["settings"]
        return _judge(Record.load(options.check), settings, options.check, keep=True)
    folder = Path(tempfile.mkdtemp(prefix=f"parley-storm-{options.seed}-"))
    settings = {name: value for name, value in vars(options).items() if name not in ("check", "keep", "recovery")}
    print(f"storm: seed {options.seed}, {options.minutes:g} min, appendfsync {options.appendfsync}", flush=True)
    storm = Storm(options, folder)
    storm.run()
    return _judge(storm.record, settings, folder, options.keep)


def _judge(record: Record, settings: dict, folder: Path, keep: bool) -> int:
    """Checks and reports; what speaks against a promise is kept."""
    violations = check(record)
    result = report.report(record, settings, violations)
    print(report.text(result))
    failed = sum(map(bool, violations.values()))
    if failed or keep:
        (folder / "report.json").write_text(json.dumps(result, indent=2))
        print(f"seed {settings['seed']}; record, logs and report: {folder}")
    else:
        shutil.rmtree(folder)
        print(f"seed {settings['seed']}")
    print(f"{len(violations) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
