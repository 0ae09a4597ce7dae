"""The schedule is drawn from its seed alone, and leaves the cluster a chance."""

import pytest

from schedule import ACTIONS, AT_ONCE, CUTS, TARGETS, plan

SEEDS = range(50)


def test_a_seed_gives_the_same_storm():
    assert plan(7, 600, 70) == plan(7, 600, 70) != plan(8, 600, 70)


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_minutes_hold_every_sort_of_fault(seed):
    planned = plan(seed, 600, 70)
    assert len(planned) >= 70 and planned[-1].at < 600
    assert {(fault.action, fault.target) for fault in planned} == {
        (action, target) for target in TARGETS for action in ACTIONS
    } | {(cut, "redis") for cut in CUTS}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_more_than_two_parts_are_away_at_once_and_none_twice(seed):
    planned = plan(seed, 600, 90)
    for fault in planned:
        away = [other for other in planned if other.at <= fault.at < other.end]
        assert len(away) <= AT_ONCE and len({other.target for other in away}) == len(away)


def test_some_begin_together():
    times = [fault.at for fault in plan(7, 600, 70)]
    assert len(set(times)) < len(times)
