"""Matters that wait for a decision and are not of today alone: counts, each with its page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
    """The matters that wait at a school. Six queries."""
    return [each for each in _all(institution, today) if each.number]


def _all(institution: Institution, today: date) -> Iterable[Waiting]:
    slug = institution.slug
    excuses = Excuse.objects.for_institution(institution).filter(state=Excuse.State.WAITING)
    yield Waiting(
        excuses.count(), _("Excuses to decide"), _("Reasons that families gave"), reverse("decisions", args=[slug])
    )
    disputes = Dispute.objects.for_institution(institution).filter(state=Dispute.State.WAITING)
    yield Waiting(disputes.count(), _("Disputed marks"), _("“This is wrong”"), reverse("decisions", args=[slug]))
    left_open = ClassSession.objects.for_institution(institution).filter(state__in=OPEN_STATES, local_date__lt=today)
    yield Waiting(
        left_open.count(), _("Registers of earlier days, still open"), _("Close them, so that they count"),
        reverse("today", args=[slug]),
    )  # fmt: skip
    faces = DetectedFace.objects.for_institution(institution).filter(
        outcome=Outcome.ASK, decided_at=None, capture__session__state__in=OPEN_STATES
    )
    yield Waiting(
        faces.count(), _("Faces to name"), _("In registers that are open"), reverse("today", args=[slug])
    )  # fmt: skip
    ending = Consent.objects.for_institution(institution).valid()
    ending = ending.filter(expires_on__range=(today, today + _ENDING), student__is_active=True)
    yield Waiting(
        ending.count(), _("Consents that end this week"), _("Ask the families again"), reverse("consents", args=[slug])
    )
    erasures = ErasureReceipt.objects.for_institution(institution).filter(state=Receipt.State.RUNNING)
    yield Waiting(erasures.count(), _("Erasures in progress"), _("See what is left"), reverse("erasures", args=[slug]))
