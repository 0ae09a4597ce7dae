"""A check that cannot fail is worth nothing: each sort of violation is found, and nothing where nothing is wrong."""

import json
from collections.abc import Callable

import pytest

from checks import CHECKS, check
from record import Death, Leftover, Record, Remark
from records import ROOM, Conversation, envelope, row

ACKNOWLEDGED, UNIQUE, AGREEMENT, ORDER, UNION, RESUMING, SENDERS, REFUSALS, PROCESSES, CLOSING = CHECKS


def found(record: Record) -> dict[str, list[str]]:
    return {promise: violations for promise, violations in check(record).items() if violations}


def bent(bend: Callable[[Conversation], None], count: int = 4) -> dict[str, list[str]]:
    conversation = Conversation(count)
    bend(conversation)
    return found(conversation.record())


def test_a_conversation_without_faults_violates_nothing():
    assert bent(lambda c: None) == {}


# ---- promises 2 and 3: acknowledged, once, with the same numbers ----


def test_an_acknowledged_message_that_the_archive_lacks():
    assert ACKNOWLEDGED in bent(lambda c: c.rows.pop(4))


def test_a_wish_that_was_never_answered():
    violations = bent(lambda c: c.wish(5))[ACKNOWLEDGED]
    assert len(violations) == 2 and "message_sent" in violations[0] and "message_stored" in violations[1]


def test_a_message_stored_that_never_came():
    def bend(c):
        c.entries = [entry for entry in c.entries if '"message_stored"' not in getattr(entry, "text", "")]

    assert len(bent(bend)[ACKNOWLEDGED]) == 4


@pytest.mark.parametrize(
    "second",
    [
        row(5, id="id4", key="k5"),
        row(5, key="k4"),
        row(4, "e2", id="id5", key="k5"),
    ],
    ids=["an id", "a key", "a seq in another epoch"],
)
def test_what_stands_twice_in_the_archive(second):
    assert UNIQUE in bent(lambda c: c.rows.update({99: second}))


def test_one_place_that_was_given_to_two():
    def bend(c):
        c.deliver(4, connection=3, id="other")

    conversation = Conversation()
    conversation.reconnect(3)
    bend(conversation)
    assert UNIQUE in found(conversation.record())


def test_a_key_that_was_accepted_as_new_twice():
    assert set(bent(lambda c: c.ack("message_sent", 4))) == {UNIQUE}
    assert bent(lambda c: c.ack("message_sent", 4, duplicate=True)) == {}


@pytest.mark.parametrize(
    "numbers", [{"seq": 3, "id": "id3", "key": "k4"}, {"seq": 4, "epoch": "e0"}, {"seq": 4, "id": "other"}]
)
def test_two_acks_of_one_key_with_other_numbers(numbers):
    assert AGREEMENT in bent(lambda c: c.ack("message_sent", duplicate=True, **numbers))


@pytest.mark.parametrize("other", [{"content": "bent"}, {"id": "other"}, {"epoch": "e0"}])
def test_an_envelope_that_differs_from_the_archive(other):
    conversation = Conversation()
    conversation.reconnect(3)
    conversation.deliver(4, connection=3, **other)
    assert AGREEMENT in found(conversation.record())


def test_an_envelope_with_other_bytes_than_in_the_archive():
    conversation = Conversation()
    conversation.reconnect(3)
    conversation.frame(3, False, envelope(4).replace(", ", ","))
    assert found(conversation.record()).keys() == {AGREEMENT}


def test_a_recent_log_that_differs_from_the_archive():
    assert bent(lambda c: c.recent(4)) == {}
    assert AGREEMENT in bent(lambda c: c.recent(4, content="bent"))
    assert AGREEMENT in bent(lambda c: c.recent(5))


def test_a_row_that_nobody_wished():
    assert AGREEMENT in bent(lambda c: c.rows.update({5: row(5)}))


def test_a_row_whose_columns_differ_from_its_envelope():
    def bend(c):
        c.rows[4].envelope = envelope(4, content="bent")

    assert AGREEMENT in bent(bend)


# ---- promise 1: order ----


def resumed(seq: int, *steps: Callable[[Conversation], None], **joined) -> dict[str, list[str]]:
    """Bob comes back on connection 3 with what he had up to `seq`, and gets these."""
    conversation = Conversation()
    conversation.reconnect(3)
    epoch = joined.pop("asked", "e1")
    conversation.ask_to_join(3, since={"epoch": epoch, "seq": seq})
    conversation.joined(4, 3, **({"recovered": True} | joined))
    for step in steps:
        step(conversation)
    return found(conversation.record())


