"""Recovery is counted from the fault until the last message that it disturbed has arrived."""

from checks.evidence import Evidence
from record import Fault, Record
from records import Conversation
from recovery import AT_ONCE, recoveries, table


def conversation(delay: float, *faults: Fault) -> Record:
    """Four messages at once; the last one's ack, delivery and commit come after `delay`."""
    made = Conversation()
    for entry in made.entries:
        if any(f'"{name}4"' in getattr(entry, "text", "") for name in ("id", "k")) and not getattr(entry, "sent", True):
            entry.at += delay
    return Record([*made.entries, *faults])


def test_a_fault_that_nobody_noticed():
    (found,) = recoveries(Evidence(conversation(0.0, Fault(0.5, "kill", ["gateway-2"], 1.5))))
    assert (found.kind, found.acknowledged, found.delivered, found.stored) == ("kill gateway", None, None, None)
    (row,) = table([found])
    assert row["delivered"] == {"p50": 0.0, "max": 0.0} and row["count"] == 1


def test_the_last_disturbed_message_counts():
    (found,) = recoveries(Evidence(conversation(10.0, Fault(0.5, "kill", ["redis"], 3.5))))
    assert 10 < found.acknowledged < found.stored < found.delivered < 12
    assert found.since_return("delivered") == found.delivered - 3.0


def test_a_later_fault_does_not_answer_for_what_was_wished_before_it():
    later = Fault(8.0, "kill", ["auth"], 8.5)
    first, second = recoveries(Evidence(conversation(10.0, Fault(0.5, "kill", ["redis"], 3.5), later)))
    assert first.delivered is not None and second.delivered is None


def test_two_at_once_are_not_told_apart():
    faults = (Fault(0.5, "kill", ["redis"], 3.5), Fault(0.5, "pause", ["history"], 3.0))
    assert {found.kind for found in recoveries(Evidence(conversation(10.0, *faults)))} == {AT_ONCE}
