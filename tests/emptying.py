"""The database emptied after a test with transactions of its own: what Django writes for itself stays.

Content types and permissions are the same for every test. Making them again took most of the time of emptying.
"""

from typing import Any

from django.core.management.commands import flush

KEPT = {"django_content_type", "auth_permission"}


def keep_what_django_wrote() -> None:
    """Let `flush`, by which Django's test cases empty the database, leave those tables and their rows alone."""
    flush.sql_flush = _of_our_tables
    flush.emit_post_migrate_signal = lambda *args, **options: None


def _of_our_tables(style: Any, connection: Any, **options: Any) -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return connection.ops.sql_flush(style, [table for table in tables if table not in KEPT], **options)
