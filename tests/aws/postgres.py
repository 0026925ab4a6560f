"""A PostgreSQL for the tests: a temporary cluster on loopback, for behaviour that SQLite cannot show."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.aws.servers import free_port

ACCOUNT = "postgres"  # the server refuses to run as root; Debian's package brings this account


class PostgresMissing(Exception):
    """No PostgreSQL server is installed here."""


class Postgres:
    """A running server. url: what DATABASE_URL wants."""

    def __init__(self, folder: Path, port: int, server: subprocess.Popen) -> None:
        self._folder, self._server = folder, server
        self.url = f"postgres://portal@127.0.0.1:{port}/postgres"

    @classmethod
    def start(cls) -> "Postgres":
        """Make a cluster and start it; takes about two seconds. Raises PostgresMissing."""
        tools = find_tools()
        folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        account = {"user": ACCOUNT} if os.getuid() == 0 else {}
        if account:
            shutil.chown(folder, ACCOUNT)
        data, port = folder / "data", free_port()
        make = [
            tools / "initdb", "--pgdata", data, "--username=portal", "--auth=trust", "--encoding=UTF8", "--no-sync",
            *sorting(tools),
        ]  # fmt: skip
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, **account)
        run = [
            tools / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1",
            "-c", "fsync=off", "-c", "max_connections=60",
        ]  # fmt: skip
        server = subprocess.Popen(run, cwd=folder, stderr=subprocess.DEVNULL, **account)
        postgres = cls(folder, port, server)
        ready = [tools / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        for _ in range(100):
            if subprocess.run(ready, check=False).returncode == 0:
                return postgres
            time.sleep(0.1)
        postgres.stop()
        raise PostgresMissing("PostgreSQL did not start")

    def without_rights(self) -> str:
        """The address for a role that may make databases and is no superuser, whom no policy would concern."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE walled LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS")
        return self.url.replace("portal@", "walled@")

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)


def sorting(tools: Path) -> list[str]:
    """Options by which a cluster sorts by a language's rules, as most installations do; none before version 15."""
    said = subprocess.run([tools / "initdb", "--help"], capture_output=True, text=True, check=True).stdout
    return ["--locale-provider=icu", "--icu-locale=en"] if "--locale-provider" in said else []


def find_tools() -> Path:
    """The folder of initdb and postgres. Raises PostgresMissing."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        folders.insert(0, Path(found).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise PostgresMissing("No PostgreSQL server here: install Debian's package postgresql.")
