# ruff: noqa: F811 - fixtures of the walls are imported by name
"""The whole database moves from SQLite to PostgreSQL: every table, in one transaction, compared before it counts."""

import os
import signal
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from accounts.models import Institution, Job
from portal import moving_database
from portal.moving_database import all_tables
from tests.aws.postgres import Postgres, PostgresMissing
from tests.test_walls import module_world, world  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_second_database(db, django_db_blocker, monkeypatch):
    """Django's tests forbid a connection that appears while they run."""
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", django_db_blocker._real_ensure_connection)


@pytest.fixture(scope="module")
def server():
    try:
        server = Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture
def target(server):
    """An empty database."""
    name = "moved"
    with psycopg.connect(server.url, autocommit=True) as postgres:
        postgres.execute(f"DROP DATABASE IF EXISTS {name}")
        postgres.execute(f"CREATE DATABASE {name}")
    return f"{server.url.rpartition('/')[0]}/{name}"


def rows_there(url, model):
    with psycopg.connect(url) as postgres:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(model._meta.db_table))
        return postgres.execute(query).fetchone()[0]


def move(url):
    out = StringIO()
    call_command("move_database", "--to", url, stdout=out)
    return out.getvalue()


@pytest.mark.thorough
def test_every_table_comes_and_ids_go_on(world, target):
    riverside = Institution.objects.get(slug="riverside")
    Job.objects.create(institution=riverside, kind="x", parameters={"b": 1, "a": [1.5, "ü", None]})
    said = move(target)
    filled = [model for model in all_tables() if model._base_manager.exists()]
    assert len(filled) > 25
    for model in filled:
        assert rows_there(target, model) == model._base_manager.count(), model
        assert f"{model._meta.db_table}: " in said
    assert "are the same in both" in said
    with psycopg.connect(target) as postgres:
        last = postgres.execute("SELECT max(id) FROM accounts_membership").fetchone()[0]
        next_ = postgres.execute("SELECT nextval(pg_get_serial_sequence('accounts_membership', 'id'))").fetchone()[0]
    assert next_ == last + 1


@pytest.mark.thorough
def test_one_that_differs_takes_everything_back(world, target, monkeypatch):
    real = moving_database._copy

    def all_but_one(model, source):
        real(model, source)
        if model._meta.db_table == "enrollment_student":
            with moving_database.connections["target"].cursor() as cursor:
                cursor.execute("UPDATE enrollment_student SET name = name || '!' WHERE roll_number = 'R-001'")

    monkeypatch.setattr(moving_database, "_copy", all_but_one)
    with pytest.raises(CommandError, match="enrollment_student differs"):
        move(target)
    assert all(rows_there(target, model) == 0 for model in all_tables() if model._meta.app_label == "accounts")


@pytest.mark.thorough
def test_a_row_that_postgresql_refuses_is_said_in_a_sentence(db, target):
    refused = Institution.objects.create(slug="refused", name="Refused", time_zone="UTC")
    Job.objects.create(institution=refused, kind="x", parameters={"a": "\x00"})  # SQLite keeps it
    with pytest.raises(CommandError, match="The target's database refuses"):
        move(target)
    assert rows_there(target, Institution) == 0


@pytest.mark.thorough
def test_a_process_that_dies_has_copied_nothing_and_it_is_begun_again(world, target, monkeypatch):
    """The process is forked, so that it sees this test's rows; it kills itself after the twentieth table."""
    path = connection.settings_dict["NAME"]
    assert path
    pid = os.fork()
    if pid == 0:
        left = [20]
        real = moving_database._moved

        def dying(*given):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given)

        moving_database._moved = dying
        try:
            move(target)
        finally:
            os._exit(1)
    _pid, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert all(rows_there(target, model) == 0 for model in all_tables() if model._meta.app_label == "accounts")
    assert "are the same in both" in move(target)


@pytest.mark.thorough
def test_a_database_with_rows_is_refused(world, target):
    move(target)
    with pytest.raises(CommandError, match="There are rows already in"):
        move(target)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////tmp/other.sqlite3", "must be a PostgreSQL"),
        ("nonsense", "must be a PostgreSQL"),
        ("postgres://nobody@127.0.0.1:1/none", "refuses"),
    ],
)
def test_an_address_that_cannot_be_meant(url, words):
    with pytest.raises(CommandError, match=words):
        move(url)
