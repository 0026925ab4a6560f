"""Settings of the tests: nothing from a developer's own .env, everything in a temporary folder."""

import os
import tempfile

import environ

os.environ.update(SECRET_KEY="tests-" + "0" * 50, DEBUG="false", HTTPS="false")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="portal-tests-"))

environ.Env.read_env = staticmethod(lambda *args, **kwargs: None)

from portal.settings import *  # noqa: E402, F403
from portal.translations import stale  # noqa: E402
from tests.sentences import babel  # noqa: E402
from tests.strictness import be_as_strict_as_postgresql  # noqa: E402

if stale():  # a fresh clone has none
    babel("compile")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file, as in a real installation: in memory, threads that write at once would be refused instead of waiting.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}  # noqa: F405
    be_as_strict_as_postgresql()
if "PYTEST_XDIST_WORKER" in os.environ:
    # One core a worker: networks that run on all cores in each of them get in each other's way.
    FACE_ENGINE["OPTIONS"] = {"threads": 1}  # noqa: F405
METER_SECONDS = 0  # no thread writes behind a test's back
