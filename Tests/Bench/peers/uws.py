"""uWebSockets as a broadcaster: whatever a client of /ROOM says goes to all that are there, the sender too. Prints its port.

The native topic is used, so that Python runs once a message and never once a delivery; its default compression is off, as ours is.
"""

import sys

from socketify import App, CompressOptions, OpCode


def upgrade(response, request, context):
    response.upgrade(
        request.get_header("sec-websocket-key"), request.get_header("sec-websocket-protocol"),
        request.get_header("sec-websocket-extensions"), context, request.get_url(),
    )


def opened(socket):
    socket.subscribe(socket.get_user_data())


def heard(socket, message, code):
    # Unlike that of C++, this one gives to the sender too.
    socket.publish(socket.get_user_data(), message, OpCode.TEXT)


def main():
    app = App()
    app.ws("/*", {
        "compression": CompressOptions.DISABLED, "max_payload_length": 16 * 1024 * 1024, "idle_timeout": 960,
        "max_backpressure": 64 * 1024 * 1024, "upgrade": upgrade, "open": opened, "message": heard,
    })
    app.listen(int(sys.argv[1]) if len(sys.argv) > 1 else 0, lambda config: print(config.port, flush=True))
    app.run()


main()
