"""A further instance of a service, beside the one that compose/local has started."""

import os
import signal
import subprocess
from pathlib import Path

from process import pause, resume
from rest import Service
from waiting import eventually

PATIENCE = 30


class Instance:
    """A process with a port and a log file of its own; all else it shares with the first of its kind."""

    def __init__(self, name: str, binary: Path, port: int, environment: dict[str, str], log: Path):
        self.name = name
        self.url = f"{'https' if environment.get('TLS_CERT') else 'http'}://127.0.0.1:{port}"
        self._binary, self._log = binary, log
        self._environment = environment | {"HOST": "127.0.0.1", "PORT": str(port)}
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self.is_running else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the last run ended; None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Returns when it is ready; starting what runs is fine."""
        self.begin()
        eventually(self._is_ready, PATIENCE, what=f"{self.name} is ready")

    def begin(self) -> None:
        """As `start`, without waiting."""
        if not self.is_running:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [self._binary], env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM: returns when it has ended; one that is paused is woken to hear it."""
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """SIGHUP: it reads again what may change while it runs."""
        os.kill(self._process.pid, signal.SIGHUP)

    def tell_to_end(self) -> None:
        """SIGTERM, without waiting for what comes of it."""
        os.kill(self._process.pid, signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: it is there, and does nothing."""
        pause(self._process.pid)

    def resume(self) -> None:
        """SIGCONT."""
        resume(self._process.pid)

    def _is_ready(self) -> bool:
        assert self.is_running, f"{self.name} ended while it was starting: see {self._log}"
        try:
            return Service(self.url).get("/readyz").status == 200
        except OSError:
            return False

    def _end(self, by: signal.Signals) -> None:
        if not self.is_running:
            return
        os.kill(self._process.pid, by)
        os.kill(self._process.pid, signal.SIGCONT)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
