"""Erasing of a student's record: places on rosters, the row with what hangs on it, the account, copies elsewhere."""

import json
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Institution, Invitation, Membership, OutboxMail, Role, User
from accounts.row_security import across_schools
from attendance.models import ClassSession, RosterEntry
from enrollment.files import files_delete
from enrollment.models import Enrollment, GroupPlace, Guardian, ImportChange, ImportRun, Student

_NAMELESS = "former-"  # begins the roll number of an anonymised row
_ENDED = [ImportRun.State.APPLIED, ImportRun.State.UNDONE, ImportRun.State.FAILED]


class Whose(Protocol):
    """A student of an institution, by id; student: None once the row is gone."""

    @property
    def institution(self) -> Institution: ...

    @property
    def pk(self) -> UUID: ...

    @property
    def student(self) -> Student | None: ...


# -- Rosters -----------------------------------------------------------------------------------------------------------


def rosters_left(of: Whose) -> int:
    """Number of places on rosters of courses, groups and open registers, and whether the student is at the school."""
    active = Student.objects.for_institution(of.institution).filter(pk=of.pk, is_active=True)
    return sum(rows.count() for rows in [active, *_places(of)])


def rosters_quit(of: Whose) -> None:
    """Take the student from the school and from every roster but those of closed registers."""
    with transaction.atomic():
        Student.objects.for_institution(of.institution).filter(pk=of.pk, is_active=True).update(
            is_active=False, left_at=timezone.now()
        )
        for rows in _places(of):
            rows.delete()


def _places(of: Whose) -> list[QuerySet[Any]]:
    entries = RosterEntry.objects.for_institution(of.institution).filter(student=of.pk)
    return [
        Enrollment.objects.for_institution(of.institution).filter(student=of.pk),
        GroupPlace.objects.for_institution(of.institution).filter(student=of.pk),
        entries.exclude(session__state=ClassSession.State.CLOSED),
    ]


# -- The row -----------------------------------------------------------------------------------------------------------


def record_left(of: Whose) -> int:
    """1 while the student's row exists, and entries of other tables that bear their name or id."""
    rows = Student.objects.for_institution(of.institution).filter(pk=of.pk)
    return rows.exclude(roll_number__startswith=_NAMELESS).count() + _changes(of).count()


def record_delete(of: Whose) -> None:
    """Delete the student's row, all that hangs on it, the account, and copies in imports and in the admin's log."""
    _import_files_delete(of)
    with transaction.atomic():
        _others_delete(of)
        if of.student:
            of.student.delete()


def record_anonymise(of: Whose) -> None:
    """Empty the student's row. Places in closed registers stay; everything else that hangs on it is deleted."""
    _import_files_delete(of)
    with transaction.atomic():
        _others_delete(of)
        for relation in _relations():
            rows = relation.related_model._base_manager.filter(**{relation.field.name: of.pk})
            if relation.on_delete is models.SET_NULL:
                rows.update(**{relation.field.name: None})
            elif relation.related_model is not RosterEntry:
                rows.delete()
        with translation.override(of.institution.language):
            name = _("Former student")
        Student.objects.filter(pk=of.pk).update(
            roll_number=f"{_NAMELESS}{uuid4().hex[:12]}", name=name, name_key=name.lower(), given_name="",
            family_name="", email="", birth_date=None, external_id="", user=None, is_active=False,
        )  # fmt: skip


def _relations() -> list[Any]:
    """The relations of every table that refers to students."""
    fields: list[Any] = Student._meta.get_fields(include_hidden=True)
    return [field for field in fields if field.auto_created and (field.one_to_many or field.one_to_one)]


def _others_delete(of: Whose) -> None:
    """Delete what bears the student's name elsewhere. Found by the row, so in one transaction with its end."""
    _changes(of).delete()
    if of.student is None:
        return
    _log_clean(of, str(of.student))
    _summaries_clean(of, of.student.name)
    alone = Guardian.objects.for_institution(of.institution).filter(students=of.pk)
    others = Guardian.objects.filter(guardianships__student__in=Student.objects.exclude(pk=of.pk))
    for guardian in alone.exclude(pk__in=others.values("pk")).select_related("user"):
        user = guardian.user
        _mails_delete(of.institution, guardian.email)
        guardian.delete()
        _account_leave(of.institution, user)
    if of.student.email:
        Invitation.objects.for_institution(of.institution).filter(email__iexact=of.student.email).delete()
        _mails_delete(of.institution, of.student.email)
    user = of.student.user
    Student.objects.filter(pk=of.pk).update(user=None)
    _account_leave(of.institution, user)


def _mails_delete(institution: Institution, email: str) -> None:
    """Delete the school's mails to an address, those that wait too."""
    if email:
        OutboxMail.objects.for_institution(institution).filter(to__iexact=email.strip()).delete()


def _account_leave(institution: Institution, user: User | None) -> None:
    """End a student's or guardian's membership, and the account unless it is used for anything else."""
    if user is None:
        return
    Membership.objects.for_institution(institution).filter(user=user).exclude(
        role__in=[Role.ADMIN, Role.TEACHER, Role.PRINCIPAL]
    ).delete()
    unused = User.objects.filter(pk=user.pk, is_superuser=False, memberships=None, students=None, guardians=None)
    with across_schools():
        unused.delete()


def _log_clean(of: Whose, name: str) -> None:
    """Empty the entries of the admin's log, by the school's members, that bear the name or the id."""
    escaped = json.dumps(name)[1:-1]  # as the log's messages write what is not ASCII
    named = Q(object_repr__contains=name) | Q(change_message__contains=name) | Q(change_message__contains=escaped)
    members = Membership.objects.for_institution(of.institution).values("user")
    entries = LogEntry.objects.filter(named | Q(object_id=str(of.pk)), user__in=members)
    entries.update(object_id=None, object_repr="", change_message="")


def _summaries_clean(of: Whose, name: str) -> None:
    """Take the rows from the summaries of ended imports that show the name; their numbers stay."""
    escaped = json.dumps(name)[1:-1]
    runs = ImportRun.objects.for_institution(of.institution).filter(state__in=_ENDED)
    for run in runs.filter(Q(summary__icontains=name) | Q(summary__icontains=escaped)):
        run.summary = {key: value for key, value in run.summary.items() if not isinstance(value, list | dict)}
        run.save(update_fields=["summary"])


def _changes(of: Whose) -> QuerySet[ImportChange]:
    """Changes by imports to the student, and to rows of other tables that refer to them."""
    pk = str(of.pk)
    changes = ImportChange.objects.for_institution(of.institution)
    own = Q(row_id=pk) | Q(row_id__endswith=of.pk.hex)  # the key of a mark that was imported ends with the student's
    return changes.filter(own | Q(before__icontains=pk) | Q(after__icontains=pk))


def _import_files_delete(of: Whose) -> None:
    """Delete the files of imports that have ended: any of them may name the student. Raises ErasureUnfinished."""
    runs = ImportRun.objects.for_institution(of.institution).filter(state__in=_ENDED).exclude(file="")
    files_delete(str(run.file.name) for run in runs)
    runs.update(file="")
