"""The fourth wall: PostgreSQL itself shows a request the rows of its own school alone (row-level security).

Each table with an `institution_id` has a policy that compares it with the session's setting `app.institution`: the id
of a school, or `*` for every school. A connection of the portal begins with `*`; once a request has been bound to a
membership it is that school's until its end. So a query that forgot its filter shows nothing of others. Workers,
commands, sign-in and the operator's pages are about all schools, and a connection that says nothing sees no row.

It is no wall against somebody who can run SQL of their own: `set_config` is theirs too. Off unless ROW_SECURITY is set,
and on PostgreSQL alone; `manage.py row_security` puts the policies in place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

EVERY = "*"
POLICY = "portal_school"
_RULE = "(SELECT current_setting('app.institution', true)) IN ('*', institution_id::text)"
_seen: ContextVar[str] = ContextVar("seen", default=EVERY)


def see_only(institution_id: UUID) -> None:
    """From now on the thread's queries see the rows of this school alone."""
    _see(str(institution_id))


def see_every() -> None:
    """From now on the thread's queries see the rows of every school."""
    _see(EVERY)


@contextmanager
def across_schools() -> Iterator[None]:
    """Within it, a question about a person in whatever school they are, from a request of one of these. A decorator
    too."""
    before = _seen.get()
    _see(EVERY)
    try:
        yield
    finally:
        _see(before)


def connection_prepare(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Tell a new connection what its thread sees."""
    if settings.ROW_SECURITY and connection.vendor == "postgresql":
        _tell(connection)


def _see(what: str) -> None:
    if not settings.ROW_SECURITY or connection.vendor != "postgresql" or _seen.get() == what:
        return
    _seen.set(what)
    if connection.connection is not None:  # a later one is told when it is made
        _tell(connection)


def _tell(on: BaseDatabaseWrapper) -> None:
    with on.cursor() as cursor:
        cursor.execute("SELECT set_config('app.institution', %s, false)", [_seen.get()])


# -- Policies ----------------------------------------------------------------------------------------------------------


def school_tables() -> list[str]:
    """The tables whose rows belong to a school each."""
    found = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in found if _is_of_a_school(model)})


def policies_put() -> list[str]:
    """Put the policies in place, also for the tables' owner; the tables. Safe to repeat."""
    tables = school_tables()
    with connection.cursor() as cursor:
        for table in map(connection.ops.quote_name, tables):
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
            cursor.execute(f"CREATE POLICY {POLICY} ON {table} USING ({_RULE}) WITH CHECK ({_RULE})")
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    return tables


def policies_remove() -> list[str]:
    """Remove the policies; the tables. Safe to repeat."""
    tables = school_tables()
    with connection.cursor() as cursor:
        for table in map(connection.ops.quote_name, tables):
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
    return tables


def walled_tables() -> set[str]:
    """The tables that are behind the wall now, for their owner too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s "
            "WHERE c.relrowsecurity AND c.relforcerowsecurity AND c.relnamespace = current_schema()::regnamespace",
            [POLICY],
        )
        return {row[0] for row in cursor.fetchall()}


def is_above_walls() -> bool:
    """True if the portal's own role ignores every policy: a superuser, or one with BYPASSRLS."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def _is_of_a_school(model: type[models.Model]) -> bool:
    meta = model._meta
    return meta.managed and not meta.proxy and any(field.column == "institution_id" for field in meta.concrete_fields)
