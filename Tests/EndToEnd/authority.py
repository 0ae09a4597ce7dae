"""A certificate authority of the tests' own, by the openssl command line."""

import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass
class Certificate:
    """Two PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Its files lie in `folder`, its own certificate in `file`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "ca.pem"
        _openssl(
            "req", "-x509", "-subj", "/CN=Test authority", "-days", "2", "-keyout", folder / "ca.key", *NEW_KEY,
            "-out", self.file,
        )

    def issue(self, name: str, names: str = "IP:127.0.0.1,DNS:localhost", days: int = 2) -> Certificate:
        """A certificate for `names`, as files of this name; what had the name before is replaced."""
        made = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.extensions"
        extensions.write_text(f"subjectAltName={names}\nbasicConstraints=critical,CA:FALSE\n")
        _openssl("req", "-new", "-subj", f"/CN={name}", "-keyout", made.key, "-out", request, *NEW_KEY)
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.folder / "ca.key", "-days", days,
            "-set_serial", secrets.randbits(60) + 1, "-extfile", extensions, "-out", made.certificate,
        )
        return made


def _openssl(*arguments) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=20)
