"""The outbox: nothing is forgotten, nothing overtakes what waits."""

from outbox import PATIENCE_SECONDS, STORED_PATIENCE_SECONDS, WINDOW, Outbox
from record import Wish


def filled(*keys: str, ack: str = "accepted", room: str = "r") -> Outbox:
    outbox = Outbox()
    for key in keys:
        outbox.put(Wish(0.0, "ann", room, key, key, ack))
    return outbox


def keys(owed) -> list[tuple[str, bool]]:
    return [(each.wish.key, each.must_retry) for each in owed]


def test_each_is_sent_once_and_settled_by_its_ack():
    outbox = filled("a", "b")
    assert keys(outbox.due(0)) == [("a", False), ("b", False)]
    assert outbox.due(1) == []
    outbox.accepted("a")
    outbox.accepted("a")
    assert len(outbox) == 1 and [wish.key for wish in outbox.settled] == ["a"]


def test_what_was_under_way_on_a_lost_connection_is_sent_again_first():
    outbox = filled("a", "b")
    outbox.due(0)
    outbox.accepted("a")
    outbox.lost()
    outbox.put(Wish(0.0, "ann", "r", "c", "c"))
    assert keys(outbox.due(1)) == [("b", True), ("c", False)]


def test_nothing_overtakes_a_refused_message_in_its_room():
    outbox = filled("a", "b")
    outbox.due(0)
    outbox.accepted("b")
    outbox.refused("a", until=5)
    outbox.put(Wish(0.0, "ann", "r", "c", "c"))
    outbox.put(Wish(0.0, "ann", "other", "d", "d"))
    assert keys(outbox.due(1)) == [("d", False)]
    assert keys(outbox.due(5)) == [("a", True), ("c", False)]


def test_no_more_than_a_window_is_under_way():
    outbox = filled(*map(str, range(WINDOW + 2)))
    assert len(outbox.due(0)) == WINDOW
    outbox.accepted("0")
    assert keys(outbox.due(0)) == [(str(WINDOW), False)]


def test_without_an_answer_it_is_sent_again():
    outbox = filled("a")
    outbox.due(0)
    assert outbox.due(PATIENCE_SECONDS) == []
    assert keys(outbox.due(PATIENCE_SECONDS + 1)) == [("a", True)]


def test_one_that_shall_be_stored_waits_for_that():
    outbox = filled("a", ack="stored")
    outbox.due(0)
    outbox.accepted("a")
    assert len(outbox) == 1 and outbox.due(STORED_PATIENCE_SECONDS) == []
    assert keys(outbox.due(STORED_PATIENCE_SECONDS + 1)) == [("a", True)]
    outbox.stored("a")
    assert len(outbox) == 0
