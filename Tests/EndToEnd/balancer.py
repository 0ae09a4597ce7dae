"""The load balancer alone: our configuration of nginx with whatever is wanted behind it."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from cluster import TOP
from ports import claim_port
from rest import Service
from waiting import eventually

SOURCE = TOP / "compose" / "nginx"
NOBODY = "127.0.0.1:1"
TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]


class Balancer:
    """nginx in a folder of its own, with these settings, and one place behind it for all services."""

    def __init__(self, folder: Path, behind: str = NOBODY, **settings: str):
        for file in SOURCE.glob("*.conf"):
            shutil.copy(file, folder)
        subprocess.run(["sh", SOURCE / "settings.sh", folder], env=clean_environment() | settings, check=True)
        port = claim_port()
        (folder / "nginx.conf").write_text(
            # What it runs as has to get into the folder, where large bodies wait.
            ("user root; " if os.geteuid() == 0 else "")
            + f"daemon off; pid {folder}/pid; events {{}} http {{ access_log off; "
            + "include settings.conf; include http.conf; "
            + "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in TEMPORARY)
            + f"server {{ listen 127.0.0.1:{port}; set $inside http; "
            + "".join(f"set ${name} {behind}; " for name in ["gateways", "auth", "history", "presence"])
            + "include routes.conf; } }"
        )
        self.url = f"http://127.0.0.1:{port}"
        self.web = Service(self.url)
        self._process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "log"])
        eventually(lambda: is_listening(port))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def clean_environment() -> dict[str, str]:
    """What a program needs to run; no settings of who has started the tests."""
    return {"PATH": os.environ["PATH"]}


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except ConnectionRefusedError:
        return False
