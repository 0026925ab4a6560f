"""Rules of retention: the kinds of data with a time, what is past it, and its deletion."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.adapters import adapter_backend
from accounts.models import Institution
from attendance.excuses.deleting import (
    DOCUMENT_DAYS,
    documents_delete,
    documents_expired,
    excuses_delete,
)
from attendance.models import Dispute, Excuse
from attendance.repositories.retention import shortest
from attendance.retaining.marks import (
    desk_entries_delete,
    desk_entries_expired,
    evacuated_delete,
    evacuated_expired,
    excuses_expired,
    registers_empty,
    registers_expired,
)
from attendance.retaining.pictures import pictures_delete, pictures_expired
from attendance.retaining.visitors import VISITOR_DAYS, visitors_delete, visitors_expired
from enrollment.access import records_delete, records_expired
from enrollment.domain.consents import leaver_days
from enrollment.services.leavers import leavers_due, leavers_forget


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data. days: for which a school keeps it, None for ever. due: rows of every school that are past it.

    apply deletes what rows stand for and returns their number; what an unavailable store keeps is due again.
    """

    code: str
    title: str | Promise
    days: Callable[[Institution], int | None]
    due: Callable[[], QuerySet[Any]]
    apply: Callable[[QuerySet[Any]], int]

    def due_at(self, institution: Institution) -> QuerySet[Any]:
        """The rows of one school."""
        return self.due().filter(institution=institution)


def mark_days(institution: Institution) -> int | None:
    """Days that a school's marks are kept: its own number or the store's option, whichever is shorter."""
    option = adapter_backend("ATTENDANCE_REPOSITORY")[1].get("retention_days")
    return shortest(institution.mark_retention_days, option)


RULES = [
    Rule(
        "pictures",
        _("class photos"),
        lambda school: school.photo_retention_days,
        pictures_expired,
        pictures_delete,
    ),
    Rule(
        "excuse_documents",
        _("documents with excuses"),
        lambda _school: DOCUMENT_DAYS,
        lambda: documents_expired(Excuse),
        documents_delete,
    ),
    Rule(
        "dispute_documents",
        _("documents with disputes"),
        lambda _school: DOCUMENT_DAYS,
        lambda: documents_expired(Dispute),
        documents_delete,
    ),
    Rule("excuses", _("excuses"), mark_days, excuses_expired, excuses_delete),
    Rule("marks", _("registers with their marks"), mark_days, registers_expired, registers_empty),
    Rule("desk", _("entries at the office’s desk"), mark_days, desk_entries_expired, desk_entries_delete),
    Rule("evacuations", _("people on the lists of evacuations"), mark_days, evacuated_expired, evacuated_delete),
    Rule("visitors", _("visitors"), lambda _school: VISITOR_DAYS, visitors_expired, visitors_delete),
    Rule(
        "access_log",
        _("entries of the access log"),
        lambda school: school.log_retention_days,
        records_expired,
        records_delete,
    ),
    Rule(
        "leavers",
        _("faces of students who have left"),
        lambda school: leaver_days(school.law, school.leaver_retention_days),
        leavers_due,
        leavers_forget,
    ),
]


def rules_apply(*codes: str) -> int:
    """Delete what these rules have due in every school, in the order of `RULES`; returns the numbers' sum."""
    return sum(rule.apply(rule.due()) for rule in RULES if rule.code in codes)
