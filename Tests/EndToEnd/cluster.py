"""A real cluster of its own: compose/local on free ports with data in a temporary folder."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import process
from instance import Instance
from ports import claim_block, give_back
from rest import Service
from waiting import eventually

TOP = Path(__file__).resolve().parents[2]
LOCAL = TOP / "compose" / "local"
BINARIES = Path(os.environ.get("PARLEY_BIN") or TOP / ".build" / "release")
SPAWNED = 1  # where the ports of further instances begin; test_tls.py uses some from 60 on, compose/local 0 and from 78 on
START_SECONDS = 900  # a first `up` may have to build


class Cluster:
    """Redis, PostgreSQL, nginx and the four services, started with `settings`."""

    def __init__(self, gateways: int = 2, **settings: str):
        self.base = claim_block()
        self._settings = settings
        #: Of each gateway: two, however many cores there are, as what holds between gateways holds between loops of one.
        self.loops = int(os.environ.get("LOOPS", "2"))
        self._instances: dict[str, Instance] = {}
        # PostgreSQL runs under an account of its own, which has to pass through this folder.
        self.folder = Path(tempfile.mkdtemp(prefix="parley-e2e-"))
        self.folder.chmod(0o755)
        #: What must never stand in a log: passwords, tokens, tickets and contents that tests have used.
        self.secrets: set[str] = set()
        try:
            self.local("up", "--gateways", str(gateways), "--detach", "--no-install", patience=START_SECONDS)
        except BaseException:
            self.close()
            raise
        urls = {name: process["url"] for name, process in self.processes().items()}
        self.url = urls["nginx"]
        self.gateway_urls = [urls[f"gateway-{number + 1}"] for number in range(gateways)]
        self.auth_url, self.history_url, self.presence_url = urls["auth"], urls["history"], urls["presence"]
        self.database_url = urls["postgres"]
        self.redis_port = int(urls["redis"].rsplit(":", 1)[1])
        self.web = Service(self.url)
        self.auth, self.history, self.presence = map(Service, (self.auth_url, self.history_url, self.presence_url))

    def local(self, *arguments: str, patience: float = 120, **environment: str) -> str:
        """Runs compose/local for this cluster and returns what it answers."""
        done = subprocess.run(
            [LOCAL, *arguments], env=self.environment() | environment, capture_output=True, text=True,
            timeout=patience, check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"compose/local {' '.join(arguments)}: {done.returncode}\n{done.stderr[-4000:]}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        own = {"PORT_BASE": str(self.base), "PARLEY_DATA": str(self.folder), "LOOPS": str(self.loops)}
        return os.environ | own | self._settings

    # ---- processes ----

    def processes(self) -> dict[str, dict]:
        """Name to `{"name","pid","url","state"}`."""
        return {process["name"]: process for process in json.loads(self.local("status", "--json"))["processes"]}

    def spawn(self, service: str, **settings: str) -> Instance:
        """One more instance of a service, on the same Redis and PostgreSQL: `history-2` is the second.

        It ends with the cluster.
        """
        first = len(self.gateway_urls) if service == "gateway" else 1
        number = first + 1 + sum(name.startswith(f"{service}-") for name in self._instances)
        name = f"{service}-{number}"
        environment = self.environment() | {
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}", "DATABASE_URL": self.database_url, "GATEWAY_ID": name,
        } | settings
        log = self.folder / str(self.base) / "log" / f"{name}.log"
        port = self.base + SPAWNED + len(self._instances)
        self._instances[name] = Instance(name, BINARIES / service, port, environment, log)
        self._instances[name].start()
        return self._instances[name]

    def start(self, name: str, **environment: str) -> None:
        """Returns when it is ready."""
        if instance := self._instances.get(name):
            instance.start()
        else:
            self.local("start", name, **environment)

    def stop(self, name: str) -> None:
        """SIGTERM (PostgreSQL: SIGINT). Returns when it has ended."""
        if instance := self._instances.get(name):
            instance.stop()
        else:
            self.local("stop", name)

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye. Returns when it has ended; `start` begins it anew."""
        if instance := self._instances.get(name):
            instance.kill()
            return
        os.kill(self.pid(name), signal.SIGKILL)
        eventually(lambda: self.processes()[name]["state"] == "died", what=f"{name} has died")

    def pause(self, name: str) -> None:
        """SIGSTOP: it is there, its connections too, and nothing moves until `resume`."""
        process.pause(self.pid(name))

    def resume(self, name: str) -> None:
        """SIGCONT."""
        process.resume(self.pid(name))

    def pid(self, name: str) -> int:
        """Of the process that runs under this name."""
        instance = self._instances.get(name)
        pid = instance.pid if instance else self.processes()[name]["pid"]
        assert pid is not None, f"{name} does not run"
        return pid

    def await_ready(self, patience: float = 30) -> None:
        """Waits until every service has found what it needs again."""
        urls = [*self.gateway_urls, self.auth_url, self.history_url, self.presence_url]
        for url in urls:
            eventually(lambda url=url: Service(url).get("/readyz").status == 200, patience, what=f"{url} is ready")

    def restart_all(self) -> None:
        """Stops everything but spawned instances and starts it again, the data staying."""
        count = str(len(self.gateway_urls))
        self.local("down")
        self.local("up", "--gateways", count, "--detach", "--no-install", patience=START_SECONDS)

    def close(self) -> None:
        """Stops everything and forgets the data."""
        try:
            for instance in self._instances.values():
                instance.kill()
            self.local("down", "--wipe")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            give_back(self.base)

    # ---- looking inside, as an operator does ----

    def redis(self, *command: str) -> str:
        """The answer of redis-cli."""
        return _output(["redis-cli", "-p", str(self.redis_port), *command]).rstrip("\n")

    def sql(self, query: str) -> list[list[str]]:
        """The rows of a query, as texts."""
        text = _output(["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.database_url, "-c", query])
        return [line.split("\t") for line in text.splitlines()]

    def log_files(self) -> list[Path]:
        return sorted(self.folder.glob("*/log/*.log"))

    def logs(self) -> dict[str, str]:
        """Name to all that the process has written."""
        return {file.stem: file.read_text(errors="replace") for file in self.log_files()}

    def log_sizes(self) -> dict[Path, int]:
        """Where the logs end now: what `logs_since` starts from."""
        return {file: file.stat().st_size for file in self.log_files()}

    def logs_since(self, sizes: dict[Path, int], lines: int = 30) -> str:
        """The last lines that each process has written since then."""
        parts = []
        for file in self.log_files():
            with file.open("rb") as log:
                log.seek(sizes.get(file, 0))
                written = log.read().decode(errors="replace").splitlines()[-lines:]
            if written:
                parts.append(f"==> {file.stem} <==\n" + "\n".join(written))
        return "\n".join(parts)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr}")
    return done.stdout
