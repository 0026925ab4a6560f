"""Settings: what is documented is what is read, and a bad value stops the portal with a sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import environ
import pytest

from portal.environment import with_room

ROOT = Path(__file__).resolve().parent.parent
READ = re.compile(r"""(?:\benv(?:\.\w+)?|\brequired|\bjson_object|\bnetworks)\(\s*"([A-Z][A-Z0-9_]*)\"""")
ADAPTER = re.compile(r"""=\s*adapter\(\s*"([A-Z_]+)\"""")
DOCUMENTED = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


def names_read():
    source = (ROOT / "portal" / "settings.py").read_text("utf-8")
    names = set(READ.findall(source))
    for name in ADAPTER.findall(source):
        names |= {name, f"{name}_OPTIONS"}
    return names


def load(tmp_path, **environment):
    """Load the real settings in a process of their own; returns its exit code and what it said."""
    kept = {name: value for name, value in os.environ.items() if name not in names_read()}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    # Settings from a developer's own .env must not win over what the test leaves out.
    code = (
        "import environ; environ.Env.read_env = staticmethod(lambda *a, **k: None); "
        "import django; from django.conf import settings; import os; "
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; settings.SECRET_KEY"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stderr


def test_every_setting_that_is_read_is_in_the_example():
    documented = set(DOCUMENTED.findall((ROOT / ".env.example").read_text("utf-8")))
    assert len(names_read()) > 15
    assert names_read() - documented == set()
    assert documented - names_read() == set()


def test_a_real_installation_starts_with_a_secret_alone(tmp_path):
    code, said = load(tmp_path, SECRET_KEY="x" * 50)
    assert code == 0, said


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "Set SECRET_KEY"),
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "x", "FACE_ENGINE_OPTIONS": "threads=2"}, "FACE_ENGINE_OPTIONS must be a JSON object"),
        ({"SECRET_KEY": "x", "FACE_ENGINE_OPTIONS": "[1]"}, "FACE_ENGINE_OPTIONS must be a JSON object"),
        ({"SECRET_KEY": "x", "FACE_ID_REPOSITORY_OPTIONS": "{"}, "FACE_ID_REPOSITORY_OPTIONS must be a JSON object"),
        ({"SECRET_KEY": "x", "ATTENDANCE_REPOSITORY_OPTIONS": "7"}, "ATTENDANCE_REPOSITORY_OPTIONS must be a JSON"),
        ({"SECRET_KEY": "x", "AWS_RATES": "5"}, "AWS_RATES must be a JSON object"),
        ({"SECRET_KEY": "x", "HTTPS": "fasle"}, "The value of HTTPS cannot be used"),
        ({"SECRET_KEY": "x", "HSTS_SECONDS": "abc"}, "The value of HSTS_SECONDS cannot be used"),
        ({"SECRET_KEY": "x", "DATABASE_URL": "nonsense"}, "The value of DATABASE_URL cannot be used"),
        ({"SECRET_KEY": "x", "CACHE_URL": "nonsense://"}, "CACHE_URL"),
    ],
)
def test_bad_values_stop_the_portal_with_a_sentence(tmp_path, environment, says):
    code, said = load(tmp_path, **environment)
    assert code != 0
    assert "ImproperlyConfigured" in said
    assert says in said


@pytest.mark.parametrize(
    ("url", "room"),
    [
        ("dbcache://portal_cache", 100_000),
        ("dbcache://portal_cache?max_entries=5000", 5000),
        ("locmemcache://", 100_000),
        ("rediscache://cache:6379/0", None),  # it has its own rule for when it is full
    ],
)
def test_a_cache_holds_more_than_three_hundred_entries(url, room):
    options = with_room(environ.Env.cache_url_config(url)).get("OPTIONS", {})
    assert options.get("MAX_ENTRIES") == room
