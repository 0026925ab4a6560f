"""The access log: who saw or changed what about whom. The one place that writes it; only retention deletes from it."""

import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution, User
from enrollment.models import AccessRecord

logger = logging.getLogger(__name__)


class Act(StrEnum):
    """Acts that are recorded. Their codes are stored: a code that is in use keeps its meaning."""

    STUDENT_SEEN = "student_seen"
    REGISTER_SEEN = "register_seen"
    DAY_SEEN = "day_seen"
    CHRONIC_SEEN = "chronic_seen"
    EVACUATION_SEEN = "evacuation_seen"
    EVACUATION_BEGUN = "evacuation_begun"
    PHOTO_SEEN = "photo_seen"
    CLASS_PHOTO_SEEN = "class_photo_seen"
    PHOTO_ADDED = "photo_added"
    PHOTO_DELETED = "photo_deleted"
    CONSENT_RECORDED = "consent_recorded"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    MARK_CORRECTED = "mark_corrected"
    EXPORTED = "exported"
    DATA_SEEN = "data_seen"
    DATA_DOWNLOADED = "data_downloaded"
    PARENTS_TOLD = "parents_told"
    ADDRESS_CORRECTED = "address_corrected"
    ERASURE_ASKED = "erasure_asked"
    IMPORTED = "imported"
    IMPORT_UNDONE = "import_undone"
    REQUESTS_SEEN = "requests_seen"
    DOCUMENT_SEEN = "document_seen"
    EXCUSE_DECIDED = "excuse_decided"
    DISPUTE_DECIDED = "dispute_decided"
    NOTE_WRITTEN = "note_written"
    NOTE_DELETED = "note_deleted"
    ORDER_RECORDED = "order_recorded"
    ORDER_LIFTED = "order_lifted"


IN_WORDS: dict[str, str | Promise] = {
    Act.STUDENT_SEEN: _("Opened the student's page"),
    Act.REGISTER_SEEN: _("Opened a register"),
    Act.DAY_SEEN: _("Opened the office's day"),
    Act.CHRONIC_SEEN: _("Opened the list of the chronically absent"),
    Act.EVACUATION_SEEN: _("Opened an evacuation list"),
    Act.EVACUATION_BEGUN: _("Began an evacuation"),
    Act.PHOTO_SEEN: _("Opened a photo"),
    Act.CLASS_PHOTO_SEEN: _("Opened a class photo"),
    Act.PHOTO_ADDED: _("Added a photo"),
    Act.PHOTO_DELETED: _("Deleted a photo"),
    Act.CONSENT_RECORDED: _("Recorded a consent"),
    Act.CONSENT_REFUSED: _("Recorded a refusal"),
    Act.CONSENT_WITHDRAWN: _("Recorded a withdrawal"),
    Act.MARK_CORRECTED: _("Corrected a mark"),
    Act.EXPORTED: _("Exported a list"),
    Act.DATA_SEEN: _("Opened the complete data"),
    Act.DATA_DOWNLOADED: _("Downloaded the complete data"),
    Act.PARENTS_TOLD: _("Recorded that parents were told"),
    Act.ADDRESS_CORRECTED: _("Corrected an e-mail address"),
    Act.ERASURE_ASKED: _("Asked for an erasure"),
    Act.IMPORTED: _("Imported a file"),
    Act.IMPORT_UNDONE: _("Took an import back"),
    Act.REQUESTS_SEEN: _("Opened what the student or guardians wrote"),
    Act.DOCUMENT_SEEN: _("Opened a document that was sent"),
    Act.EXCUSE_DECIDED: _("Decided on an excuse"),
    Act.DISPUTE_DECIDED: _("Decided on a dispute"),
    Act.NOTE_WRITTEN: _("Wrote a note"),
    Act.NOTE_DELETED: _("Deleted a note"),
    Act.ORDER_RECORDED: _("Recorded a no-contact order"),
    Act.ORDER_LIFTED: _("Lifted a no-contact order"),
}


def access_record(
    act: Act, *, institution: Institution, by: User | None, subject: UUID | None = None, **detail: Any
) -> None:
    """Write one entry, of one student (`subject`) or of what `detail` names, such as a register: `session=session.pk`.

    Without names in `detail`: ids, codes and numbers. One query, after the transaction, if there is one, is through; it
    never fails the caller: what could not be written is in the process's own log.
    """
    accesses_record(act, institution=institution, by=by, subjects=[subject], **detail)


def accesses_record(
    act: Act, *, institution: Institution, by: User | None, subjects: Collection[UUID | None], **detail: Any
) -> None:
    """As `access_record`, one entry for each student, in one query."""
    access_record_each(act, institution=institution, by=by, entries=[(subject, detail) for subject in subjects])


def access_record_each(
    act: Act, *, institution: Institution, by: User | None, entries: Collection[tuple[UUID | None, Mapping[str, Any]]]
) -> None:
    """As `access_record`, of several students, each with a detail of its own, in one query."""
    name = by.name if by else ""
    rows = [
        AccessRecord(
            institution=institution, actor=by, actor_name=name, subject=subject, verb=act, detail=_storable(detail)
        )
        for subject, detail in entries
    ]
    transaction.on_commit(partial(_write, rows), robust=True)


def records_expired() -> QuerySet[AccessRecord]:
    """Entries of every school that are past its retention."""
    now, over = timezone.now(), Q(pk__in=[])
    for days in Institution.objects.order_by().values_list("log_retention_days", flat=True).distinct():
        over |= Q(institution__log_retention_days=days, at__lt=now - timedelta(days=days))
    return AccessRecord.objects.filter(over)


def records_delete(records: QuerySet[AccessRecord]) -> int:
    """Delete entries; returns their number. For retention alone."""
    return AccessRecord.objects.filter(pk__in=records.order_by().values("pk")).delete()[0]


def is_opened_alone(request: HttpRequest) -> bool:
    """True if a picture is opened for itself. One within a page has been recorded with the page."""
    return request.headers.get("Sec-Fetch-Dest", "document") != "image"


def _storable(detail: Mapping[str, Any]) -> dict[str, int | str]:
    return {name: value if isinstance(value, int | str) else str(value) for name, value in detail.items()}


def _write(rows: list[AccessRecord]) -> None:
    try:
        if len(rows) == 1:
            # One statement, where several in bulk are a transaction of their own; `save` is closed to everybody else.
            rows[0].save_base(force_insert=(AccessRecord,))
        else:
            AccessRecord.objects.bulk_create(rows)
    except DatabaseError:
        lost = [(str(row.actor_id), row.verb, str(row.subject)) for row in rows]
        logger.exception("Entries of the access log could not be written: %s", lost)
