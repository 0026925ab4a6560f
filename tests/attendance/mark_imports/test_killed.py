"""An import of marks survives kill -9: real processes, and a worker that goes on where the dead one ended."""

import shutil
import signal

import pytest

from tests.aws.mode import manage
from tests.dying import DyingPortal

pytestmark = pytest.mark.thorough
LESSONS = 4
SCRIPT = "tests.attendance.mark_imports.dying"


class School(DyingPortal):
    """A school whose import of marks dies."""

    def registers(self):
        """Numbers of lessons, of those with a closed register, and of marks that stand."""
        return self.sql(
            "SELECT (SELECT count(*) FROM attendance_classsession),"
            " (SELECT count(*) FROM attendance_classsession WHERE state = 'closed'),"
            " (SELECT count(*) FROM attendance_markrow WHERE status <> 'N')"
        )[0]

    def let_a_worker_finish(self):
        self.end_leases()
        assert super().let_a_worker_finish() == 0
        assert {row[0] for row in self.sql("SELECT error FROM accounts_job")} == {""}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a portal whose import waits to be written: made once, since migrating takes the longest."""
    made = School(tmp_path_factory.mktemp("prepared"), SCRIPT)
    manage(made.env, "migrate", "-v0")
    assert made.run("prepare", str(LESSONS)).returncode == 0
    return made.folder


@pytest.fixture
def school(prepared, tmp_path):
    return School(shutil.copytree(prepared, tmp_path / "portal"), SCRIPT)


@pytest.mark.parametrize(("at", "where", "marks"), [(1, "before", 0), (3, "inside", 9)])
def test_killed_amidst_it_and_resumed_with_nothing_doubled(school, at, where, marks):
    assert school.run("apply", str(at), where).returncode == -signal.SIGKILL
    assert school.registers() == (at, at - 1, marks)
    school.let_a_worker_finish()
    assert school.registers() == (LESSONS, LESSONS, 3 * LESSONS)
    assert school.sql("SELECT count(*) FROM attendance_markversion") == [(3 * LESSONS,)]
    assert school.sql("SELECT count(*), count(DISTINCT row_id) FROM enrollment_importchange") == [(16, 16)]
    assert school.sql("SELECT count(*) FROM attendance_registerevent WHERE kind = 'imported'") == [(LESSONS,)]
    assert school.sql("SELECT sum(present), sum(late), sum(absent) FROM attendance_sessionsummary") == [(4, 4, 4)]


@pytest.mark.parametrize("where", ["before", "inside"])
def test_killed_while_it_is_taken_back_and_resumed(school, where):
    school.let_a_worker_finish()
    assert school.run("undo", "2", where).returncode == -signal.SIGKILL
    assert school.registers()[0] == LESSONS - 1
    school.let_a_worker_finish()
    assert school.registers() == (0, 0, 0)
    assert school.sql("SELECT state FROM enrollment_importrun") == [("undone",)]
