"""Traces of erased rows in the database's files, and of pictures in a browser."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.files import KEEP
from portal.environment import own_file, own_folder

ROOT = Path(__file__).resolve().parents[2]
MARK = b"a vector that nobody is to find again, " * 8
SCRIPT = f"""
import django; django.setup()
from accounts.models import Institution
from enrollment.faces.local.keeping import vectors_erase
from enrollment.models import FaceVector
school = Institution.objects.create(slug="riverside", name="Riverside", time_zone="Europe/London")
for n in range(50):
    FaceVector.objects.create(institution=school, face_id=str(n), model="m", vector={MARK!r}, face_px=1, version=0)
print(sum({MARK!r} in open(path, "rb").read() for path in __import__("glob").glob({{database!r}} + "*")))
vectors_erase(school, [str(n) for n in range(50)])
print(sum({MARK!r} in open(path, "rb").read() for path in __import__("glob").glob({{database!r}} + "*")))
"""


@pytest.fixture
def portal(tmp_path):
    """Runs a command of a portal of its own, on a database file as the settings make it."""
    folder = tmp_path / "data"
    env = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "DATA_DIR": str(folder), "SECRET_KEY": "x" * 60,
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}", "DEBUG": "true", "DEMO": "false",
    }  # fmt: skip

    def run(*command):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
        return done.stdout.split()

    run("manage.py", "migrate", "-v0")
    return run, folder


@pytest.mark.thorough
def test_an_erased_vector_is_in_no_file_of_the_database(portal):
    run, folder = portal
    before, after = run("-c", SCRIPT.replace("{database!r}", repr(str(folder / "portal.sqlite3"))))
    assert (int(before) > 0, int(after)) == (True, 0)


@pytest.mark.thorough
def test_the_database_is_its_owners_alone(portal):
    _run, folder = portal
    assert mode(folder) == 0o700
    with sqlite3.connect(folder / "portal.sqlite3") as open_:
        open_.execute("CREATE TABLE one (n)")
        assert {mode(path) for path in folder.glob("portal.sqlite3*")} == {0o600}


def test_what_could_be_read_by_others_no_longer_can(tmp_path):
    folder, file = tmp_path / "data", tmp_path / "data" / "portal.sqlite3"
    folder.mkdir(mode=0o755)
    file.touch(mode=0o644)
    own_folder(folder), own_file(file)
    assert (mode(folder), mode(file)) == (0o700, 0o600)


def test_a_folder_for_everybody_stays_one(tmp_path):
    tmp_path.chmod(0o1777)
    own_folder(tmp_path)
    assert mode(tmp_path) == 0o1777


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_picture_is_shown_for_a_minute_without_asking():
    assert KEEP == "private, max-age=60, must-revalidate"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/riverside/today/", "private, no-cache"),
        ("/riverside/nothing/", "private, no-cache"),
        ("/account/login/", "no-store"),
        ("/api/riverside/courses/", "private, no-store"),
        ("/api/nothing/", "private, no-store"),
    ],
)
def test_no_shared_cache_keeps_an_answer(client, tess, address, told):
    if address != "/account/login/":
        client.force_login(tess.user)
    assert told in client.get(address)["Cache-Control"]


def test_signing_out_empties_the_browsers_cache(client, tess):
    client.force_login(tess.user)
    assert "Clear-Site-Data" not in client.get(reverse("account_logout"))
    assert client.post(reverse("account_logout"))["Clear-Site-Data"] == '"cache"'
    assert "_auth_user_id" not in client.session
