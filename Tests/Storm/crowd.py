"""The people of a storm: accounts, rooms, who is where, who writes to whom."""

import random
from dataclasses import dataclass

import people
from cluster import Cluster
from record import Person, Record
from receiver import Receiver
from sender import Sender

ROOMS_EACH = 2


@dataclass
class Sizes:
    """How many of each, and how many times a second each sender begins to write."""

    senders: int = 6
    receivers: int = 6
    rooms: int = 4
    rate: float = 2.0


class Crowd:
    """All who take part; every other receiver loses its connection now and then on purpose."""

    def __init__(self, cluster: Cluster, sizes: Sizes, seed: int, record: Record):
        chance = random.Random(f"{seed} crowd")
        writers = [people.register(cluster, "sender") for _ in range(sizes.senders)]
        readers = [people.register(cluster, "reader") for _ in range(sizes.receivers)]
        self.public = _rooms(writers[0], sizes.rooms, [*writers[1:], *readers])
        pairs = [(writer, chance.choice(readers)) for writer in writers]
        self.rooms = self.public + [_direct(*pair) for pair in pairs]
        places = [cluster.url, *cluster.gateway_urls]
        self.senders = [
            Sender(
                writer.name, writer.token, places, record, f"{seed} sender {number}", rate=sizes.rate,
                rooms=[*_some(chance, self.public, number), _direct(writer, friend)],
            )
            for number, (writer, friend) in enumerate(pairs)
        ]
        self.receivers = [
            Receiver(
                reader.name, reader.token, places, record, f"{seed} receiver {number}",
                rooms=_some(chance, self.public, number) + [_direct(*pair) for pair in pairs if pair[1] is reader],
            )
            for number, reader in enumerate(readers)
        ]
        self.roamers = self.receivers[1::2]
        self._note(record)

    def _note(self, record: Record) -> None:
        for sender in self.senders:
            record.add(Person(sender.name, "sender"))
        for receiver in self.receivers:
            role = "roamer" if receiver in self.roamers else "receiver"
            record.add(Person(receiver.name, role, list(receiver.places)))


def _rooms(host, count: int, members) -> list[str]:
    return [host.create_room(members=tuple(members)) for _ in range(count)]


def _some(chance: random.Random, rooms: list[str], number: int) -> list[str]:
    """One in turn, so that nobody writes to an empty room, and others at random."""
    first = rooms[number % len(rooms)]
    others = [room for room in rooms if room != first]
    return [first, *chance.sample(others, min(ROOMS_EACH - 1, len(others)))]


def _direct(one, other) -> str:
    return "dm:{}_{}".format(*sorted((one.name, other.name)))
