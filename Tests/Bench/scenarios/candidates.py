"""The servers that a run compares: a Parley cluster, the limit server, and small broadcasters of others' making."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
from cluster import BINARIES, TOP, Cluster
from ports import claim_port

BENCH = BINARIES / "parley-bench"
PEERS = Path(__file__).resolve().parents[1] / "peers"
SECRET = "shared-secret-of-the-bench-0123456789"
#: The peers that are Python's, which speak the raw protocol.
SCRIPTS = {"uws": "uws.py", "websockets": "websockets_peer.py", "fastapi": "fastapi_peer.py"}
START_SECONDS = 20
NAMES, ACCOUNTS = "bench", 20_000


class CannotStart(Exception):
    """A candidate that is not to be had here, with the reason."""


class Parley:
    """A cluster of its own, Redis and PostgreSQL included, on the servers' core."""

    #: Whether it speaks the raw protocol.
    is_raw = False

    def __init__(self, cores, name="parley", gateways=1, eddsa=False, **settings):
        self.name = name
        self._folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
        tokens = {} if eddsa else {"JWT_ALGORITHM": "HS256", "JWT_SECRET": SECRET}
        with machine.on(cores):
            self.cluster = Cluster(gateways=gateways, **{"LIMITS": "off", "SCRYPT_LOG_N": "14"} | tokens | settings)
        #: How the bench comes to tokens.
        self.token_options = self._key() if eddsa else ["--token-secret", SECRET]

    def options(self) -> list[str]:
        """Where it is, how tokens are got, and which processes are it."""
        processes = [
            f"--pid={name}={process['pid']}" for name, process in self.cluster.processes().items() if name != "nginx"
        ]
        urls = ",".join(self.cluster.gateway_urls)
        return ["--peer", "parley", "--url", urls, "--api", self.cluster.auth_url, *self.token_options, *processes]

    def close(self):
        self.cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _key(self) -> list[str]:
        """The cluster's own signing key, so that tokens need no log-in each."""
        query = "SELECT replace(pem, chr(10), '|') FROM auth.signing_keys WHERE algorithm = 'EdDSA' AND retired_at IS NULL"
        file = self._folder / "key.pem"
        file.touch(mode=0o600)
        file.write_text(self.cluster.sql(query)[0][0].replace("|", "\n"))
        # Only who has an account is believed; passwords, which would take hours, are not needed.
        self.cluster.sql(
            "INSERT INTO auth.accounts (handle, name, roles) "
            f"SELECT '{NAMES}-' || n, '{NAMES}-' || n, ARRAY['member'] FROM generate_series(0, {ACCOUNTS - 1}) AS n")
        return ["--token-key", str(file), "--names", NAMES]


class Raw:
    """A process that prints its port and speaks the raw protocol."""

    is_raw = True

    def __init__(self, name, cores, **settings):
        self.name = name
        if name == "limit":
            command = [BENCH, "limit"]
        else:
            command = [environment(), PEERS / SCRIPTS[name], str(claim_port())]
        with machine.on(cores):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | settings)
        self._port = self._process.stdout.readline().strip()
        if not self._port.isdigit():
            self._process.wait(START_SECONDS)
            raise CannotStart(f"{name} does not start: see above")

    def options(self) -> list[str]:
        """Where it is, and which processes are it."""
        return ["--peer", self.name, "--url", f"ws://127.0.0.1:{self._port}", f"--pid={self.name}={self._process.pid}"]

    def close(self):
        self._process.terminate()
        self._process.wait(START_SECONDS)


class Stored(Raw):
    """One that stores what it tells, in a Redis and a PostgreSQL of its own that are set up as Parley's are."""

    STORES = ("redis", "postgres")

    def __init__(self, name, cores):
        environment()
        with machine.on(cores):
            self._cluster = Cluster(gateways=1)
        try:
            for process in self._cluster.processes():
                if process not in self.STORES:
                    self._cluster.stop(process)
            addresses = {"REDIS_URL": f"redis://127.0.0.1:{self._cluster.redis_port}", "DATABASE_URL": self._cluster.database_url}
            super().__init__(name, cores, **addresses)
        except BaseException:
            self._cluster.close()
            raise

    def options(self) -> list[str]:
        return super().options() + [f"--pid={name}={self._cluster.pid(name)}" for name in self.STORES]

    def close(self):
        super().close()
        self._cluster.close()


def environment() -> Path:
    """The Python that has the peers' libraries, made at the first call; it lies in the user's cache."""
    requirements = PEERS / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "parley" / f"bench-{digest}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    for command in ([sys.executable, "-m", "venv", folder], pip):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotStart(f"the peers' libraries cannot be installed: {done.stderr.strip()[-500:]}")
    (folder / "complete").touch()
    return python


def start(name, cores, **settings):
    """Starts a candidate by its name; `settings` are for a cluster."""
    if name in ("parley", "versus"):
        return Parley(cores, name, **settings)
    return Stored(name, cores) if name == "fastapi" else Raw(name, cores)


__all__ = ["BENCH", "CannotStart", "PEERS", "SCRIPTS", "Parley", "Raw", "TOP", "start"]
