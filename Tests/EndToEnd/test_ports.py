import multiprocessing
import socket

import pytest
from ports import claim, give_back

PLACES = range(32_700, 32_760, 20)  # nobody else's: beyond all that is given to clusters


@pytest.fixture
def claimed():
    """Claims one of these places, and gives all back in the end."""
    firsts = []

    def another() -> int:
        firsts.append(claim(PLACES))
        return firsts[-1]

    yield another
    for first in firsts:
        give_back(first)


def elsewhere() -> int | None:
    """What another process is given: None if nothing is left."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_claim)


def _claim() -> int | None:
    try:
        return claim(PLACES)
    except RuntimeError:
        return None


def test_what_is_claimed_is_had_by_one_although_nobody_listens(claimed):
    firsts = {claimed() for _ in PLACES}
    assert firsts == set(PLACES)
    assert elsewhere() is None
    give_back(PLACES[1])
    assert elsewhere() == PLACES[1]
    # It ended with the process that had claimed it.
    assert claimed() == PLACES[1]


def test_where_somebody_listens_nothing_is_claimed(claimed):
    with socket.create_server(("127.0.0.1", PLACES[0] + 7)):
        assert {claimed() for _ in PLACES[1:]} == set(PLACES[1:])
        with pytest.raises(RuntimeError, match="no 20 free ports"):
            claimed()
    assert claimed() == PLACES[0]
