"""The processes of compose.yaml on this machine, without containers: `make cluster`.

The file's own commands and settings are used, with this machine's addresses instead of the containers' names, so that
what it says is tried. PostgreSQL, the cache and nginx are those that `make servers` installs.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from tests.aws.mode import environment, manage
from tests.aws.postgres import Postgres, PostgresMissing
from tests.aws.servers import ROOT, free_port, is_free
from tests.redis_server import BINARY as REDIS
from tests.redis_server import RedisServer

HOST = "attendance.example.org"
FOLDER = ROOT / "var" / "cluster"
PATIENCE = 120  # seconds until all processes are ready, on a busy machine
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")


class ServersMissing(Exception):
    """Servers that the cluster wants are not installed here."""


class Cluster:
    """The running processes. port: of nginx, with TLS; certificate: whom to trust."""

    def __init__(self, folder: Path, running: ExitStack, *, port: int | None = None, **settings: str) -> None:
        """Start database and cache, and prepare the database; `serve` starts the rest. `running` stops all.

        Raises ServersMissing.
        """
        if not (NGINX and OPENSSL and REDIS):
            raise ServersMissing("nginx, openssl or redis-server is missing")
        self.folder, self.port, self.certificate = folder, port or free_port(), folder / "fullchain.pem"
        self.services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
        try:
            self.postgres, self.cache = Postgres.start(), RedisServer()
        except PostgresMissing as missing:
            raise ServersMissing(str(missing)) from missing
        running.callback(self.postgres.stop)
        self.cache.start()
        running.callback(self.cache.stop)
        running.callback(self._stop)
        self.webs: list[Process] = []
        self.workers: list[Process] = []
        self.settings = {"HTTPS": "true", "ALLOWED_HOSTS": f"{HOST},127.0.0.1", **settings}
        self.env = self._env("release")
        subprocess.run([*self._command("release"), "-v0"], cwd=ROOT, env=self.env, check=True)
        manage(self.env, "collectstatic", "--noinput", "-v0", quiet=True)  # in the image, where containers run

    def serve(self) -> None:
        """Start webs, workers and nginx, as many as the file says, and wait for them. Raises TimeoutError."""
        self.webs = [self._start("web") for _ in range(self._replicas("web"))]
        self.workers = [self._start("worker") for _ in range(self._replicas("worker"))]
        for process in [*self.webs, *self.workers]:
            process.wait_until_ready()
        self._certify()
        (self.folder / "nginx.conf").write_text(self._nginx())
        self.proxy = subprocess.Popen([NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf"])
        wait_for(lambda: not is_free(self.port), "nginx")

    def restart(self, web: "Process") -> None:
        """Start a web that has ended again, at the same address. Raises TimeoutError."""
        web.start()
        web.wait_until_ready()

    def _env(self, service: str) -> dict[str, str]:
        """The service's settings as the file says, at this machine's addresses."""
        given = self.services[service]["environment"] | {
            "DATABASE_URL": self.postgres.url,
            "CACHE_URL": f"rediscache://127.0.0.1:{self.cache.port}/0",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        return environment(self.folder / "data", **given, **self.settings)

    def _command(self, service: str) -> list[str]:
        name, *rest = shlex.split(self.services[service]["command"])
        return [sys.executable if name == "python" else str(Path(sys.executable).parent / name), *rest]

    def _start(self, service: str) -> "Process":
        env, command = self._env(service), self._command(service)
        port, health = free_port(), free_port()
        if "HEALTH_LISTEN" in env:
            env["HEALTH_LISTEN"] = env["HEALTH_LISTEN"].replace("0.0.0.0:8001", f"127.0.0.1:{health}")
        command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in command]
        return Process(command, env, port=port, health=health)

    def _replicas(self, service: str) -> int:
        return int(self.services[service]["deploy"]["replicas"])

    def _nginx(self) -> str:
        """The file for a machine of its own, with our ports, inside the least that nginx wants besides."""
        server = (ROOT / "deploy" / "nginx" / "server.conf").read_text("utf-8")
        webs = "\n".join(f"server 127.0.0.1:{web.port};" for web in self.webs)
        server = server.replace("server 127.0.0.1:8000;", webs)
        server = server.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        server = server.replace(f"/etc/letsencrypt/live/{HOST}", str(self.folder))
        server = server.replace("/srv/attendance/portal", str(ROOT)).replace(f"server_name {HOST}", "server_name _")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "\n".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)
        head = f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; events {{}}\n"
        return f"{head}http {{ access_log {self.folder}/access.log; {places}\n{server} }}\n"

    def _certify(self) -> None:
        names = f"subjectAltName=DNS:{HOST},DNS:localhost,IP:127.0.0.1"
        kind = f"-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST} -keyout privkey.pem -out fullchain.pem"
        command = [OPENSSL, "req", *kind.split(), "-addext", names]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def _stop(self) -> None:
        if hasattr(self, "proxy"):
            self.proxy.terminate()
            self.proxy.wait(20)
        for process in [*self.webs, *self.workers]:
            process.kill()


class Process:
    """A web or a worker. port and health: where a web listens."""

    def __init__(self, command: list[str], env: dict[str, str], *, port: int, health: int) -> None:
        self.port, self.health = port, health
        self._command, self._env = command, env
        self.start()

    def start(self) -> None:
        """Start it, at first or after it has ended."""
        self._running = subprocess.Popen(self._command, cwd=ROOT, env=self._env, start_new_session=True)

    def children(self) -> set[str]:
        """Ids of the processes that it started itself."""
        pid = self._running.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def signal(self, number: signal.Signals) -> None:
        """Tell the process, as a supervisor would."""
        self._running.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        """The exit code. Raises TimeoutExpired."""
        return self._running.wait(seconds)

    def kill(self) -> None:
        """End it and what it started, at once."""
        if self._running.poll() is None:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait(20)

    def is_ready(self) -> bool:
        """Its answer to a balancer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.health}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_until_ready(self) -> None:
        """Raises TimeoutError."""
        wait_for(self.is_ready, "a process")


def wait_for(happened: Callable[[], object], what: str) -> None:
    """Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} keeps silent")
        time.sleep(0.1)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data").mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as running:
        cluster = Cluster(FOLDER, running, port=8443)
        url = f"https://127.0.0.1:{cluster.port}"
        manage(cluster.env, "seed_demo", "--url", url)
        cluster.serve()
        sys.stdout.write(f"The portal is at {url}, with a certificate of its own. Stop with Ctrl-C.\n")
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
