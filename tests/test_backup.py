"""A backup brings back what was lost and nobody who was erased since: real processes, both databases."""

import shutil
import subprocess
import sys

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.backup import _put_back
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


@pytest.fixture(params=["sqlite", "postgresql", "walled"])
def portal(request, tmp_path):
    """A portal with tables; walled: behind row-level security."""
    if request.param == "sqlite":
        portal = Portal(tmp_path)
        manage(portal.env, "migrate", "-v0", quiet=True)
        yield portal
        return
    try:
        server = Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    is_walled = request.param == "walled"
    address = server.without_rights() if is_walled else server.url
    with psycopg.connect(address, autocommit=True) as postgres:
        postgres.execute("CREATE DATABASE portal")
    url = f"{address.rpartition('/')[0]}/portal"
    portal = Portal(tmp_path, DATABASE_URL=url, ROW_SECURITY=str(is_walled).lower())
    manage(portal.env, "migrate", "-v0", quiet=True)
    if is_walled:
        manage(portal.env, "row_security", "on", quiet=True)
    yield portal
    server.stop()


def test_a_lost_disk_comes_back_without_whom_was_erased_since(portal, tmp_path):
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

    if portal.env.get("ROW_SECURITY") == "true":
        portal.env["ROW_SECURITY"] = "false"
        assert "set ROW_SECURITY=true first" in portal.restore(backup, "--journal", str(journal), fails=True)
        portal.env["ROW_SECURITY"] = "true"
    said = portal.restore(backup, "--journal", str(journal))
    assert "Erased again: " in said
    assert "1 student, 1 school" in said
    assert portal.journal.read_text().startswith(journal.read_text())  # for the next restoring, of an older backup
    assert portal.step("told") == LEFT
    assert portal.step("told") == LEFT
    assert portal.restore(backup, "--journal", str(journal), "--erasures-only").count("Erased again") == 1
    assert portal.step("told") == LEFT


def test_the_journal_names_nobody(portal, tmp_path):
    portal.step("prepare")
    portal.step("erase")
    text = portal.journal.read_text()
    assert not [name for name in ("Sita", "Tom", "Cleo", "riverside", "closing") if name in text]
    assert {"faces", "student", "school"} == {line.split('"kind": "')[1].split('"')[0] for line in text.splitlines()}


def test_a_file_that_an_earlier_restoring_cut_short_is_put_back_whole(tmp_path, own_media):
    (kept := tmp_path / "kept.jpg").write_bytes(b"a whole picture")
    default_storage.save("faces/kept.jpg", ContentFile(b"a wh"))
    for _ in range(2):
        _put_back(kept, "faces/kept.jpg")
        assert default_storage.open("faces/kept.jpg").read() == b"a whole picture"
    assert default_storage.listdir("faces") == ([], ["kept.jpg"])
