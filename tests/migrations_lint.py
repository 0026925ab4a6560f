"""Migrations that old and new code can both live with: python -m tests.migrations_lint.

At an update the tables change first, and for some minutes webs and workers of the version before go on with them. So a
migration adds; it takes nothing away, renames nothing, and adds no column that the old code would have to fill. The SQL
that PostgreSQL would be given is read by django-migration-linter. An app's first migration makes the tables and is
left out. One that must be otherwise, since no version before it is in use, says so in its class:
`ends_old_code = "why"`.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

from tests.aws.postgres import Postgres, PostgresMissing

OURS = ("accounts", "enrollment", "attendance")


def faults_of(migration: Migration, state: ProjectState, connection: Any) -> list[str]:
    """Sentences on what the code of the version before could not live with. state: before the migration."""
    from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

    if getattr(migration, "ends_old_code", ""):
        return []
    migration.atomic = False  # nothing is run
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state, editor, collect_sql=True)
    errors, _ignored, _warnings = analyse_sql_statements(PostgresqlAnalyser, editor.collected_sql)
    return [str(error.message) for error in errors]


def every_fault(connection: Any) -> Iterator[str]:
    """The faults of all migrations after each app's first."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection, replace_migrations=False)
    for key, migration in sorted(loader.disk_migrations.items()):
        if key[0] in OURS and not migration.initial:
            for fault in faults_of(migration, loader.project_state(key, at_end=False), connection):
                yield f"{key[0]}.{key[1]}: {fault}"


def main() -> int:
    try:
        postgres = Postgres.start()
    except PostgresMissing as error:
        sys.stdout.write(f"{error}\n")
        return 0
    try:
        os.environ |= {"DATABASE_URL": postgres.url, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        import django
        from django.db import connection

        django.setup()
        faults = list(every_fault(connection))
        connection.close()
    finally:
        postgres.stop()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
