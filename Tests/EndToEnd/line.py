"""A line between two processes that can be cut without rights over the network."""

import socket
import threading
from contextlib import suppress

from ports import claim_port


class Line:
    """Passes bytes between whoever connects and a port, until it is cut; and again after it has been mended."""

    def __init__(self, to: int):
        self._to, self.port = to, claim_port()
        self.mend()

    def mend(self) -> None:
        """Listens, after a cut where it did before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._sockets, self._is_cut = [listener], False
        threading.Thread(target=self._accept, args=(listener, self._sockets), daemon=True).start()

    def cut(self) -> None:
        """Ends all connections, and refuses new ones."""
        self._is_cut = True
        for each in self._sockets:
            _end(each)

    def _accept(self, listener: socket.socket, sockets: list[socket.socket]) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                sockets += [near, far]
                if self._is_cut:
                    return self.cut()
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass, args=(one, other), daemon=True).start()


def _pass(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    # Each end hears of the other's, as without a line between them.
    _end(one)
    _end(other)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
