"""The rule of migrations notices what the code of the version before could not live with."""

import os
import subprocess
import sys

import pytest
from django.apps import apps
from django.db import connections, migrations, models
from django.db.migrations.state import ProjectState

from tests.aws.mode import ROOT
from tests.aws.postgres import Postgres, PostgresMissing
from tests.migrations_lint import faults_of

CHANGES = {
    "a table goes": (migrations.DeleteModel("FaceId"), True),
    "a column goes": (migrations.RemoveField("student", "roll_number"), True),
    "a column has another name": (migrations.RenameField("student", "roll_number", "number"), True),
    "a table has another name": (migrations.RenameModel("FaceId", "FaceName"), True),
    "a column that old code does not fill": (
        migrations.AddField("student", "house", models.CharField(max_length=9, default="")), True,
    ),
    "a column that the database fills": (
        migrations.AddField("student", "house", models.CharField(max_length=9, db_default="")), False,
    ),
    "a column that may be empty": (
        migrations.AddField("student", "house", models.CharField(max_length=9, null=True)), False,
    ),
    "a table": (migrations.CreateModel("House", [("id", models.BigAutoField(primary_key=True))]), False),
}  # fmt: skip


@pytest.fixture(scope="module")
def postgresql(django_db_blocker):
    """A connection to a PostgreSQL: nothing is changed there."""
    try:
        server = Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    from environ import Env

    config = connections.configure_settings({"default": Env.db_url_config(server.url)})["default"]
    connections.settings["linted"] = config
    with django_db_blocker.unblock():
        yield connections["linted"]
    connections["linted"].close()
    del connections["linted"], connections.settings["linted"]
    server.stop()


@pytest.mark.parametrize(("change", "is_refused"), CHANGES.values(), ids=CHANGES)
@pytest.mark.thorough
def test_what_old_code_cannot_live_with_is_refused(postgresql, change, is_refused):
    migration = migrations.Migration("next", "enrollment")
    migration.operations = [change]
    assert bool(faults_of(migration, ProjectState.from_apps(apps), postgresql)) is is_refused


def test_one_that_says_why_is_let_through(postgresql):
    migration = migrations.Migration("next", "enrollment")
    migration.operations = [migrations.DeleteModel("FaceId")]
    migration.ends_old_code = "nobody has the version before"
    assert faults_of(migration, ProjectState.from_apps(apps), postgresql) == []


@pytest.mark.thorough
def test_the_migrations_of_now_keep_the_rule(tmp_path):
    environment = {**os.environ, "SECRET_KEY": "x" * 50, "DATA_DIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-m", "tests.migrations_lint"], cwd=ROOT, env=environment, check=False)
    assert ran.returncode == 0
