"""A Redis server of the tests' own, which they can stop and start."""

import shutil
import socket
import subprocess
import time

BINARY = shutil.which("redis-server")


class RedisServer:
    """`url` stays the same over `stop` and `start`; what it held is gone."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        nothing_kept = ["--save", "", "--appendonly", "no"]
        command = [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", *nothing_kept]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended"
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stored(self) -> list[bytes]:
        """All keys that it holds."""
        import redis

        with redis.Redis.from_url(self.url) as client:
            return client.keys()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(5) == b"+PONG"
        except OSError:
            return False
