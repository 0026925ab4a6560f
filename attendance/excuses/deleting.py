"""Deletion of statements and their documents: of one student, of lessons past their retention, of old documents."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Institution
from attendance.models import Dispute, Excuse
from enrollment.errors import ErasureUnfinished
from enrollment.files import files_delete

DOCUMENT_DAYS = 90  # after the decision; without one, after the document came


def statements_count(institution: Institution, student_id: UUID) -> int:
    """The number of reasons and objections about a student that there are."""
    return sum(rows.count() for rows in _of(institution, student_id))


def statement_files(institution: Institution, student_id: UUID) -> list[str]:
    """Names of the stored documents about a student."""
    return [name for rows in _of(institution, student_id) for name in _names(rows)]


def statements_delete(institution: Institution, student_id: UUID) -> None:
    """Delete the reasons and objections about a student, documents first. Raises ErasureUnfinished."""
    files_delete(statement_files(institution, student_id))
    for rows in _of(institution, student_id):
        rows.delete()


def statements_delete_of_lessons(sessions: Iterable[UUID]) -> None:
    """Delete the objections to marks of these lessons, and the reasons for these lessons alone.

    Raises ErasureUnfinished.
    """
    meant = list(sessions)
    for rows in (Dispute.objects.filter(session__in=meant), Excuse.objects.filter(session__in=meant)):
        files_delete(_names(rows))
        rows.delete()


def documents_expired(model: type[Excuse] | type[Dispute]) -> QuerySet[Any]:
    """The statements of every school whose documents are past their time."""
    limit = timezone.now() - timedelta(days=DOCUMENT_DAYS)
    over = Q(decided_at__lt=limit) | Q(decided_at=None, created_at__lt=limit)
    return model.objects.exclude(document="").filter(over)


def documents_delete(statements: QuerySet[Any]) -> int:
    """Delete the documents of these statements, and the files' names; returns their number. The statements stay.

    What cannot be deleted stays due.
    """
    deleted = 0
    for row in statements:
        try:
            files_delete([str(row.document.name)])
        except ErasureUnfinished:
            continue  # it is in the log
        deleted += type(row).objects.filter(pk=row.pk).update(document="", document_name="")
    return deleted


def excuses_delete(excuses: QuerySet[Excuse]) -> int:
    """Delete reasons with their documents; returns their number."""
    rows = list(excuses)
    try:
        files_delete(str(row.document.name) for row in rows if row.document)
    except ErasureUnfinished:
        return 0
    Excuse.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _names(rows: QuerySet[Any]) -> list[str]:
    return list(rows.exclude(document="").values_list("document", flat=True))


def _of(institution: Institution, student_id: UUID) -> tuple[QuerySet[Any], ...]:
    return tuple(model.objects.for_institution(institution).filter(student=student_id) for model in (Excuse, Dispute))