def started_anew(*steps: Callable[[Conversation], None]) -> dict[str, list[str]]:
    """Bob comes back with a place of which the room knows nothing."""
    return resumed(1, *steps, asked="nowhere", recovered=False)


def given(seq: int, **more):
    return lambda c: c.deliver(seq, 3, **more)


def gap(first: int, last: int, epoch: str = "e1"):
    return lambda c: c.tell("gap", 3, epoch=epoch, from_seq=first, to_seq=last)


def new_epoch(first: int, previous: int, previous_epoch: str = "e1"):
    return lambda c: c.tell(
        "room_epoch", 3, epoch="e2", first_seq=first, previous_epoch=previous_epoch, previous_seq=previous
    )


def test_a_resume_goes_on_where_it_was():
    assert resumed(2, given(3), given(4)) == {}


@pytest.mark.parametrize(
    "steps",
    [
        [given(4)],
        [given(3), given(3)],
        [given(4), given(3)],
        [given(2), given(3)],
        [gap(4, 4)],
        [gap(3, 2)],
        [gap(3, 3), given(3)],
        [new_epoch(100, 4)],
        [given(3), new_epoch(3, 3)],
        [given(3), new_epoch(100, 3, "e0")],
    ],
    ids=[
        "a hole", "a duplicate", "another order", "what was had before", "a gap that leaves a hole", "an empty gap",
        "what a gap said cannot be given", "an epoch before the end of the last", "an epoch that goes back",
        "an epoch after another one",
    ],
)
def test_an_order_that_is_not_the_promised_one(steps):
    assert ORDER in resumed(2, *steps)


def test_a_gap_that_is_told_is_no_hole():
    assert resumed(2, gap(3, 3), given(4)) == {}


def test_a_new_epoch_must_be_announced():
    def with_new_epoch(*steps):
        conversation = Conversation()
        for step in steps:
            step(conversation)
        conversation.wish(100)
        conversation.ack("message_sent", 100, epoch="e2")
        conversation.ack("message_stored", 100, epoch="e2")
        conversation.deliver(100, epoch="e2")
        conversation.rows[100] = row(100, "e2")
        return found(conversation.record())

    assert with_new_epoch().keys() == {ORDER}
    announced = with_new_epoch(
        lambda c: c.tell("room_epoch", epoch="e2", first_seq=100, previous_epoch="e1", previous_seq=4)
    )
    assert announced == {}
    assert with_new_epoch(
        lambda c: c.tell("room_epoch", epoch="e2", first_seq=99, previous_epoch="e1", previous_seq=4)
    ).keys() == {ORDER}


def test_recent_envelopes_may_begin_anywhere_and_end_at_the_newest():
    assert started_anew(given(3), given(4)) == {}
    assert started_anew() == {}
    assert ORDER in started_anew(given(2), given(4))
    assert ORDER in started_anew(given(3), given(3))


def test_live_envelopes_go_on_from_where_the_recent_ones_should_have_ended():
    def next_one(c):
        c.say(5)
        c.rows[5] = row(5)
        c.deliver(5, 3)

    assert started_anew(given(4), next_one) == {}
    assert ORDER in started_anew(given(3), next_one)


def test_a_new_epoch_after_the_recent_envelopes():
    def stands_in_new_epoch(conversation):
        conversation.joined(99, 3, epoch="e2", recovered=False)

    assert started_anew(stands_in_new_epoch, given(3), given(4), new_epoch(100, 4)) == {}
    assert ORDER in started_anew(stands_in_new_epoch, given(3), given(4), new_epoch(101, 4))
    assert ORDER in started_anew(stands_in_new_epoch, given(3), given(4), new_epoch(100, 3))
    assert ORDER in started_anew(stands_in_new_epoch, given(3), given(4), new_epoch(100, 4), new_epoch(100, 4))


def test_a_new_epoch_that_begins_while_the_recent_envelopes_are_the_last_that_was_given():
    def first_of_it(conversation):
        conversation.wish(100)
        conversation.ack("message_sent", 100, epoch="e2")
        conversation.ack("message_stored", 100, epoch="e2")
        conversation.rows[100] = row(100, "e2")
        conversation.deliver(100, 3, epoch="e2")

    assert started_anew(given(3), given(4), new_epoch(100, 4), first_of_it) == {}
    assert ORDER in started_anew(given(3), given(4), first_of_it)
    assert ORDER in started_anew(given(3), given(4), new_epoch(99, 4), first_of_it)
    assert ORDER in started_anew(given(3), given(4), new_epoch(4, 4), first_of_it)
    assert ORDER in started_anew(given(3), new_epoch(100, 3), first_of_it)


