"""Clusters that the tests share, people who are unique to a test, and the services' logs where one fails."""

import pytest

import chromium
import people
from cluster import Cluster

CHEAP_PASSWORDS = {"SCRYPT_LOG_N": "14"}
_running: list[Cluster] = []
_log_sizes = pytest.StashKey[list]()


def pytest_configure(config):
    config.addinivalue_line("markers", "page: uses the page in a headless browser")


@pytest.fixture(scope="session")
def cluster():
    """Two gateways as they come: tokens by EdDSA, all limits on."""
    yield from _cluster(**CHEAP_PASSWORDS)


@pytest.fixture(scope="session")
def open_cluster():
    """Two gateways without limits, whose tokens the tests make themselves; no token in the address."""
    yield from _cluster(
        **CHEAP_PASSWORDS, JWT_ALGORITHM="HS256", JWT_SECRET=people.SECRET, LIMITS="off",
        ALLOW_QUERY_TOKEN="off", ALLOWED_ORIGINS="https://chat.example,https://other.example:8443",
    )


@pytest.fixture(scope="session")
def forgetful_cluster():
    """As `open_cluster`, but Redis keeps little of a room's log, and only for some seconds: the archive has to answer."""
    yield from _cluster(
        **CHEAP_PASSWORDS, JWT_ALGORITHM="HS256", JWT_SECRET=people.SECRET, LIMITS="off",
        RECENT_SECONDS="1", RECENT_KEEP="100",
    )


@pytest.fixture(scope="session")
def running():
    """For a cluster of a module's own: `yield from running(SETTING="…")`."""
    return _cluster


def _cluster(**settings):
    cluster = Cluster(**settings)
    _running.append(cluster)
    yield cluster
    _running.remove(cluster)
    cluster.close()


@pytest.fixture(scope="module")
def browsers():
    """Two browsers, Alice's and Bob's, for a module of page tests."""
    opened = [chromium.Browser("alice"), chromium.Browser("bob")]
    yield opened
    for browser in opened:
        browser.close()


@pytest.fixture
def person(cluster):
    """Makes accounts: `person()`, `person("alice")`."""
    return lambda word="user": people.register(cluster, word)


@pytest.fixture
def guest(open_cluster):
    """Makes people of the cluster without limits; keywords are claims of their token."""
    return lambda word="user", **claims: people.mint(open_cluster, word, **claims)


@pytest.fixture
def pair(person):
    """Two people, each connected to a gateway of their own and joined to one new public room."""
    return _pair(person("alice"), person("bob"))


@pytest.fixture
def open_pair(guest):
    """As `pair`, without limits."""
    return _pair(guest("alice"), guest("bob"))


class Pair:
    """Alice on the first gateway, Bob on the second, both in `room`."""

    def __init__(self, alice, bob):
        self.alice, self.bob = alice, bob
        self.room = alice.create_room()
        self.on_a, self.on_b = alice.connect(0), bob.connect(1)
        self.on_a.join(self.room)
        self.on_b.join(self.room)

    def __iter__(self):
        return iter((self.on_a, self.on_b, self.room))


def _pair(alice, bob) -> Pair:
    return Pair(alice, bob)


def pytest_runtest_setup(item):
    item.stash[_log_sizes] = [(cluster, cluster.log_sizes()) for cluster in _running]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        sizes = dict(item.stash.get(_log_sizes, []))
        for cluster in _running:
            if logs := cluster.logs_since(sizes.get(cluster, {})):
                report.sections.append((f"logs of port {cluster.base}", logs))
    return report
