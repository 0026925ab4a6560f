"""Writing of a plan: some rows at a time, each with the note by which it can be undone, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models, transaction
from django.db.models import Max

from accounts.models import Institution
from enrollment.chunks import batched
from enrollment.importing.plans import Action, Write
from enrollment.models import ImportChange, ImportRun

AT_ONCE = 1_000  # writes of one transaction
UNIQUE = {"enrollment.Student": "roll_number"}  # columns whose values may move from one row to another
Named = tuple[Write, str]  # a write, and for people what it is about
After = Callable[[int], None]  # is told the number of writes that are done


@dataclass(frozen=True, slots=True)
class Written:
    """Number of changes that were written, and names of what somebody else changed meanwhile: it was left alone."""

    changes: int
    skipped: tuple[str, ...] = ()


def writes_apply(
    *, run: ImportRun, writes: Sequence[Named], order: Sequence[str], after: After = lambda done: None
) -> Written:
    """Write the changes of a plan, AT_ONCE in each transaction. order: of the models, see `ImportKind`.

    `after` is called after each transaction and may raise to end there: what was written stays, and the same call with
    a new plan goes on. Raises IntegrityError where the records changed so that the plan does not fit any more.
    """
    done, skipped = 0, []
    for some in _chunks(writes, order):
        left_alone = _chunk_write(run, some, order)
        skipped += left_alone
        done += len(some)
        after(done)
    return Written(done - len(skipped), tuple(skipped))


def _chunks(writes: Sequence[Named], order: Sequence[str]) -> Iterable[list[Named]]:
    """First what is deleted, then what changes, then what is new; rows that hand on a unique value all at once."""
    place = {model: number for number, model in enumerate(order)}
    removed = [each for each in writes if each[0].action is Action.REMOVE]
    changed = [each for each in writes if each[0].action is Action.CHANGE]
    added = sorted((each for each in writes if each[0].action is Action.ADD), key=lambda each: place[each[0].model])
    moved = [each for each in changed if _moves(each[0])]
    still = [each for each in changed if not _moves(each[0])]
    if moved:
        yield moved
    yield from batched([*removed, *still, *added], AT_ONCE)


def _moves(write: Write) -> bool:
    return UNIQUE.get(write.model, "") in write.after


def _chunk_write(run: ImportRun, writes: Sequence[Named], order: Sequence[str]) -> list[str]:
    """Write some changes in one transaction; returns the names of rows that are not as the plan found them."""
    skipped: list[str] = []
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=run.institution_id)
        last = run.changes.aggregate(last=Max("number"))["last"]
        notes = _Notes(run, 0 if last is None else last + 1)
        for model in reversed(order):
            gone = [each for each in writes if each[0].model == model and each[0].action is Action.REMOVE]
            skipped += _update(run, model, [each for each in gone if each[0].after], notes)
            skipped += _delete(run, model, [each for each in gone if not each[0].after], notes)
        for action, write in ((Action.CHANGE, _update), (Action.ADD, _create)):
            for model in order:
                some = [each for each in writes if each[0].model == model and each[0].action is action]
                skipped += write(run, model, some, notes)
        ImportChange.objects.bulk_create(notes.rows)
    return skipped


class _Notes:
    """The notes of a transaction, numbered."""

    def __init__(self, run: ImportRun, first: int) -> None:
        self.run, self.next = run, first
        self.rows: list[ImportChange] = []

    def add(self, write: Write, row: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.rows.append(
            ImportChange(
                institution_id=self.run.institution_id,
                run=self.run,
                number=self.next,
                action=write.action.value,
                model=write.model,
                row_id=str(row.pk),
                before=before,
                after=after,
            )
        )
        self.next += 1


def _create(run: ImportRun, model: str, writes: Sequence[Named], notes: _Notes) -> list[str]:
    if not writes:
        return []
    rows = []
    for write, _name in writes:
        row = model_of(model)(institution=run.institution, **write.after)
        if write.row:
            row.pk = UUID(write.row)
        _complete(row)
        rows.append(row)
    model_of(model)._base_manager.bulk_create(rows)
    for (write, _name), row in zip(writes, rows, strict=True):
        notes.add(write, row, {}, columns(row))
    return []


def _update(run: ImportRun, model: str, writes: Sequence[Named], notes: _Notes) -> list[str]:
    if not writes:
        return []
    held = _held(run, model, writes)
    skipped, changed = [], []
    for write, name in writes:
        row = held.get(write.row)
        if row is None or not holds(row, write.before):
            skipped.append(name)
            continue
        for column, value in write.after.items():
            setattr(row, column, value)
        _complete(row)
        changed.append(row)
        notes.add(write, row, plain(write.before), plain(write.after))
    fields = {model_of(model)._meta.get_field(name) for write, _name in writes for name in write.after}
    rows_update(model, changed, fields)
    return skipped


def _delete(run: ImportRun, model: str, writes: Sequence[Named], notes: _Notes) -> list[str]:
    if not writes:
        return []
    held = _held(run, model, writes)
    gone = [(write, row) for write, _name in writes if (row := held.get(write.row)) and holds(row, write.before)]
    for write, row in gone:
        notes.add(write, row, columns(row), {})
    kept = {write.row for write, _row in gone}
    model_of(model)._base_manager.filter(pk__in=[row.pk for _write, row in gone]).delete()
    return [name for write, name in writes if write.row not in kept]


def _held(run: ImportRun, model: str, writes: Sequence[Named]) -> dict[str, Any]:
    rows = model_of(model)._base_manager.filter(
        institution_id=run.institution_id, pk__in=[write.row for write, _name in writes]
    )
    held: dict[str, Any] = {str(row.pk): row for row in rows}
    for row in held.values():
        row.institution = run.institution  # no query for each
    return held


def _make_way(model: str, rows: Sequence[Any]) -> None:
    """Let rows hand on unique values to one another: for a moment each has one that no other has."""
    own = models.functions.Concat(models.Value("~"), models.functions.Cast("pk", models.CharField(max_length=36)))
    model_of(model)._base_manager.filter(pk__in=[row.pk for row in rows]).update(**{UNIQUE[model]: own})


def rows_update(model: str, rows: Sequence[Any], fields: Iterable[Any]) -> None:
    """Write some columns of rows, and those that follow from them, such as the key of a name."""
    derived = [field for field in model_of(model)._meta.concrete_fields if hasattr(field, "source")]
    for row in rows:
        for field in derived:
            field.pre_save(row, False)
    if rows:
        names = {field.name for field in (*fields, *derived)}
        if UNIQUE.get(model) in names and len(rows) > 1:
            _make_way(model, rows)
        model_of(model)._base_manager.bulk_update(rows, sorted(names), batch_size=100)


def _complete(row: Any) -> None:
    if hasattr(row, "compose_name"):
        row.compose_name()


def model_of(label: str) -> type[models.Model]:
    """The model of a label such as enrollment.Student."""
    return apps.get_model(label)


def columns(row: Any) -> dict[str, Any]:
    """Columns of a row, as JSON keeps them; without those that the portal computes."""
    fields = (field for field in row._meta.concrete_fields if not hasattr(field, "source"))
    kept = (field for field in fields if not field.primary_key and field.name not in ("institution", "created_at"))
    return plain({field.attname: field.value_from_object(row) for field in kept})


def plain(values: Any) -> dict[str, Any]:
    """Values as JSON keeps them: ids, dates and times as text."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date | time) else value


def holds(row: Any, values: Any) -> bool:
    """True if a row still has these values."""
    return all(_plain(getattr(row, name)) == value for name, value in plain(values).items())
