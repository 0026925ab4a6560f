"""An import survives kill -9: real processes, and a worker as in production that goes on where the dead one ended."""

import signal

import pytest

from tests.aws.mode import manage
from tests.dying import DyingPortal

pytestmark = pytest.mark.thorough

ROWS = 10
TABLES = ("student", "guardian", "guardianship", "group", "groupplace")
WHOLE = {"student": ROWS, "guardian": ROWS, "guardianship": ROWS, "group": 1, "groupplace": ROWS}


class School(DyingPortal):
    """A school whose import dies."""

    def counts(self):
        return {name: self.sql(f"SELECT count(*) FROM enrollment_{name}")[0][0] for name in TABLES}  # noqa: S608

    def state(self):
        return self.sql("SELECT state FROM enrollment_importrun")[0][0]

    def let_a_worker_finish(self):
        self.end_leases()
        assert super().let_a_worker_finish() == 0
        assert {row[0] for row in self.sql("SELECT error FROM accounts_job")} == {""}


@pytest.fixture
def school(tmp_path):
    made = School(tmp_path, "tests.enrollment.importing.dying")
    manage(made.env, "migrate", "-v0")
    assert made.run("prepare", str(ROWS)).returncode == 0
    return made


@pytest.mark.parametrize(("at", "where"), [(1, "inside"), (2, "after"), (4, "inside")])
def test_killed_amidst_it_and_resumed_with_nothing_doubled(school, at, where):
    assert school.run("apply", str(at), where).returncode == -signal.SIGKILL
    written = school.sql("SELECT count(*) FROM enrollment_importchange")[0][0]
    assert written == sum(school.counts().values())  # each row has its note, or neither is there
    assert written < sum(WHOLE.values())
    assert written > 0 or where == "inside"
    school.let_a_worker_finish()
    assert school.counts() == WHOLE
    assert school.state() == "applied"
    assert school.sql("SELECT count(*), count(DISTINCT number) FROM enrollment_importchange") == [(41, 41)]
    assert school.sql("SELECT count(DISTINCT roll_number) FROM enrollment_student") == [(ROWS,)]


def test_killed_while_it_is_taken_back_and_resumed(school):
    school.let_a_worker_finish()
    assert school.run("undo", "2", "inside").returncode == -signal.SIGKILL
    left = sum(school.counts().values())
    assert 0 < left < sum(WHOLE.values())
    school.let_a_worker_finish()
    assert sum(school.counts().values()) == 0
    assert school.state() == "undone"
