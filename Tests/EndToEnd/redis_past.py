"""A Redis that knows less than it did: its file set back, or a replica promoted that had been cut off."""

import shutil
import subprocess
from pathlib import Path

from line import Line
from partition import tag
from waiting import eventually

CONF = Path(__file__).resolve().parents[2] / "compose" / "redis.conf"


def forget_keys(cluster, room: str) -> None:
    """Takes from Redis what it would have forgotten after twenty minutes: the keys it has accepted, and that there were any."""
    key = f"{tag(room)}:room:{room}"
    cluster.redis("DEL", f"{key}:seen:0", f"{key}:seen:1")
    cluster.redis("HDEL", key, "seen", "ready")


def copy_file(cluster) -> Path:
    """A copy of the append-only file as it is now; Redis goes on writing, and a cut last command is left out on loading."""
    copy = cluster.folder / "redis-past"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(_file(cluster), copy)
    return copy


def set_back(cluster, copy: Path) -> None:
    """Ends Redis and starts it with that copy."""
    cluster.kill("redis")
    shutil.rmtree(_file(cluster))
    shutil.copytree(copy, _file(cluster))
    cluster.start("redis")


def _file(cluster) -> Path:
    return cluster.folder / str(cluster.base) / "redis" / "appendonlydir"


class Replica:
    """A replica that follows the cluster's Redis through a relay of ours.

    Cutting the relay is a cut of the line: what the primary writes afterwards goes nowhere, however little it is. A
    replica that is only stopped would find it in its socket's buffer (see the design's traps), and a firewall needs
    rights that not every machine gives.
    """

    def __init__(self, cluster):
        self._cluster = cluster
        self._line = Line(cluster.redis_port)
        self.port = cluster.base + 99
        self._folder = cluster.folder / "replica"
        self._folder.mkdir()
        command = ["redis-server", CONF, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder]
        command += ["--replicaof", f"127.0.0.1 {self._line.port}"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def await_sync(self) -> None:
        """Returns when it has all that the primary has at this moment."""

        def has_all():
            theirs = self._offset(self._cluster.redis_port)
            return "master_link_status:up" in self._info(self.port) and self._offset(self.port) >= theirs

        eventually(has_all, what="the replica has caught up")

    def cut(self) -> None:
        self._line.cut()

    def promote(self) -> None:
        """Makes it the primary, at the address of the one that has died."""
        self._cli("REPLICAOF", "NO", "ONE")
        self._cli("CONFIG", "SET", "port", str(self._cluster.redis_port))
        self.port = self._cluster.redis_port

    def end(self) -> None:
        self._line.cut()
        self._process.kill()
        self._process.wait(10)

    def _cli(self, *command: str) -> str:
        return _ask(self.port, *command)

    def _info(self, port: int) -> str:
        return _ask(port, "INFO", "replication")

    def _offset(self, port: int) -> int:
        lines = dict(line.split(":", 1) for line in self._info(port).splitlines() if ":" in line)
        return int(lines.get("slave_repl_offset") or lines.get("master_repl_offset") or 0)


def _ask(port: int, *command: str) -> str:
    done = subprocess.run(["redis-cli", "-p", str(port), *command], capture_output=True, text=True, timeout=10, check=False)
    return done.stdout
