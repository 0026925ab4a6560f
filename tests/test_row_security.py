"""The fourth wall, by raw SQL: PostgreSQL itself shows a school's rows to that school alone.

`python -m tests.postgresql --walled` runs this on a PostgreSQL with the policies in place, by a role that is no
superuser, together with the walls' tests: the portal works behind the wall.
"""

from io import StringIO
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.row_security import _seen, across_schools, school_tables, see_every, see_only, walled_tables
from accounts.services import may_rename
from enrollment.models import Student
from tests.conftest import make_member, make_student

pytestmark = pytest.mark.django_db
walled = pytest.mark.skipif(
    not settings.ROW_SECURITY or connection.vendor != "postgresql",
    reason="needs PostgreSQL with row-level security: python -m tests.postgresql --walled",
)


@pytest.fixture(autouse=True)
def every_school_again():
    yield
    see_every()


@pytest.fixture
def schools(riverside, hilltop):
    """A student at each."""
    make_student(riverside, "Sam", "R-001")
    make_student(hilltop, "Hari", "H-001")
    return riverside, hilltop


def sql(statement, *given):
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.description else cursor.rowcount


NAMES = "SELECT name FROM enrollment_student ORDER BY name"


def test_the_tables_of_schools_are_known():
    tables = school_tables()
    assert len(tables) > 40
    assert {"enrollment_student", "attendance_markrow", "accounts_membership"} <= set(tables)
    assert not {"accounts_user", "accounts_institution", "django_session"} & set(tables)


@walled
def test_a_query_without_a_filter_shows_the_own_school_alone(schools):
    riverside, hilltop = schools
    assert sql(NAMES) == [("Hari",), ("Sam",)]
    see_only(riverside.pk)
    assert sql(NAMES) == [("Sam",)]
    assert list(Student.objects.values_list("name", flat=True)) == ["Sam"]
    see_only(hilltop.pk)
    assert sql(NAMES) == [("Hari",)]


@walled
def test_a_connection_that_says_nothing_sees_nothing(schools):
    sql("SELECT set_config('app.institution', '', false)")
    assert sql(NAMES) == []
    sql("SELECT set_config('app.institution', '*', false)")


@walled
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_not_the_portals_sees_nothing(schools):
    """Committed rows, the same role, psql's way: without the setting there is none of them."""
    with psycopg.connect(_address()) as other:
        assert other.execute("SELECT count(*) FROM enrollment_student").fetchone() == (0,)
        other.execute("SELECT set_config('app.institution', %s, false)", [str(schools[0].pk)])
        assert other.execute(NAMES).fetchall() == [("Sam",)]


@walled
def test_another_schools_rows_can_be_neither_changed_nor_deleted_nor_added(schools):
    riverside, hilltop = schools
    see_only(riverside.pk)
    assert sql("UPDATE enrollment_student SET name = 'X' WHERE roll_number = 'H-001'") == 0
    assert sql("DELETE FROM enrollment_course WHERE institution_id = %s", hilltop.pk) == 0
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Student.objects.create(institution=hilltop, name="New", roll_number="H-2")
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        sql("UPDATE enrollment_student SET institution_id = %s", hilltop.pk)
    see_every()
    assert sql(NAMES) == [("Hari",), ("Sam",)]


@walled
def test_every_table_of_a_school_is_behind_the_wall(schools):
    assert walled_tables() == set(school_tables())
    see_only(uuid4())
    for table in school_tables():
        assert sql(f"SELECT count(*) FROM {connection.ops.quote_name(table)}") == [(0,)], table  # noqa: S608


@walled
def test_what_is_asked_across_schools_is_said_so(schools, tess, hilltop):
    from accounts.models import Membership, Role

    Membership.objects.create(institution=hilltop, user=tess.user, role=Role.TEACHER)
    see_only(schools[0].pk)
    assert not may_rename(tess)  # she belongs elsewhere too, which only the whole table tells
    with across_schools():
        assert sql(NAMES) == [("Hari",), ("Sam",)]
    assert sql(NAMES) == [("Sam",)]


@walled
def test_a_request_sees_its_school_and_the_next_one_its_own(schools, client, riverside):
    ada = make_member(riverside, "Ada", "admin")
    client.force_login(ada.user)
    assert client.get("/riverside/").status_code in (200, 302)
    assert client.get("/hilltop/").status_code == 404
    assert _seen.get() == "*"
    assert sql("SELECT current_setting('app.institution')") == [("*",)]


@walled
@pytest.mark.django_db(transaction=True)
def test_off_and_on_again(schools):
    out = StringIO()
    call_command("row_security", "off", stdout=out)
    assert walled_tables() == set()
    see_only(schools[0].pk)
    assert sql(NAMES) == [("Hari",), ("Sam",)]
    with pytest.raises(CommandError, match="not behind the wall"):
        call_command("row_security", "check", stdout=out)
    call_command("row_security", "on", stdout=out)
    assert sql(NAMES) == [("Sam",)]
    call_command("row_security", "check", stdout=out)
    assert "tables are behind the wall" in out.getvalue()


@walled
def test_policies_before_the_setting_are_refused(settings):
    settings.ROW_SECURITY = False
    with pytest.raises(CommandError, match="ROW_SECURITY=true"):
        call_command("row_security", "on")


def test_on_another_database_the_command_says_so():
    if connection.vendor == "postgresql":
        pytest.skip("this is PostgreSQL")
    with pytest.raises(CommandError, match="another one"):
        call_command("row_security", "on")


def _address():
    """The tests' own database, for a connection that is not the portal's."""
    of = connection.settings_dict
    return f"postgres://{of['USER']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"
