"""The move of the whole database to another one, table by table in one transaction: `manage.py move_database`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import environ
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction

from accounts.moving import Pile, pile_of

TARGET = "target"  # the connection's name in this process
_PAGE = 2000  # rows in memory
_MADE_BY_MIGRATE = (ContentType, Permission)  # under numbers of their own: replaced by the source's
Model = type[models.Model]


class MoveRefused(Exception):
    """The database cannot be moved there. The message says why, in one sentence; nothing was written."""


@dataclass(frozen=True, slots=True)
class MovedTable:
    """A table that was copied, with what was compared."""

    name: str
    pile: Pile


def database_move(url: str, *, tell: Callable[[MovedTable], None], source: str = "default") -> list[MovedTable]:
    """Copy every table of `source` to the PostgreSQL at `url`, compare each, and commit. Raises MoveRefused.

    Nobody may write to the source meanwhile. One transaction: foreign keys are checked at its end, so circles are no
    matter, and a process that dies has written nothing.
    """
    _connect(url)
    try:
        call_command("migrate", database=TARGET, interactive=False, verbosity=0, run_syncdb=True)
        _require_empty()
        with transaction.atomic(using=TARGET):
            for model in reversed(_MADE_BY_MIGRATE):
                model._base_manager.using(TARGET).all().delete()
            return [_moved(model, source, tell) for model in all_tables()]
    except DatabaseError as error:
        raise MoveRefused(f"The target's database refuses: {error}".strip()) from error
    finally:
        connections[TARGET].close()
        del connections[TARGET]
        del connections.settings[TARGET]


def all_tables() -> list[Model]:
    """A model for each table, those between two others included."""
    found = apps.get_models(include_auto_created=True)
    return list({m._meta.db_table: m for m in found if m._meta.managed and not m._meta.proxy}.values())


def _connect(url: str) -> None:
    if not url.startswith(("postgres://", "postgresql://", "psql://")):
        raise MoveRefused("The target must be a PostgreSQL database: postgres://user:password@host/name.")
    try:
        config = environ.Env.db_url_config(url)
    except (ValueError, KeyError) as error:
        raise MoveRefused("The target's address cannot be read.") from error
    whole = connections.configure_settings({**connections.settings, TARGET: cast(dict[str, Any], config)})
    connections.settings[TARGET] = whole[TARGET]


def _require_empty() -> None:
    for model in all_tables():
        if model not in _MADE_BY_MIGRATE and model._base_manager.using(TARGET).exists():
            raise MoveRefused(f"There are rows already in {model._meta.db_table} of the target.")


def _moved(model: Model, source: str, tell: Callable[[MovedTable], None]) -> MovedTable:
    """Copy and compare one table. Raises MoveRefused where the two differ, which rolls everything back."""
    _copy(model, source)
    here, there = (pile_of(map(_text, _rows(model, using))) for using in (source, TARGET))
    if here != there:
        raise MoveRefused(f"{model._meta.db_table} differs: {here.things} rows here, {there.things} there.")
    with connections[TARGET].cursor() as cursor:
        for statement in connections[TARGET].ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
    moved = MovedTable(model._meta.db_table, here)
    tell(moved)
    return moved


def _copy(model: Model, source: str) -> None:
    target, fields = connections[TARGET], _fields(model)
    quote = target.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    copying = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    # What the driver says of a row is made Django's error, as of a query: SQLite keeps texts that PostgreSQL does not.
    with target.wrap_database_errors, target.cursor() as cursor, cursor.copy(copying) as copy:
        for row in _rows(model, source):
            pairs = zip(fields, row, strict=True)
            copy.write_row([field.get_db_prep_save(value, connection=target) for field, value in pairs])


def _rows(model: Model, using: str) -> Iterator[tuple[Any, ...]]:
    names = [field.attname for field in _fields(model)]
    return model._base_manager.using(using).order_by().values_list(*names).iterator(_PAGE)


def _fields(model: Model) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


def _text(row: tuple[Any, ...]) -> str:
    """A row as text, the same for the same row in every database."""
    return "\x1f".join(_told(value) for value in row)


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)  # a database may keep an object's names in an order of its own
    return f"{type(value).__name__}:{value}"
