"""A server that accepts connections, reads requests and never answers: a service that hangs."""

import socket
import threading
from contextlib import contextmanager


class Silent:
    """`url` of the server, and `requests`: the first line of each request that came, in order."""

    def __init__(self, listening: socket.socket) -> None:
        self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[str] = []
        self._listening = listening
        self._open: list[socket.socket] = []

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # closed
                return
            self._open.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        try:
            if begin := connection.recv(65_536):
                self.requests.append(begin.split(b"\r\n")[0].decode("latin-1"))
            while connection.recv(65_536):
                pass
        except OSError:
            pass

    def close(self) -> None:
        self._listening.close()
        for connection in self._open:
            connection.close()


@contextmanager
def silent_server():
    """A running one, on a free port."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        server = Silent(listening)
        threading.Thread(target=server.accept, daemon=True).start()
        try:
            yield server
        finally:
            server.close()
