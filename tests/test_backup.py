"""A backup brings back what was lost and nobody who was erased since: real processes, both databases."""

import shutil
import subprocess
import sys

import psycopg
import pytest

from tests.aws.mode import ROOT, environment, manage
from tests.aws.postgres import Postgres, PostgresMissing

pytestmark = pytest.mark.thorough
ALL = "Cleo 1 1 1 1\nSam 1 1 1 1\nSita 1 1 1 1\nTom 1 1 1 1\n"
LEFT = "Sam 1 1 1 1\nSita 0 0 0 0\n"


class Portal:
    def __init__(self, folder, **settings):
        self.folder = folder
        journal = folder / "elsewhere" / "erasures.jsonl"
        journal.parent.mkdir()
        self.env = environment(folder, DEMO="false", ERASURE_JOURNAL=str(journal), LOG_LEVEL="ERROR", **settings)
        self.journal = journal

    def run(self, *command):
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip

    def step(self, name):
        ran = self.run("-m", "tests.backup_portal", name)
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def restore(self, folder, *options, fails=False):
        ran = self.run("manage.py", "restore", str(folder), *options)
        assert (ran.returncode != 0) is fails, ran.stdout
        return ran.stdout


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request, tmp_path):
    if request.param == "sqlite":
        yield Portal(tmp_path)
        return
    try:
        server = Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    with psycopg.connect(server.url, autocommit=True) as postgres:
        postgres.execute("CREATE DATABASE portal")
    yield Portal(tmp_path, DATABASE_URL=f"{server.url.rpartition('/')[0]}/portal")
    server.stop()


def test_a_lost_disk_comes_back_without_whom_was_erased_since(portal, tmp_path):
    manage(portal.env, "migrate", "-v0", quiet=True)
    portal.step("prepare")
    made = portal.run("manage.py", "backup", str(tmp_path / "backups"))
    assert made.returncode == 0, made.stdout
    [backup] = (tmp_path / "backups").iterdir()
    portal.step("erase")
    assert portal.step("told") == LEFT

    assert "There are schools in this database" in portal.restore(backup, fails=True)
    portal.step("wipe")
    assert portal.step("told") == ""

    damaged = shutil.copytree(backup, tmp_path / "damaged")
    next((damaged / "files").rglob("*.jpg")).write_bytes(b"")
    assert "missing or damaged" in portal.restore(damaged, fails=True)
    journal = portal.journal.rename(tmp_path / "journal")
    assert "There is no journal of erasures" in portal.restore(backup, fails=True)

    said = portal.restore(backup, "--journal", str(journal))
    assert "Erased again: " in said
    assert "1 student, 1 school" in said
    assert portal.step("told") == LEFT
    assert portal.step("told") == LEFT
    assert portal.restore(backup, "--journal", str(journal), "--erasures-only").count("Erased again") == 1
    assert portal.step("told") == LEFT


def test_the_journal_names_nobody(portal, tmp_path):
    manage(portal.env, "migrate", "-v0", quiet=True)
    portal.step("prepare")
    portal.step("erase")
    text = portal.journal.read_text()
    assert not [name for name in ("Sita", "Tom", "Cleo", "riverside", "closing") if name in text]
    assert {"faces", "student", "school"} == {line.split('"kind": "')[1].split('"')[0] for line in text.splitlines()}
