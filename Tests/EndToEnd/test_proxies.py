"""Who stands before nginx: whose word on a client's address and scheme is believed, and that nobody else's is."""

import os
import re
import shutil
import subprocess

import pytest

import people
from balancer import SOURCE, Balancer, clean_environment
from cluster import TOP
from conftest import CHEAP_PASSWORDS
from echo import Echo, heard
from rest import Service

PROXY, STRANGER = "127.0.0.9", "127.0.0.10"
FREE_FAILURES = 5  # of passwords: the next try has to wait


@pytest.fixture(scope="module")
def echo():
    with Echo() as behind:
        yield behind.place


@pytest.fixture(scope="module", params=["", f"{PROXY}, 192.0.2.0/24 ,2001:db8::/32"], ids=["no proxies", "proxies"])
def edge(request, echo, tmp_path_factory):
    """nginx before the echo, and whether it has proxies."""
    balancer = Balancer(tmp_path_factory.mktemp("nginx"), echo, TRUSTED_PROXIES=request.param)
    yield balancer.url, bool(request.param)
    balancer.close()


@pytest.mark.parametrize(
    ("source", "said", "believed"),
    [
        (PROXY, "198.51.100.1", "198.51.100.1"),
        # What the client says of itself stands further left.
        (PROXY, "203.0.113.5, 198.51.100.1", "198.51.100.1"),
        (PROXY, "203.0.113.5, 198.51.100.1, 192.0.2.7", "198.51.100.1"),
        (PROXY, "2001:db9::1, 2001:db8::5", "2001:db9::1"),
        (PROXY, "198.51.100.1:40000", "198.51.100.1"),
        (PROXY, None, PROXY),
        (PROXY, "nonsense", PROXY),
        (STRANGER, "198.51.100.1", STRANGER),
        (STRANGER, f"198.51.100.1, {PROXY}", STRANGER),
    ],
)
def test_the_address_of_the_client_is_that_of_who_is_trusted(edge, source, said, believed):
    url, has_proxies = edge
    headers = {"X-Forwarded-For": said} if said else {}
    came = heard(Service(url, source).get("/", headers=headers))
    addresses = [value for name, value in came if name.lower() == "x-forwarded-for"]
    assert addresses == [believed if has_proxies else source]


@pytest.mark.parametrize(
    ("source", "said", "believed"),
    [(PROXY, "https", "https"), (PROXY, "http", "http"), (PROXY, "gopher", "http"), (PROXY, None, "http"),
     (STRANGER, "https", "http")],
)
def test_the_scheme_of_the_client_too(edge, source, said, believed):
    url, has_proxies = edge
    headers = {"X-Forwarded-Proto": said} if said else {}
    came = heard(Service(url, source).get("/", headers=headers))
    schemes = [value for name, value in came if name.lower() == "x-forwarded-proto"]
    assert schemes == [believed if has_proxies else "http"]


def test_services_trust_nginx_whatever_stands_before_it():
    for named, trusted in (("", "127.0.0.0/8,"), (None, "127.0.0.0/8,"), (PROXY, f"127.0.0.1,{PROXY}")):
        environment = clean_environment() | ({} if named is None else {"TRUSTED_PROXIES": named})
        script = 'source "$0" && trusted_by_services'
        done = subprocess.run(
            ["bash", "-euc", script, TOP / "compose/lib/services.sh"], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(trusted), named


def test_what_is_no_list_of_addresses_gets_into_no_configuration(tmp_path):
    environment = clean_environment() | {"TRUSTED_PROXIES": "10.0.0.1; include /etc/passwd"}
    done = subprocess.run(["sh", SOURCE / "settings.sh", tmp_path], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "TRUSTED_PROXIES" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_container_starts_with_what_follows_from_its_settings(tmp_path):
    """start.sh, with an nginx that only looks whether it can take the configuration."""
    programs, folder = tmp_path / "programs", tmp_path / "parley"
    programs.mkdir()
    (programs / "nginx").write_text(f'#!/bin/sh\nexec {shutil.which("nginx")} -t -p {tmp_path} "$@"\n')
    (programs / "nginx").chmod(0o755)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "TRUSTED_PROXIES": "172.16.0.0/12"}
    done = subprocess.run(["sh", SOURCE / "start.sh", folder], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "syntax is ok" in done.stderr, done.stderr
    assert "set_real_ip_from 172.16.0.0/12;" in (folder / "settings.conf").read_text()


def test_the_container_of_nginx_gets_the_settings_that_it_heeds():
    heeded = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", (SOURCE / "settings.sh").read_text()))
    nginx = (TOP / "compose" / "compose.yaml").read_text().partition("\n  nginx:\n")[2].partition("\n    command:")[0]
    given = set(re.findall(r"^ {6}([A-Z_]+):$", nginx, re.MULTILINE))
    assert heeded <= given and {"TRUSTED_PROXIES", "ALLOWED_ORIGINS"} <= heeded


# ---- with the services behind it ----


@pytest.fixture(scope="module")
def behind_a_proxy(running):
    yield from running(**CHEAP_PASSWORDS, TRUSTED_PROXIES=PROXY)


def tried(cluster, source: str, client: str, name: str) -> int:
    """The status that a wrong password gets, sent from `source` as if it were by `client`."""
    body = {"username": name, "password": "wrong password"}
    return Service(cluster.url, source).call("POST", "/auth/login", body, headers={"X-Forwarded-For": client}).status


def test_clients_behind_a_proxy_do_not_lock_each_other_out(behind_a_proxy):
    name = people.register(behind_a_proxy).name
    assert [tried(behind_a_proxy, PROXY, "198.51.100.1", name) for _ in range(FREE_FAILURES + 1)][-1] == 429
    assert tried(behind_a_proxy, PROXY, "198.51.100.2", name) == 401
    # Who is no proxy counts as themselves, whoever they say that they are.
    assert tried(behind_a_proxy, STRANGER, "198.51.100.1", name) == 401
    others = [tried(behind_a_proxy, STRANGER, f"198.51.100.{number}", name) for number in range(10, 10 + FREE_FAILURES)]
    assert others[-1] == 429


def test_without_proxies_nobody_is_believed(cluster):
    name = people.register(cluster).name
    tries = [tried(cluster, "127.0.0.1", f"198.51.100.{number}", name) for number in range(FREE_FAILURES + 1)]
    assert tries == [401] * FREE_FAILURES + [429]
