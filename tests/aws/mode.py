"""The portal in AWS mode: the settings that choose Rekognition, DynamoDB and S3, and its processes run with them."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from tests.aws.servers import ROOT, free_port, is_free, settings_for


def aws_mode(*, rekognition: str, ministack: str) -> dict[str, str]:
    """The settings of AWS mode against local servers at these addresses.

    A real account needs the same names without what `settings_for` adds: endpoints, addressing, invented keys.
    """
    return {
        "FACE_ENGINE": "enrollment.faces.rekognition.engine.RekognitionFaceEngine",
        "FACE_ID_REPOSITORY": "enrollment.repositories.dynamodb.DynamoFaceIdRepository",
        "ATTENDANCE_REPOSITORY": "attendance.repositories.dynamodb.DynamoAttendanceRepository",
        "PICTURES_BUCKET": "attendance-pictures",
        "CACHE_URL": "dbcache://portal_cache",
        **settings_for(rekognition, ministack),
    }


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a demo portal over a data folder of its own, whatever a developer's .env says."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
        "FACE_MODEL_CACHE": str(ROOT / "var" / "models"),
        "SECRET_KEY": "only-on-this-machine-" + "0" * 40,
        "DEBUG": "false",
        "HTTPS": "false",
        "DEMO": "true",
        "LOG_LEVEL": "WARNING",
        **settings,
    }


def manage(env: dict[str, str], *command: str, quiet: bool = False) -> None:
    """Run a management command. Raises CalledProcessError."""
    out = subprocess.DEVNULL if quiet else None
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=out)


def prepare(env: dict[str, str]) -> None:
    """An empty portal: the database's tables, the cache's table, the pages' files, what AWS has to hold."""
    for command in (["migrate", "-v0"], ["createcachetable"], ["collectstatic", "--noinput", "-v0"]):
        manage(env, *command, quiet=True)
    manage(env, "provision_aws", quiet=True)


class PortTaken(Exception):
    """Something else listens at the port where the portal is to be."""

    def __init__(self, port: int) -> None:
        other = port + 1 if port < 65_535 else 8000
        super().__init__(
            f"Port {port} of this machine is taken by another program. Stop that one, or choose another port: "
            f"make aws-demo PORT={other}"
        )


def require_free(port: int) -> None:
    """Raises PortTaken."""
    if not is_free(port):
        raise PortTaken(port)


class Web:
    """A web process of the portal."""

    def __init__(self, env: dict[str, str], *, port: int | None = None) -> None:
        """Start it. Raises PortTaken: whatever listens there would be taken for the portal."""
        port = port or free_port()
        require_free(port)
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=8"]
        self.process = subprocess.Popen([*command, "portal.wsgi:application"], cwd=ROOT, env=env)

    def wait_until_ready(self) -> None:
        """Raises TimeoutError after half a minute, or as soon as the process has ended."""
        for _ in range(150):
            if self.process.poll() is not None:
                break
            try:
                urlopen(f"{self.url}/health/ready", timeout=5).close()  # noqa: S310
                return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError(f"The portal at {self.url} did not start")

    def stop(self) -> None:
        stop(self.process)


def worker(env: dict[str, str]) -> subprocess.Popen:
    """A worker process of the portal."""
    return subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=env)


def stop(process: subprocess.Popen) -> None:
    """Ask a process to end and wait for it; kill it where it does not."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
