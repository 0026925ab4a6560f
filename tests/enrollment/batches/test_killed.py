"""A batch survives kill -9: real processes, and a worker as in production that goes on where the dead one ended."""

import signal

import pytest

from tests.aws.mode import manage
from tests.dying import DyingPortal
from tests.enrollment.batches.dying import BLOCK

pytestmark = pytest.mark.thorough

PHOTOS = 6


class School(DyingPortal):
    """A school whose batch dies."""

    def counted(self, table):
        return dict(self.sql(f"SELECT state, count(*) FROM {table} GROUP BY state"))  # noqa: S608 - a test's own names

    def files(self, folder):
        return list((self.folder / "pictures" / folder).rglob("*.jpg"))


@pytest.fixture
def school(tmp_path):
    made = School(tmp_path, "tests.enrollment.batches.dying")
    manage(made.env, "migrate", "-v0")
    assert made.run("prepare", str(PHOTOS)).returncode == 0
    return made


@pytest.mark.parametrize(
    ("where", "rows", "faces"),
    [
        ("files", {"enrolled": 2, "received": 2}, 2),
        ("faces", {"enrolled": 2, "received": 2}, 4),
        # These are enrolled, and nobody wrote so in the batch: it still has them as waiting.
        ("settle", {"enrolled": 4}, 4),
    ],
)
def test_killed_amidst_it_and_resumed(school, where, rows, faces):
    assert school.run("enrol", "2", where).returncode == -signal.SIGKILL
    assert school.counted("enrollment_batchphoto") == {"enrolled": BLOCK, "queued": PHOTOS - BLOCK}
    assert school.counted("enrollment_facephoto") == rows
    assert school.sql("SELECT count(*) FROM enrollment_facevector") == [(faces,)]
    assert school.counted("accounts_job") == {"running": 1}
    assert len(school.files("batches")) == PHOTOS - BLOCK

    school.end_leases()
    assert school.let_a_worker_finish() == 0
    assert school.counted("enrollment_batchphoto") == {"enrolled": PHOTOS}
    assert school.counted("enrollment_facephoto") == {"enrolled": PHOTOS}
    # A face that the engine had kept before anybody wrote so is kept again; reconciliation takes the first away.
    manage(school.env, "reconcile_faces")
    assert school.sql("SELECT count(*) FROM enrollment_facevector") == [(PHOTOS,)]
    assert school.counted("enrollment_photobatch") == {"done": 1}
    assert school.sql("SELECT deaths, checkpoint FROM accounts_job")[0][1] == f'{{"done": {PHOTOS}, "of": {PHOTOS}}}'
    assert school.files("batches") == []
