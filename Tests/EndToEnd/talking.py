"""Somebody who talks while things break."""

import threading

from websockets.exceptions import ConnectionClosed

from people import Person
from waiting import eventually

PATIENCE = 30.0
PAUSE = 0.004


class Talker(threading.Thread):
    """Says one thing after another, again with the same key until it is settled, and hears all that is said."""

    def __init__(self, person: Person, gateway: int, room: str, ledger):
        super().__init__(daemon=True)
        self.person, self._gateway, self._room, self._ledger = person, gateway, room, ledger
        self.said: list[dict] = []
        self.failure: BaseException | None = None
        self._ending = threading.Event()
        self.client = self._join()

    def _join(self):
        client = self._ledger.watch(self.person.connect(self._gateway))
        client.join(self._room, recent=0)
        return client

    def run(self) -> None:
        try:
            while not self._ending.wait(PAUSE):
                self._say(f"{self.person.name} {len(self.said)}")
        except BaseException as failure:  # told by `end`
            self.failure = failure

    def _say(self, key: str) -> None:
        retry = {}
        while not self._ending.is_set() or not retry:
            try:
                self.client.send(
                    "send_message", room=self._room, content=key, client_msg_id=key, ack="stored", **retry
                )
                answer = self._answer(key)
            except (AssertionError, ConnectionClosed):
                answer = None
                self.client = eventually(self._rejoined, PATIENCE, f"{self.person.name} is back")
            if answer is not None and answer["type"] == "message_sent":
                return self.said.append(answer["data"])
            assert answer is None or answer["data"]["retryable"], answer
            retry = {"retry": True}

    def _answer(self, key: str):
        while True:
            frame = self.client.expect(None)
            if frame["type"] in ("message_sent", "message_error") and frame["data"]["client_msg_id"] == key:
                return frame

    def _rejoined(self):
        try:
            return self._join()
        except (AssertionError, ConnectionClosed, OSError, TimeoutError):
            return None

    def end(self) -> None:
        self._ending.set()
        self.join(PATIENCE)
        assert not self.is_alive() and self.failure is None, self.failure


class Talk:
    """Several talkers at once: `with Talk(...) as talk: ...; talk.on(20)`."""

    def __init__(self, *talkers: Talker):
        self.talkers = talkers

    def __enter__(self) -> "Talk":
        for talker in self.talkers:
            talker.start()
        return self

    def on(self, count: int = 20) -> None:
        """Returns when each has got so many more things said."""
        goals = [(talker, len(talker.said) + count) for talker in self.talkers]
        for talker, goal in goals:
            eventually(
                lambda talker=talker, goal=goal: talker.failure or len(talker.said) >= goal, PATIENCE, "talking goes on"
            )
            assert talker.failure is None, talker.failure

    def __exit__(self, *_) -> None:
        for talker in self.talkers:
            talker.end()