def test_who_comes_back_is_recovered_unless_the_archive_is_away():
    def fault(target: str, returned: float):
        return lambda c: c.fault("kill", target, c.at - 1, c.at + returned)

    assert resumed(2, given(3), given(4), recovered=False).keys() == {RESUMING}
    assert resumed(2, fault("history", 0.5), given(4), recovered=False) == {}
    assert resumed(2, fault("presence", 0.5), given(4), recovered=False).keys() == {RESUMING}
    assert resumed(2, lambda c: c.fault("kill", "history", 0.0, c.at - 21), recovered=False).keys() == {RESUMING}


def test_nothing_is_recovered_from_a_place_that_never_was():
    assert RESUMING in resumed(2, given(3), given(4), asked="e0")


# ---- the union of all connections ----


def test_a_receiver_who_was_never_given_a_message():
    def bend(c):
        c.entries = [e for e in c.entries if getattr(e, "connection", 0) != 2 or '"id4"' not in getattr(e, "text", "")]

    assert bent(bend).keys() == {UNION}


def test_what_was_missed_may_come_by_history():
    def bend(c):
        c.entries = [e for e in c.entries if getattr(e, "connection", 0) != 2 or '"id4"' not in getattr(e, "text", "")]
        c.tell("history", messages=[json.loads(envelope(4))])

    assert bent(bend) == {}


def test_a_page_of_history_with_a_hole():
    page = [json.loads(envelope(1)), json.loads(envelope(3))]
    assert bent(lambda c: c.tell("history", messages=page)).keys() == {UNION}


def test_a_receiver_who_never_came_in():
    def bend(c):
        c.entries = [entry for entry in c.entries if '"joined"' not in getattr(entry, "text", "")]

    assert UNION in bent(bend)


# ---- senders ----


def swapped(**second_send) -> dict[str, list[str]]:
    """Messages 5 and 6 are sent in this order, and stand in the other one."""
    conversation = Conversation()
    for key in ("k5", "k6"):
        conversation.send(int(key[1:]))
    if second_send:
        conversation.send(5, **second_send)
    for seq, key in ((6, "k5"), (5, "k6")):
        content = f"text {key[1:]}"
        conversation.wish(int(key[1:]))
        for kind in ("message_sent", "message_stored"):
            conversation.ack(kind, seq, key)
        conversation.rows[seq] = row(seq, key=key, content=content)
        conversation.rows[seq].envelope = envelope(seq, content=content).replace(f'"k{seq}"', f'"{key}"')
    for seq in (5, 6):
        conversation.frame(2, False, conversation.rows[seq].envelope)
    return found(conversation.record())


def test_pipelined_messages_in_another_order():
    assert swapped().keys() == {SENDERS}


def test_what_is_sent_again_may_come_later():
    assert swapped(retry=True) == {}


# ---- refusals, processes, streams ----


def test_a_refusal_for_good():
    error = {"code": "room_denied", "error": "no", "retryable": False}
    assert bent(lambda c: c.tell("error", **error)).keys() == {REFUSALS}
    assert bent(lambda c: c.tell("error", **error | {"retryable": True})) == {}


def test_a_close_that_forbids_to_come_back():
    assert bent(lambda c: c.close(2, 1008, "token_invalid")).keys() == {REFUSALS}
    assert bent(lambda c: c.close(2, 1012, "draining")) == {}


@pytest.mark.parametrize("entry", [Death(1.0, "history"), Remark("auth", "a secret")])
def test_a_death_and_a_secret(entry):
    assert bent(lambda c: c.entries.append(entry)).keys() == {PROCESSES}


def test_a_log_that_was_not_drained():
    assert bent(lambda c: c.entries.append(Leftover("{p1}:unstored", 3))).keys() == {CLOSING}


def test_a_record_is_the_same_when_it_is_read_again(tmp_path):
    conversation = Conversation()
    conversation.fault("kill", "redis", 0.1, 0.2)
    conversation.rows.pop(4)
    kept = Record([*conversation.entries, *conversation.rows.values()], tmp_path)
    kept.close()
    assert check(Record.load(tmp_path)) == check(kept) and found(kept)[ACKNOWLEDGED]
    assert ROOM in found(kept)[ACKNOWLEDGED][0] and Record.load(tmp_path).faults == kept.faults
