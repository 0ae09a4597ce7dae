"""What the containers of `compose/` run besides the services, tried without an engine."""

import os
import re
import shutil
import subprocess

import pytest

from balancer import SOURCE, clean_environment
from cluster import TOP

COMPOSE = TOP / "compose"


@pytest.fixture
def path_with(tmp_path):
    """A PATH on which a program of this name is what the text says."""
    programs = tmp_path / "programs"
    programs.mkdir()

    def make(name: str, text: str) -> str:
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
        return f"{programs}:{os.environ['PATH']}"

    return make


@pytest.mark.parametrize(("allowed", "connections"), [(1_000, 500), (4_000, 2_000)])
def test_nginx_has_as_many_connections_as_it_may_have_files(path_with, tmp_path, allowed, connections):
    folder = tmp_path / "parley"
    path = path_with("nginx", f'exec {shutil.which("nginx")} -t -p {tmp_path} "$@"')
    command = f'ulimit -n {allowed} && exec sh "{SOURCE / "start.sh"}" "{folder}"'
    done = subprocess.run(
        ["sh", "-c", command], env={"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "syntax is ok" in done.stderr, done.stderr
    assert f"worker_connections {connections};" in (folder / "files.conf").read_text()


@pytest.mark.parametrize(
    ("answer", "is_healthy"),
    [("PONG", True), ("LOADING Redis is loading the dataset in memory", False), ("MASTERDOWN …", False), ("", False)],
)
def test_redis_is_healthy_when_it_says_so(path_with, answer, is_healthy):
    """redis-cli ends with 0 whatever Redis answers."""
    (check,) = re.findall(r'\["CMD-SHELL", "(redis-cli [^"]+)"\]', (COMPOSE / "compose.yaml").read_text())
    path = path_with("redis-cli", f"echo '{answer}'")
    assert (subprocess.run(["sh", "-c", check], env={"PATH": path}, check=False).returncode == 0) == is_healthy


class Secrets:
    """The volumes, and the script that fills them."""

    def __init__(self, folder):
        self.folder = folder
        for volume in ("database", "admin"):
            (folder / volume).mkdir()

    def make(self, **environment: str) -> int:
        return subprocess.run(
            ["sh", COMPOSE / "make-secrets.sh", self.folder], env=clean_environment() | environment,
            capture_output=True, check=False,
        ).returncode

    def texts(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.folder.glob("*/*")}


@pytest.fixture
def secrets(tmp_path):
    return Secrets(tmp_path)


def test_secrets_are_made_once(secrets):
    assert secrets.make() == 0
    made = secrets.texts()
    assert len(made["admin-password"]) == 48 and made["database-password"] in made["database-url"]
    assert secrets.make(ADMIN_PASSWORD="too late for this") == 0 and secrets.texts() == made


def test_the_first_administrator_gets_the_password_that_is_given(secrets):
    assert secrets.make(ADMIN_PASSWORD="short") == 2 and "admin-password" not in secrets.texts()
    assert secrets.make(ADMIN_PASSWORD="$ecret of mine") == 0
    assert secrets.texts()["admin-password"] == "$ecret of mine"
    assert secrets.make() == 0 and secrets.texts()["admin-password"] == "$ecret of mine"
