"""Undoing of an import: what it added goes, what it changed comes back; what was changed or used since stays."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.importing.applying import AT_ONCE, UNIQUE, holds, model_of, rows_update
from enrollment.models import ImportChange, ImportRun

Kept = dict[str, str]  # name: of what stays; why: a sentence


def changes_undo(*, run: ImportRun, below: int) -> tuple[int, list[Kept]]:
    """Undo the last AT_ONCE changes with numbers below `below`, in one transaction; repeating it changes nothing.

    Returns the number below which the rest begins (0: nothing is left) and what was kept, and why.
    """
    changes = list(run.changes.filter(number__lt=below).order_by("-number")[:AT_ONCE])
    if not changes:
        return 0, []
    kept: list[Kept] = []
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=run.institution_id)
        for (model, action), some in groupby(changes, key=lambda change: (change.model, change.action)):
            kept += _undo(run, model, action, list(some))
    return changes[-1].number, kept


def _undo(run: ImportRun, model: str, action: str, changes: Sequence[ImportChange]) -> list[Kept]:
    rows = model_of(model)._base_manager.filter(
        institution_id=run.institution_id, pk__in=[each.row_id for each in changes]
    )
    held: dict[str, Any] = {str(row.pk): row for row in rows}
    if action == ImportChange.Action.ADD:
        return _take_away(model, [(each, held[each.row_id]) for each in changes if each.row_id in held])
    deleted = [each for each in changes if not each.after and each.row_id not in held]
    _bring_back(run, model, deleted)
    return _change_back(run, model, [(each, held[each.row_id]) for each in changes if each.row_id in held])


def _take_away(model: str, pairs: Sequence[tuple[ImportChange, Any]]) -> list[Kept]:
    """Delete rows that are as they were added and that nothing refers to."""
    used = _in_use(model, [row.pk for _change, row in pairs])
    kept, gone = [], []
    for change, row in pairs:
        if row.pk in used:
            kept.append({"name": str(row), "why": _("It has been used since.")})
        elif not holds(row, _known(row, change.after)):
            kept.append({"name": str(row), "why": _("It has been changed since.")})
        else:
            gone.append(row.pk)
    model_of(model)._base_manager.filter(pk__in=gone).delete()
    return kept


def _in_use(model: str, keys: Sequence[Any]) -> set[Any]:
    """Those of the rows that other rows refer to."""
    used: set[Any] = set()
    for relation in model_of(model)._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        field: Any = relation.field  # type: ignore[union-attr]
        rows = field.model._base_manager.filter(**{f"{field.name}__in": keys})
        used |= set(rows.values_list(field.attname, flat=True).distinct())
    return used


def _bring_back(run: ImportRun, model: str, changes: Sequence[ImportChange]) -> None:
    """Make deleted rows again, unless what they refer to is gone or there is such a row already."""
    rows = []
    for change in changes:
        row = model_of(model)(institution_id=run.institution_id, **_known(model_of(model), change.before))
        if _refers_to_what_is(row):
            rows.append(row)
    model_of(model)._base_manager.bulk_create(rows, ignore_conflicts=True)


def _refers_to_what_is(row: models.Model) -> bool:
    for field in row._meta.concrete_fields:
        key = getattr(row, field.attname)
        if field.is_relation and key is not None and field.related_model:
            target: Any = field.related_model
            if not target._base_manager.filter(pk=key).exists():
                return False
    return True


def _change_back(run: ImportRun, model: str, pairs: Sequence[tuple[ImportChange, Any]]) -> list[Kept]:
    kept: list[Kept] = []
    changed, names = [], set()
    taken = _taken(run, model, pairs)
    for change, row in pairs:
        row.institution = run.institution
        if change.before.get(UNIQUE.get(model, ""), "") in taken:
            kept.append({"name": str(row), "why": _("The number it had is another one’s now.")})
            continue
        since = {name for name, value in change.after.items() if not holds(row, {name: value})}
        since -= {name for name in since if holds(row, {name: change.before[name]})}  # undone already
        if since:
            kept.append({"name": str(row), "why": _("It has been changed since.")})
        for name in set(change.after) - since:
            field = row._meta.get_field(name)
            setattr(row, name, field.to_python(change.before[name]))
            names.add(field)
        changed.append(row)
    rows_update(model, _each_once(changed), names)
    return kept


def _taken(run: ImportRun, model: str, pairs: Sequence[tuple[ImportChange, Any]]) -> set[Any]:
    """Unique values that rows had before, and that others have by now."""
    if not (column := UNIQUE.get(model)):
        return set()
    before = [change.before[column] for change, _row in pairs if column in change.before]
    others = model_of(model)._base_manager.exclude(pk__in=[row.pk for _change, row in pairs])
    found = others.filter(**{"institution_id": run.institution_id, f"{column}__in": before})
    return set(found.values_list(column, flat=True))


def _each_once(rows: Iterable[Any]) -> list[Any]:
    return list({row.pk: row for row in rows}.values())


def _known(model: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of columns that there still are, as Python has them."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items() if name in fields}
