"""Matters that wait for a decision and are not of today alone: counts, each with its page."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.counting import numbers_of
from accounts.models import Institution
from attendance.domain.decision import Outcome
from attendance.lessons.selectors import OPEN_STATES
from attendance.models import ClassSession, DetectedFace, Dispute, Excuse
from enrollment.models import Consent, ErasureReceipt, Receipt

_ENDING = timedelta(days=7)  # within which consents are said to end


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits: how many, what, and the page on which it is settled."""

    number: int
    title: str | Promise
    text: str | Promise
    url: str


def waiting_of(institution: Institution, today: date) -> list[Waiting]:
    """The matters that wait at a school. One query."""
    numbers = numbers_of(institution, **_rows(institution, today))
    slug = institution.slug
    matters = [
        ("excuses", _("Excuses to decide"), _("Reasons that families gave"), "decisions"),
        ("disputes", _("Disputed marks"), _("“This is wrong”"), "decisions"),
        ("left_open", _("Registers of earlier days, still open"), _("Close them, so that they count"), "today"),
        ("faces", _("Faces to name"), _("In registers that are open"), "today"),
        ("ending", _("Consents that end this week"), _("Ask the families again"), "consents"),
        ("erasures", _("Erasures in progress"), _("See what is left"), "erasures"),
    ]
    return [
        Waiting(numbers[name], title, text, reverse(page, args=[slug]))
        for name, title, text, page in matters
        if numbers[name]
    ]


def _rows(institution: Institution, today: date) -> dict[str, QuerySet[Any]]:
    """The rows that wait, by name."""
    sessions = ClassSession.objects.for_institution(institution)
    faces = DetectedFace.objects.for_institution(institution).filter(outcome=Outcome.ASK, decided_at=None)
    consents = Consent.objects.for_institution(institution).valid()
    erasures = ErasureReceipt.objects.for_institution(institution)
    return {
        "excuses": Excuse.objects.for_institution(institution).filter(state=Excuse.State.WAITING),
        "disputes": Dispute.objects.for_institution(institution).filter(state=Dispute.State.WAITING),
        "left_open": sessions.filter(state__in=OPEN_STATES, local_date__lt=today),
        "faces": faces.filter(capture__session__state__in=OPEN_STATES),
        "ending": consents.filter(expires_on__range=(today, today + _ENDING), student__is_active=True),
        "erasures": erasures.filter(state=Receipt.State.RUNNING),
    }
